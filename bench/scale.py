"""docs/scale.md, what so many open journeys cost: `python -m bench scale bench/results/VERSION.json`."""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

_TEMPLATE = Path(__file__).parent / "pages" / "scale.md"
PAGE = Path(__file__).parents[1] / "docs" / "scale.md"
OPEN = (10_000, 1_000_000, 100_000_000)
_STEPS, _DAYS = 30, 90
_REMINDERS = 0.5
"""For each step."""
_REMINDER_ACTIONS = 3.0
"""A timer, a message, a recording."""
_PEAK = 0.25
"""How much of a day falls into its fullest hour."""
_BUSY = 0.5
"""How busy a machine is to be in it."""
_RESPONSE_KB = 1.0
_OUTGOING_KB = 1.0
"""Of each event that hosts are told, with its delivery; kept for as long as events are."""
_STATEMENTS, _COMMITS = 77.0, 6.0
_HOURS_A_MONTH = 730


class Cost(NamedTuple):
    """What a step costs, as it was measured."""

    events: float
    history: float
    actions: float
    worker: float
    servers: float
    asking: float
    memory: float
    """Bytes of an open journey in a worker's cache, half way through."""
    rows: float
    """In the store, of a whole journey."""
    stored: float

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> "Cost":
        """From what was found."""
        measures = document["measures"]
        ours, sizes = measures["peers-dbos"]["ours"], measures["sizes"]
        return cls(
            **{name: ours["at_rest"][name] for name in ("events", "actions")},
            history=ours["at_rest"]["bytes"],
            **ours["spent"],
            memory=measures["memory"]["half_way"],
            rows=sum(sizes["rows"].values()),
            stored=sum(sizes["bytes"].values()),
        )


def page(document: Mapping[str, Any], file: str) -> str:
    """The page, from the document in a file of that name."""
    cost = Cost.of(document)
    return _TEMPLATE.read_text().format(
        file=file,
        measured_on=document["measured_on"],
        step=_table(["of one step", "", "from"], _of_a_step(cost)),
        journey=_table(["of one journey", "", "from"], _of_a_journey(cost)),
        assumed=_table(["assumed", ""], _assumed()),
        sizing=_table(["open journeys", *(f"{number:,}" for number in OPEN)], _sizing(cost)),
    )


def write(file: Path) -> None:
    """Write the page of a file."""
    PAGE.write_text(page(json.loads(file.read_text()), f"bench/results/{file.name}"))


def _of_a_step(cost: Cost) -> list[list[str]]:
    return [
        ["events in Temporal's history", f"{cost.events:.1f}", "measured, at rest"],
        ["bytes of history, sealed", f"{cost.history:,.0f}", "measured, at rest"],
        ["billable actions", f"{cost.actions:.1f}", "measured, at rest"],
        ["processor of workers", f"{cost.worker * 1e3:.0f} ms", "measured, PostgreSQL"],
        [
            "processor of Temporal and PostgreSQL together",
            f"{cost.servers * 1e3:.0f} ms",
            "measured, both on files of one machine",
        ],
        ["processor of whoever passes the answer on", f"{cost.asking * 1e3:.0f} ms", "measured"],
        ["statements and commits in PostgreSQL", f"{_STATEMENTS:.0f} and {_COMMITS:.0f}", "assumed: counted once, by hand"],
    ]


def _of_a_journey(cost: Cost) -> list[list[str]]:
    whole = _STEPS * (cost.actions + _REMINDERS * _REMINDER_ACTIONS)
    return [
        [
            "rows in the store",
            f"{cost.rows:.0f}",
            "measured on made-up lives of the examples, of which some are still going on",
        ],
        [
            "bytes in the store, indexes too",
            f"{cost.stored / 1e3:.0f} KB",
            "measured on the same; answers and what hosts are told not in it",
        ],
        ["answers, and what hosts are told", f"{_answers() / 1e3:.0f} KB", "assumed"],
        ["history in Temporal, at the end", f"{_STEPS * cost.history / 1e3:.0f} KB", f"measured, times {_STEPS} steps"],
        ["billable actions", f"{whole:.0f}", f"measured, times {_STEPS} steps; reminders assumed"],
        ["mails", f"{_STEPS * (1 + _REMINDERS):.0f}", "assumed"],
        ["memory in a worker that has it in its cache", f"{cost.memory / 1e3:.0f} KB", "measured"],
    ]


def _assumed() -> list[list[str]]:
    return [
        ["a pathway", f"{_STEPS} required steps in {_DAYS} days, {_REMINDERS:g} reminders for each"],
        ["the fullest hour", f"{_PEAK:.0%} of a day's steps: most fall due at nine"],
        ["how busy machines are in it", f"{_BUSY:.0%}"],
        [
            "an answer; an event that hosts are told, with its delivery",
            f"{_RESPONSE_KB:.0f} KB; {_OUTGOING_KB:.0f} KB, kept for 90 days",
        ],
        ["a reminder", f"{_REMINDER_ACTIONS:.0f} billable actions"],
        ["Temporal keeps what has ended", "90 days, so as much again as what is open"],
    ]


def _sizing(cost: Cost) -> list[list[str]]:
    rows: dict[str, Callable[[float], str]] = {
        "steps a day": lambda number: f"{_daily(number):,.0f}",
        "steps a second in the fullest hour": lambda number: f"{_peak(number):,.1f}",
        "mails a day": lambda number: f"{_daily(number) * (1 + _REMINDERS):,.0f}",
        "billable actions a month": lambda number: _large(
            _daily(number) * 30 * (cost.actions + _REMINDERS * _REMINDER_ACTIONS)
        ),
        "events a second in Temporal, fullest hour": lambda number: f"{_peak(number) * cost.events:,.0f}",
        "cores of workers": lambda number: _cores(_peak(number) * cost.worker),
        "cores of Temporal and PostgreSQL": lambda number: _cores(_peak(number) * cost.servers),
        "cores of gateways, answers alone": lambda number: _cores(_peak(number) * cost.asking),
        "history of open journeys, half way, and as much that has ended": lambda number: _bytes(number * _STEPS * cost.history),
        "store, with a year of what has ended": lambda number: _bytes(number * 5 * (cost.stored + _answers())),
        "statements a second in PostgreSQL, fullest hour": lambda number: f"{_peak(number) * _STATEMENTS:,.0f}",
        "workers' memory with every open journey in a cache": lambda number: _bytes(number * cost.memory),
    }
    return [[name, *(say(number) for number in OPEN)] for name, say in rows.items()]


def _daily(number: float) -> float:
    return number * _STEPS / _DAYS


def _peak(number: float) -> float:
    return _daily(number) * _PEAK / 3600


def _answers() -> float:
    return _STEPS * (_RESPONSE_KB + 2 * _OUTGOING_KB) * 1e3


def _cores(spent: float) -> str:
    return f"{max(spent / _BUSY, 0.1):,.1f}"


def _bytes(number: float) -> str:
    for unit, size in (("PB", 1e15), ("TB", 1e12)):
        if number >= size:
            return f"{number / size:,.1f} {unit}"
    return f"{number / 1e9:,.1f} GB"


def _large(number: float) -> str:
    return f"{number / 1e9:,.1f} thousand million" if number >= 1e9 else f"{number / 1e6:,.1f} million"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    return "\n".join([f"| {' | '.join(head)} |", "|---" * len(head) + "|", *(f"| {' | '.join(row)} |" for row in rows)])
