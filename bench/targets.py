"""What is aimed at, and what of it the figures of a measurement hold: from its document alone, so that a page can be made of it later."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

Found = Mapping[str, Any]
"""What one measure found, as JSON."""


class Line(NamedTuple):
    """One target: what was found, and whether that holds it."""

    what: str
    target: str
    found: str
    verdict: str
    """`holds`, `misses`, `not measured`, or how far it was shown to hold."""


class _Target(NamedTuple):
    measure: str
    what: str
    target: str
    judge: Callable[[Found], tuple[str, str]]
    """What was found, in words, and the verdict."""


def lines(document: Mapping[str, Any]) -> list[Line]:
    """One for each target."""
    measures = document["measures"]
    return [
        Line(one.what, one.target, *(one.judge(measures[one.measure]) if one.measure in measures else ("", "not measured")))
        for one in _TARGETS
    ]


def table(document: Mapping[str, Any]) -> str:
    """The same, to be read in a terminal."""
    rows = [("what", "target", "measured", ""), *lines(document)]
    widths = [max(len(row[at]) for row in rows) for at in range(4)]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows)


def _verdict(*, holds: bool) -> str:
    return "holds" if holds else "misses"


def _at_most(limit: float, value: float, words: str) -> tuple[str, str]:
    return words, _verdict(holds=value <= limit)


def _at_least(limit: float, value: float, words: str) -> tuple[str, str]:
    return words, _verdict(holds=value >= limit)


def _events(found: Found) -> tuple[str, str]:
    ours, plain = (found[side]["at_rest"]["events"] for side in ("ours", "other"))
    return _at_most(12, ours, f"{ours:.1f} (plain: {plain:.1f})")


def _actions(found: Found) -> tuple[str, str]:
    ours, plain = (found[side]["at_rest"]["actions"] for side in ("ours", "other"))
    return _at_most(3.1, ours, f"{ours:.1f} (plain: {plain:.1f})")


def _rate(limit: float) -> Callable[[Found], tuple[str, str]]:
    return lambda found: _at_least(limit, found["rate_ratio"], f"{found['rate_ratio']:.2f} ×")


def _p50(found: Found) -> tuple[str, str]:
    return _at_most(1.0, found["p50_ratio"], f"{found['p50_ratio']:.2f} ×")


def _memory(found: Found) -> tuple[str, str]:
    begun, later, again = (found[name] / 1000 for name in ("begun", "half_way", "met_again"))
    words = f"{later:.0f} KB half way ({begun:.0f} KB at the first step; {again:.0f} KB half way, just replayed)"
    return _at_most(120, later, words)


def _replay(found: Found) -> tuple[str, str]:
    each = found["cpu_an_event"] * 1000
    return _at_most(
        0.6, each, f"{each:.2f} ms of a processor ({found['seconds'] * 1000:.0f} ms for {found['events']:,} events)"
    )


def _herd(found: Found) -> tuple[str, str]:
    limit = found["spread"] + found["bare"]
    words = f"{found['seconds']:.1f} s; spread and bare timers: {limit:.1f} s; {found['sent']:,} mails to {found['journeys']:,}"
    return words, _verdict(holds=found["seconds"] <= limit and found["sent"] == found["journeys"])


def _read(found: Found) -> tuple[str, str]:
    slowest, rows = max(one["p95"] for one in found["reads"]) * 1000, found["rows"]["journey"]
    if slowest <= 50 and rows < 1_000_000:
        return f"{slowest:.0f} ms, the slowest of them", f"holds at {rows:,}"
    return _at_most(50, slowest, f"{slowest:.0f} ms, the slowest of them")


def _length(found: Found) -> tuple[str, str]:
    few, many = (one["steps"] for one in found["lengths"])
    return _at_most(1.1, found["length_ratio"], f"{found['length_ratio']:.2f} × at {many} steps, beside {few}")


def _crowd(found: Found) -> tuple[str, str]:
    few, many = (one["open"] for one in found["crowds"])
    words = f"{found['crowd_ratio']:.2f} × at {many:,} open, beside {few:,}"
    if found["crowd_ratio"] <= 1.1 and many < 100_000:
        return words, f"holds up to {many:,}"
    return _at_most(1.1, found["crowd_ratio"], words)


_TARGETS = (
    _Target(
        "peers-plain", "events per required step, without reminders, recording and one mail included", "at most 12", _events
    ),
    _Target("peers-plain", "billable actions per such step", "at most 3.1", _actions),
    _Target("peers-plain", "journeys a second against plain Temporal", "at least 1.5 ×", _rate(1.5)),
    _Target("peers-dbos", "journeys a second against DBOS on PostgreSQL", "at least 1.3 ×", _rate(1.3)),
    _Target("peers-plain", "p50 from an answer to the next notification, paced, against plain", "at most 1.0 ×", _p50),
    _Target("memory", "memory per cached journey of 30 steps", "at most 120 KB", _memory),
    _Target("replay", "replay of a journey, per event", "at most 0.6 ms", _replay),
    _Target("herd", "a herd at one local time, all out", "its spread and what bare timers need; none twice", _herd),
    _Target("reads-postgres", "list, filter, journey page on 1,000,000 journeys, p95", "at most 50 ms", _read),
    _Target("growth", "a step’s cost from 10 to 500 steps a pathway", "flat within 10 %", _length),
    _Target("growth", "a step’s cost from 100 to 100,000 open journeys", "flat within 10 %", _crowd),
)
