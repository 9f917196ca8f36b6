"""`python -m bench`: measure, show what was found and which targets that holds, and write it as JSON where asked for.

`python -m bench page FILE` writes docs/performance.md from such a file, `python -m bench scale FILE` docs/scale.md.
"""

import argparse
import asyncio
import json
import sys
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path

from bench import cohort, encryption, growth, herd, memory, page, peers, reads, replay, scale, sizes
from bench.document import as_json, document
from bench.measures import simulation, turn
from bench.printing import Found, told
from bench.targets import lines, table

MEASURES: dict[str, Callable[[], Found]] = {
    "advance-50": lambda: turn(50, limit=300e-6),
    "advance-500": lambda: turn(500, limit=2e-3),
    "simulate": lambda: simulation(limit=15),
    "peers-plain": lambda: asyncio.run(peers.beside_plain()),
    "peers-dbos": lambda: asyncio.run(peers.beside_dbos()),
    "replay": lambda: asyncio.run(replay.measure()),
    "memory": lambda: asyncio.run(memory.measure()),
    "herd": lambda: asyncio.run(herd.measure()),
    "growth": lambda: asyncio.run(growth.measure()),
    "sizes": lambda: asyncio.run(sizes.measure()),
    "reads-sqlite": lambda: asyncio.run(reads.measure_sqlite(10_000)),
    "reads-postgres": lambda: asyncio.run(reads.measure_postgres(100_000)),
    "cohort": lambda: asyncio.run(cohort.measure()),
    "encryption": lambda: asyncio.run(encryption.measure()),
}


def main(words: Sequence[str]) -> int:
    """Measure what was asked for; 1 where a limit or a target did not hold."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument(
        "measures",
        nargs="*",
        metavar="MEASURE",
        help=f"some of: {', '.join(MEASURES)}, or what several begin with (default: all)",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there")
    asked = parser.parse_args(words)
    wanted = [name for name in MEASURES if not asked.measures or {name, name.partition("-")[0]} & {*asked.measures}]
    unknown = [one for one in asked.measures if not any(one in (name, name.partition("-")[0]) for name in MEASURES)]
    if unknown:
        parser.error(f"no measure {', '.join(unknown)}; some of: {', '.join(MEASURES)}")
    if "peers-dbos" in wanted and find_spec("dbos") is None:
        wanted.remove("peers-dbos")
        print("peers-dbos is left out: pip install -e '.[bench]'")
    written = document()
    for name in wanted:
        print(f"\n{name}", flush=True)
        found = MEASURES[name]()
        print(told(found), flush=True)
        written["measures"][name] = as_json(found)
    print(f"\n{table(written)}")
    if asked.json:
        asked.json.write_text(json.dumps(written, indent=2, ensure_ascii=False) + "\n")
    limits = [one["holds"] for one in written["measures"].values() if "holds" in one]
    return 0 if all(limits) and all(line.verdict != "misses" for line in lines(written)) else 1


if __name__ == "__main__":
    if sys.argv[1:2] == ["page"]:
        page.write(Path(sys.argv[2]))
    elif sys.argv[1:2] == ["scale"]:
        scale.write(Path(sys.argv[2]))
    else:
        sys.exit(main(sys.argv[1:]))
