"""Two peers side by side, by the document of a measurement."""

from collections.abc import Mapping
from statistics import median
from typing import Any

Side = Mapping[str, Any]


def compared(pairing: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """A line for each thing they are compared by: its name, ours, theirs."""
    sides = pairing["ours"], pairing["other"]
    lines = [(name, *(say(side) for side in sides)) for name, say in _LINES if all(_has(side, name) for side in sides)]
    return [
        *lines,
        ("journeys a second, ours to theirs, the middle of the pairs", f"{pairing['rate_ratio']:.2f} ×", ""),
        ("p50, ours to theirs, the middle of the pairs", f"{pairing['p50_ratio']:.2f} ×", ""),
    ]


def _has(side: Side, name: str) -> bool:
    return side["at_rest"] is not None or name not in _OF_TEMPORAL


def _rate(side: Side) -> str:
    rates = side["journeys_a_second"]
    return f"{median(rates):.2f} ({min(rates):.2f} to {max(rates):.2f})"


def _steps(side: Side) -> str:
    return f"{median(side['journeys_a_second']) * side['steps']:.1f}"


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.1f} ms"


_OF_TEMPORAL = {
    "events a step, at rest": lambda side: f"{side['at_rest']['events']:.1f}",
    "events a step, in a rush": lambda side: f"{side['in_a_rush']['events']:.1f}",
    "bytes of history a step, at rest": lambda side: f"{side['at_rest']['bytes']:,.0f}",
    "billable actions a step, at rest": lambda side: f"{side['at_rest']['actions']:.1f}",
    "billable actions a step, in a rush, the start included": lambda side: f"{side['in_a_rush']['actions']:.1f}",
}
_LINES = (
    ("journeys a second", _rate),
    ("steps a second", _steps),
    ("from an answer to the next mail, paced, p50", lambda side: _ms(median(side["p50"]))),
    ("from an answer to the next mail, paced, p95", lambda side: _ms(median(side["p95"]))),
    *_OF_TEMPORAL.items(),
    ("processor a step, the worker", lambda side: _ms(side["spent"]["worker"])),
    ("processor a step, its servers", lambda side: _ms(side["spent"]["servers"])),
    ("processor a step, whoever asks", lambda side: _ms(side["spent"]["asking"])),
    ("memory that the worker grows by for an open journey, after the rounds", lambda side: f"{side['memory'] / 1000:.0f} KB"),
)
