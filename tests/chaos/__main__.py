"""Runs of any length: `python -m tests.chaos --minutes 60 --seed 1`. Exit code 1 where an invariant does not hold.

Each run takes a seed of its own, the first the one that is given, and draws pathways, clients and faults from it. Everything a run
leaves behind stays in a folder of its own.
"""

import argparse
import asyncio
import random
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from tests.chaos.checker import by_invariant
from tests.chaos.mutants import MUTANTS
from tests.chaos.nemesis import GROUPS, NEEDS_POSTGRES
from tests.chaos.run import Plan, Report, is_caught, mutant_plans, run


def main() -> int:
    """Run until the time is up."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=None, help="of the first run; drawn unless given")
    parser.add_argument("--runs", type=int, default=0, help="at most so many; 0: as many as there is time for")
    parser.add_argument("--faults", type=int, default=24, help="in each run")
    parser.add_argument("--slots", type=int, default=12, help="clients that live at once")
    parser.add_argument("--longest", type=float, default=15.0, help="seconds that a fault lasts at most")
    parser.add_argument("--store", choices=("sqlite", "postgres", "both"), default="both", help="both: in turn")
    parser.add_argument("--groups", default="", help=f"only these, with a comma between: {', '.join(GROUPS)}")
    parser.add_argument("--folder", type=Path, default=Path(".chaos"), help="where all evidence stays")
    parser.add_argument("--mutants", nargs="*", default=None, help="plant bugs, these or every one, and see each of them found")
    given = parser.parse_args()
    first = random.SystemRandom().randrange(1_000_000) if given.seed is None else given.seed
    return _all(given, first) if given.mutants is None else _plant(given, first)


def _plant(given: argparse.Namespace, first: int) -> int:
    """Each bug, until it is found, in three runs at most."""
    told: dict[str, str] = {}
    for name in given.mutants or MUTANTS:
        for plan in mutant_plans(name, first):
            report = asyncio.run(run(plan, _folder(given, f"{name}-{plan.seed}"), say=lambda _: None))
            told[name] = f"{by_invariant(report.wrong)} in run {plan.seed - first + 1}, {report.took:.0f} s"
            if is_caught(name, report):
                break
            told[name] = f"NOT FOUND: {told[name]}"
        print(f"{name:32} {told[name]}", flush=True)
    return 1 if any(one.startswith("NOT FOUND") for one in told.values()) else 0


def _all(given: argparse.Namespace, first: int) -> int:
    ends_at = time.monotonic() + given.minutes * 60
    reports: list[Report] = []
    for plan in _plans(given, first):
        folder = _folder(given, f"seed-{plan.seed}")
        reports.append(asyncio.run(run(plan, folder)))
        print(f"  evidence: {folder}", flush=True)
        if time.monotonic() > ends_at or len(reports) == given.runs:
            break
    print(_table(reports))
    return 1 if any(report.wrong for report in reports) else 0


def _folder(given: argparse.Namespace, name: str) -> Path:
    folder: Path = given.folder.absolute() / f"{name}-{time.strftime('%Y%m%d-%H%M%S')}"
    return folder


def _plans(given: argparse.Namespace, first: int) -> Iterator[Plan]:
    seed = first
    while True:
        store = ("postgres", "sqlite")[seed % 2] if given.store == "both" else given.store
        chosen = tuple(given.groups.split(",")) if given.groups else tuple(GROUPS)
        groups = tuple(one for one in chosen if store == "postgres" or one not in NEEDS_POSTGRES)
        yield Plan(seed, groups, given.faults if groups else 0, given.slots, store, given.longest, patient=True)
        seed += 1


def _table(reports: list[Report]) -> str:
    """One row a run, and what all of them come to."""
    lines = ["", *(report.summary for report in reports)]
    faults = Counter(one["fault"] for report in reports for one in report.evidence.faults)
    lines += ["", "faults:", *(f"  {count:4} {fault}" for fault, count in sorted(faults.items()))]
    wrong = Counter(by_invariant(one for report in reports for one in report.wrong))
    lines += ["", f"wrong: {dict(wrong) or 'nothing'}"]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
