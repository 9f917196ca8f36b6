"""`python -m bench`: measure, show a table, and write the figures as JSON where asked for."""

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path

from bench.measures import Figure, simulation, turn

MEASURES: dict[str, Callable[[], Figure]] = {
    "advance-50": lambda: turn(50, limit=300e-6),
    "advance-500": lambda: turn(500, limit=2e-3),
    "simulate": lambda: simulation(limit=15),
}


def main() -> int:
    """Measure what was asked for; 1 where a limit did not hold."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("measures", nargs="*", metavar="MEASURE", help=f"some of: {', '.join(MEASURES)} (default: all)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there")
    asked = parser.parse_args()
    unknown = [name for name in asked.measures if name not in MEASURES]
    if unknown:
        parser.error(f"no measure {', '.join(unknown)}; some of: {', '.join(MEASURES)}")
    print(f"{'measure':<52}{'took':>10}{'limit':>10}   {'ratio to its yardstick'}", flush=True)
    figures = []
    for name in asked.measures or MEASURES:
        figure = MEASURES[name]()
        figures.append(figure)
        mark = "" if figure.holds else "   OVER THE LIMIT"
        print(
            f"{figure.name:<52}{_time(figure.seconds):>10}{_time(figure.limit):>10}   {figure.ratio:,.2f} × {figure.yardstick}{mark}",
            flush=True,
        )
    if asked.json:
        asked.json.write_text(json.dumps([{**figure._asdict(), "holds": figure.holds} for figure in figures], indent=2) + "\n")
    return 0 if all(figure.holds for figure in figures) else 1


def _time(seconds: float) -> str:
    if seconds < 1e-3:
        return f"{seconds * 1e6:,.0f} µs"
    return f"{seconds * 1e3:,.2f} ms" if seconds < 1 else f"{seconds:,.1f} s"


if __name__ == "__main__":
    sys.exit(main())
