"""`python -m bench`: measure, show tables, and write the figures as JSON where asked for."""

import argparse
import asyncio
import json
import sys
from collections.abc import Callable
from pathlib import Path

from bench import cohort, encryption, reads
from bench.measures import Figure, simulation, turn

MEASURES: dict[str, Callable[[], Figure]] = {
    "advance-50": lambda: turn(50, limit=300e-6),
    "advance-500": lambda: turn(500, limit=2e-3),
    "simulate": lambda: simulation(limit=15),
}
READS: dict[str, Callable[[], reads.Figures]] = {
    "reads-sqlite": lambda: asyncio.run(reads.measure_sqlite(10_000)),
    "reads-postgres": lambda: asyncio.run(reads.measure_postgres(100_000)),
}
COHORT = "cohort"
ENCRYPTION = "encryption"
_ALL = (*MEASURES, *READS, COHORT, ENCRYPTION)


def main() -> int:
    """Measure what was asked for; 1 where a limit did not hold."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("measures", nargs="*", metavar="MEASURE", help=f"some of: {', '.join(_ALL)} (default: all)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there")
    asked = parser.parse_args()
    wanted = asked.measures or _ALL
    unknown = [name for name in wanted if name not in _ALL]
    if unknown:
        parser.error(f"no measure {', '.join(unknown)}; some of: {', '.join(_ALL)}")
    figures = _measured([name for name in MEASURES if name in wanted])
    stores = [_read(name) for name in READS if name in wanted]
    cohorts: list[cohort.Cohort | encryption.Encryption] = [_started()] if COHORT in wanted else []
    cohorts += [_sealed()] if ENCRYPTION in wanted else []
    if asked.json:
        written = [{**one._asdict(), "holds": one.holds} for one in (*figures, *cohorts)]
        asked.json.write_text(json.dumps([*written, *(_as_json(store) for store in stores)], indent=2) + "\n")
    return 0 if all(one.holds for one in (*figures, *stores, *cohorts)) else 1


def _measured(names: list[str]) -> list[Figure]:
    if not names:
        return []
    print(f"{'measure':<52}{'took':>10}{'limit':>10}   {'ratio to its yardstick'}", flush=True)
    figures = []
    for name in names:
        figure = MEASURES[name]()
        figures.append(figure)
        mark = "" if figure.holds else "   OVER THE LIMIT"
        print(
            f"{figure.name:<52}{_time(figure.seconds):>10}{_time(figure.limit):>10}   {figure.ratio:,.2f} × {figure.yardstick}{mark}",
            flush=True,
        )
    return figures


def _read(name: str) -> reads.Figures:
    """One store filled and read, with what it was and what each reading took."""
    store = READS[name]()
    print(f"\n{store.store} on {reads.machine()}; filled in {_time(store.loading)}", flush=True)
    print(", ".join(f"{number:,} × {table}" for table, number in store.rows.items()))
    print(f"{'reading':<66}{'median':>10}{'p95':>10}{'limit':>10}")
    for one in store.reads:
        mark = "" if one.holds else "   OVER THE LIMIT"
        print(f"{one.name:<66}{_time(one.p50):>10}{_time(one.p95):>10}{_time(one.limit):>10}{mark}")
    rate = store.rate
    mark = "" if rate.holds else "   UNDER THE LIMIT"
    print(f"{rate.name:<66}{rate.per_second:>8,.0f}/s{_time(rate.p95):>10}{rate.limit:>8,}/s{mark}")
    print(f"{'  of a processor, the server itself, for each':<66}{_time(rate.cpu):>10}", flush=True)
    return store


def _started() -> cohort.Cohort:
    """A cohort started beside the same starts without anything around them."""
    found = asyncio.run(cohort.measure())
    print(f"\n{'starts a second':<30}{'bare':>10}{'cohort':>10}{'ratio':>10}")
    for number, (bare, ours) in enumerate(zip(found.bare, found.ours, strict=True), 1):
        print(f"{f'round {number}':<30}{bare:>10,.0f}{ours:>10,.0f}{ours / bare:>10.2f}")
    mark = "" if found.holds else "   UNDER THE LIMIT"
    print(f"{'median ratio':<50}{found.ratio:>10.2f}   at least {found.limit}{mark}")
    print(f"{f'{found.members:,} members, cancelled and resumed':<40}{found.whole:>10,.0f}", flush=True)
    return found


def _sealed() -> encryption.Encryption:
    """Journeys lived with encryption beside the same ones without."""
    found = asyncio.run(encryption.measure())
    print(f"\n{'journeys a second':<30}{'plain':>10}{'sealed':>10}{'ratio':>10}")
    for number, (plain, sealed) in enumerate(zip(found.plain, found.sealed, strict=True), 1):
        print(f"{f'round {number}':<30}{plain:>10,.1f}{sealed:>10,.1f}{sealed / plain:>10.2f}")
    mark = "" if found.holds else "   UNDER THE LIMIT"
    print(f"{'median ratio':<50}{found.ratio:>10.2f}   at least {found.limit}{mark}", flush=True)
    return found


def _as_json(store: reads.Figures) -> dict[str, object]:
    every = [{**one._asdict(), "holds": one.holds} for one in (*store.reads, store.rate)]
    return {"store": store.store, "rows": store.rows, "loading": store.loading, "reads": every, "holds": store.holds}


def _time(seconds: float) -> str:
    if seconds < 1e-3:
        return f"{seconds * 1e6:,.0f} µs"
    return f"{seconds * 1e3:,.2f} ms" if seconds < 1 else f"{seconds:,.1f} s"


if __name__ == "__main__":
    sys.exit(main())
