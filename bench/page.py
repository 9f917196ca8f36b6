"""docs/performance.md, from the document of a measurement: `python -m bench page bench/results/VERSION.json`."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.compared import compared
from bench.targets import lines

RESULTS = Path(__file__).parent / "results"
PAGE = Path(__file__).parents[1] / "docs" / "performance.md"
_HEAD = """# How fast it is

Written by `python -m bench page {file}` from what `make bench` found on {measured_on}; do not edit it by hand.
What counts are the ratios: they were measured in one run on one machine, in pairs that took turns, and each is the middle of its pairs.
{shared}
## What is aimed at, and what holds

{targets}

Events are those of a Temporal history. Actions are what Temporal Cloud bills: a start, an update, a signal, a timer, each try of an
activity, an upsert of search attributes; heartbeats do not stand in a history and are not counted.
"""
_SHARED = """
**These figures are provisional**: the machine was shared, and its load was {load_before} on {cores} cores before the run began.
"""
_PEERS = """
## Beside {other}

The same job: a client goes through five required steps without reminders. Each step is mailed when it is due, by SMTP to a server that
takes everything; each is answered; each answer is kept. {how}

Both have a worker process and servers of their own, with the same settings. As fast as it goes: twenty journeys at once, each mail
answered at once, until everything of the last one is kept. Paced: five answers a second, on a machine that is otherwise idle.

{table}

Ours also seals everything that Temporal and the store are given, keeps the events of each journey, a ledger of its mails and a read
model, queues events for hosts, and asks before each mail whether it still has a meaning. The other does none of that.
"""
_PLAIN = """Plain Temporal is a course written by hand,
straight from the samples: a validated update takes an answer, one activity mails, one keeps the answer, a wait has a time-out; default
sandbox. Each of the two has a development server of its own on a file, and SQLite to keep answers in."""
_DBOS = """DBOS is a course as its documentation
shows it: a workflow with a step that mails, `recv` with a time-out, and a transaction that keeps the answer, in an application that
starts and answers it in its own process. Each of the two has a PostgreSQL server of its own that loses nothing when the power fails;
our Temporal stays on a file."""
_TAIL = """
## What it ran on

{surroundings}
"""


def page(document: Mapping[str, Any], file: str) -> str:
    """The page, from the document in a file of that name."""
    machine, measures = document["machine"], document["measures"]
    is_shared = machine["load_before"] > machine["cores"] / 4
    rows = [("what", "target", "measured", ""), *lines(document)]
    parts = [
        _HEAD.format(
            file=file,
            measured_on=document["measured_on"],
            shared=_SHARED.format(**machine) if is_shared else "",
            targets=_table(rows),
        )
    ]
    for name, how in (("peers-plain", _PLAIN), ("peers-dbos", _DBOS)):
        if name in measures:
            other = measures[name]["other"]["name"]
            table = _table([("", "ours", other), *compared(measures[name])])
            parts.append(_PEERS.format(other=other, how=how, table=table))
    surroundings = [
        ("what", "which"),
        *machine.items(),
        *document["versions"].items(),
        *((f"seed, {k}", v) for k, v in document["seeds"].items()),
    ]
    parts.append(_TAIL.format(surroundings=_table([(name.replace("_", " "), str(value)) for name, value in surroundings])))
    return "".join(parts)


def write(file: Path) -> None:
    """Write the page of a file."""
    PAGE.write_text(page(json.loads(file.read_text()), f"bench/results/{file.name}"))


def _table(rows: Sequence[Sequence[str]]) -> str:
    head, *rest = [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join([head, "|---" * len(rows[0]) + "|", *rest])
