"""Pathways made up by Hypothesis: every timing, gate, window and repeat that the reference knows."""

from datetime import date, time
from typing import Any

from hypothesis import strategies as st

from engine.structure import Structure
from tests.engine.driver import pathway, step

ZONES = ("UTC", "Europe/London", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata")
STARTS = (
    "2026-03-06 23:30",
    "2026-03-27 08:00",
    "2026-04-03 12:15",
    "2026-10-02 21:45",
    "2026-10-23 00:50",
    "2026-10-30 17:00",
)
QUIET = (None, "21:00-08:00", "22:30-02:15", "01:15-01:45", "12:00-07:30")
DATES = ("surgery", "visit")
EVENTS = ("seen", "called")
_OFFSETS = ("0", "0", "1 hour", "26 hours", "1 day", "3 days", "1 day 2 hours", "1 month")
_LIMITS = ("2 hours", "1 day", "2 days 3 hours")


def _maybe(strategy: st.SearchStrategy[Any], *, one_in: int = 2) -> st.SearchStrategy[Any]:
    return st.one_of(*([st.none()] * (one_in - 1)), strategy)


@st.composite
def _steps(draw: st.DrawFn, count: int) -> list[dict[str, Any]]:
    return [draw(_step(number)) for number in range(count)]


@st.composite
def _step(draw: st.DrawFn, number: int) -> dict[str, Any]:
    earlier = [f"s{n}" for n in range(number)]
    anchors = ["journey.started", "journey.started", *["previous.completed"] * 5, "previous.delivered", "previous.delivered"]
    anchors += ["date surgery", f"event {EVENTS[0]}", draw(st.sampled_from(("2026-04-01", "2026-10-28")))]
    anchors += [f"{name}.{moment}" for name in earlier for moment in ("delivered", "completed")]
    after = draw(st.sampled_from(anchors))
    offset = draw(st.sampled_from((*_OFFSETS, "-1 day", "-3 hours") if after.startswith("date") else _OFFSETS))
    fields: dict[str, Any] = {
        "past": draw(st.sampled_from(("now", "now", "skip", "next_slot"))),
        "required": draw(st.booleans()),
        "regardless": draw(st.sampled_from((False, False, True))),
        "on_expiry": draw(st.sampled_from(("hold", "continue", "continue", "end"))),
        "late": draw(st.sampled_from(("accept_late", "accept_if_started", "reject"))),
        "urgent": draw(st.sampled_from((False, False, False, True))),
        "revisable": draw(st.booleans()),
    }
    shape = draw(st.sampled_from(("", "", "at", "between")))
    if shape:
        clock = ("09:00", "01:30", "02:10", "23:30") if shape == "at" else ("09:00-12:00", "01:00-03:00", "20:30-23:59")
        fields[shape] = draw(st.sampled_from(clock))
    optional = {
        "on": _maybe(st.sampled_from(("mon thu", "sun", "sat sun mon")), one_in=4),
        "window": _maybe(
            st.fixed_dictionaries(
                {},
                optional={
                    "start_by": st.sampled_from(_LIMITS),
                    "finish_by": st.sampled_from(_LIMITS),
                    "inactivity": st.sampled_from(("1 hour", "5 hours", "30 hours")),
                },
            )
        ),
        "max_lateness": _maybe(
            st.fixed_dictionaries(
                {"over": st.sampled_from(("1 hour", "1 day")), "then": st.sampled_from(("send", "skip", "ask_operator"))}
            ),
            one_in=3,
        ),
        "repeat": _maybe(
            st.fixed_dictionaries(
                {
                    "every": st.sampled_from(("1 day", "12 hours", "7 days")),
                    "count": st.integers(2, 3),
                    "overlap": st.booleans(),
                }
            ),
            one_in=4,
        ),
        "reminders": _maybe(
            st.builds(
                lambda offsets: {"offsets": offsets},
                st.lists(
                    st.sampled_from(("3 minutes", "1 hour", "63 minutes", "20 hours", "1 day", "2 days")),
                    min_size=1,
                    max_size=3,
                ),
            )
        ),
        "escalation": _maybe(st.just([{"after": "1 day"}, {"after": "2 days", "to": "supervisor"}]), one_in=3),
        "needs": _maybe(_needs(earlier), one_in=4) if earlier else st.none(),
    }
    fields |= {name: value for name, strategy in optional.items() if (value := draw(strategy)) is not None}
    actor = draw(st.sampled_from(("client", "client", "client", "practitioner", "host")))
    if actor == "host":
        fields["completes_on"] = {"event": draw(st.sampled_from(EVENTS))}
    return step(f"s{number}", after, offset, actor=actor, **fields)


def _needs(earlier: list[str]) -> st.SearchStrategy[Any]:
    some = st.lists(st.sampled_from(earlier), min_size=1, max_size=3, unique=True)
    return some.flatmap(lambda names: st.tuples(st.integers(1, len(names)), st.just(names)))


@st.composite
def structures(draw: st.DrawFn) -> Structure:
    """A pathway of one to five steps."""
    steps = draw(_steps(draw(st.integers(1, 5))))
    return pathway(
        *steps,
        zone=draw(st.sampled_from(ZONES)),
        quiet=draw(st.sampled_from(QUIET)),
        linger=draw(st.sampled_from(("2 days", "12 hours"))),
        release_gap=draw(st.sampled_from(("30 minutes", "1 day"))),
    )


days = st.dates(date(2026, 3, 1), date(2026, 11, 10))
wall_times = st.builds(time, st.integers(0, 23), st.sampled_from((0, 15, 30, 59)))
