"""The checker finds nothing in evidence that is well, and each invariant names what was spoiled: none has never failed."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.chaos.checker import INVARIANTS, check
from tests.chaos.clients import Person
from tests.chaos.evidence import Evidence, Journey
from tests.chaos.history import Operation
from tests.chaos.pathways import MAILS, NOTE, PERSON, WORDS, Pathway, answer
from tests.chaos.reference import Step

START = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
PATHWAY = Pathway("path1", (Step("s1"), Step("s2", anchor="day2", nudge="nudge2")), risky=frozenset({"s1"}))
NAME = "jou_one"
ALERT = "alert_1"


def instant(second: float) -> str:
    return (START + timedelta(seconds=second)).isoformat()


def wall(second: float) -> float:
    return (START + timedelta(seconds=second)).timestamp()


def event(seq: int, second: float, kind: str, occurrence: str = "", role: str = "engine") -> dict[str, Any]:
    return {
        "seq": seq,
        "at": instant(second),
        "kind": kind,
        "occurrence": occurrence,
        "by": {"role": role},
        "occurrences": [occurrence],
    }


def row(purpose: str, occurrence: str, second: float, channel: str = "email") -> dict[str, Any]:
    return {
        "id": f"{NAME}/{occurrence}/{purpose}/0",
        "message_id": f"<{purpose}-{occurrence}>",
        "channel": channel,
        "attempts": 1,
        "attempted_at": instant(second),
        "accepted_at": instant(second),
        "skipped": None,
        "failed": None,
        "held_why": None,
        "merged_into": None,
    }


def mail(purpose: str, occurrence: str, second: float, to: str = f"c0-1{MAILS}", subject: str = "") -> dict[str, Any]:
    subject = subject or ("A reminder: …" if purpose == "reminder" else "Something new is waiting for you")
    return {
        "wall": wall(second),
        "manner": "ok",
        "taken": True,
        "id": f"<{purpose}-{occurrence}>",
        "to": to,
        "subject": subject,
        "about": [[NAME, occurrence]] if to.startswith("c") else [],
        "raw": f"Alert: {ALERT}" if purpose == "risk" else "a mail",
    }


def operation(does: str, path: str, began: float, body: Any, *, key: str = "", outcome: str = "ok") -> Operation:
    key = key or f"{does}{path}"
    made = Operation(f"{key}/{began}", does, "c0-1", key, body, path, wall(began))
    made.ended, made.outcome, made.status, made.attempts = wall(began + 0.5), outcome, 201, 1  # type: ignore[assignment]
    made.statuses = [201]
    return made


def answered(step: str, began: float, mark: str = "1", **more: Any) -> Operation:
    path = f"/journeys/{NAME}/occurrences/{step}.1/responses"
    return operation("respond", path, began, {"response": answer(PATHWAY, step, mark, is_safe=False)}, **more)


def well() -> Evidence:
    """One client, two steps, a risk, a reminder; everything as it should be."""
    history = [
        event(1, 0, "journey_started"),
        event(2, 0, "step_delivered", "s1.1"),
        event(3, 5, "step_completed", "s1.1", "client"),
        event(4, 30, "step_delivered", "s2.1"),
        event(5, 40, "reminder_due", "s2.1"),
        event(6, 60, "step_completed", "s2.1", "client"),
        event(7, 60, "journey_completed"),
    ]
    responses = {f"{step}.1": [{"payload": answer(PATHWAY, step, "1", is_safe=False)}] for step in ("s1", "s2")}
    ledger = [row("delivered", "s1.1", 1), row("delivered", "s2.1", 31), row("reminder", "s2.1", 41), row("risk", "s1.1", 6)]
    dates = {"day2": instant(30), "nudge2": instant(40)}
    person = Person("c0-1", PATHWAY, "steady", "UTC", "seed", dates=dates, journey=NAME)
    told = [f"{NAME}/{number}" for number in range(1, 8)]
    return Evidence(
        people={"c0-1": person},
        operations=[
            operation("enrol", "/journeys", -1, {"client": "c0-1", "pathway": "path1"}),
            answered("s1", 4.9),
            answered("s2", 59.9),
        ],
        mails=[
            mail("delivered", "s1.1", 1),
            mail("delivered", "s2.1", 31),
            mail("reminder", "s2.1", 41),
            mail("risk", "s1.1", 6, to="grey@example.org", subject="An alert needs you now"),
        ],
        hooks=[{"id": name, "taken": True, "body": "{}"} for name in told],
        mails_before=4,
        hooks_before=len(told),
        faults=[{"fault": "kill worker-1"}, {"fault": "term worker-1", "code": 0, "took": 1.0}],
        journeys={NAME: Journey(NAME, "c0-1", "path1", "completed", False, history, ledger, responses)},
        alerts=[{"id": ALERT, "journey": NAME, "occurrence": "s1.1"}],
        events=[{"id": name, "type": "t"} for name in told],
        deliveries=dict.fromkeys(told, "delivered"),
        workflows={NAME: "COMPLETED"},
        troubled=[],
        mismatches=[],
        audit="",
        logs={"worker-1": '{"level": "info"}'},
        planned=["kill worker-1", "term worker-1"],
        gathered_at=wall(300),
        healed_at=wall(70),
    )


def spoiled(spoil: Callable[[Evidence], Any]) -> list[str]:
    evidence = well()
    spoil(evidence)
    return check(evidence)


def test_evidence_that_is_well_is_left_alone() -> None:
    """Nothing found is the good news."""
    assert check(well()) == []


_SPOILS: list[tuple[str, Callable[[Evidence], Any]]] = [
    ("I1", lambda e: e.journeys[NAME].responses["s1.1"].clear()),
    ("I1", lambda e: e.journeys[NAME].responses["s1.1"].append(e.journeys[NAME].responses["s1.1"][0])),
    ("I1", lambda e: e.operations.extend([answered("s1", 4, key="a-rival0"), answered("s1", 4, "2", key="a-rival1")])),
    ("I1", lambda e: e.operations.append(answered("s1", 4, outcome="fail"))),
    ("I1", lambda e: e.operations.append(operation("contradict", "/x", 4, {}))),
    ("I2", lambda e: e.journeys[NAME].responses["s2.1"].append({"payload": {"answers": {"words": "nobody's"}}})),
    ("I2", lambda e: e.operations.pop(0)),
    ("I2", lambda e: e.journeys.update(two=Journey("two", "c0-1", "path1", "stopped", False, [], [], {}))),
    ("I3", lambda e: e.journeys[NAME].history.insert(2, event(3, 1, "step_delivered", "s2.1"))),
    ("I3", lambda e: e.mails[1].update(wall=wall(28))),
    ("I3", lambda e: e.mails[1].update(wall=wall(4))),
    ("I3", lambda e: e.mails[0]["about"][0].__setitem__(0, "jou_unknown")),
    ("I4", lambda e: e.mails.insert(0, e.mails[0])),
    ("I4", lambda e: e.mails[0].update(id="<unheard of>")),
    ("I4", lambda e: e.mails.insert(0, {**e.mails[1], "id": "<risk-s1.1>"})),
    ("I4", lambda e: e.mails.pop(2)),
    ("I4", lambda e: e.journeys[NAME].ledger.append(e.journeys[NAME].ledger[0])),
    ("I5", lambda e: e.journeys[NAME].history.__delitem__(slice(3, None))),
    ("I5", lambda e: e.workflows.update({NAME: "RUNNING"})),
    ("I5", lambda e: e.troubled.append(NAME)),
    ("I5", lambda e: e.late.append("a message")),
    ("I6", lambda e: (e.mails[2].update(wall=wall(63)), e.journeys[NAME].ledger[2].update(attempted_at=instant(62)))),
    ("I6", lambda e: e.operations.append(operation("opt_out", "/clients/c0-1", 0.1, {}))),
    ("I7", lambda e: e.mails.append({**e.mails[2], "id": "<delivered-s2.1>"})),
    ("I7", lambda e: setattr(e.people["c0-1"], "quiet", ("08:00", "10:00"))),
    ("I8", lambda e: e.mails[0].update(raw=f"a mail with {NOTE}")),
    ("I8", lambda e: e.hooks[0].update(body=f"{WORDS}-1")),
    ("I8", lambda e: e.logs.update(gateway="CANARY-PRIVATE-1")),
    ("I8", lambda e: e.logs.update(gateway=f"hello {PERSON}-c0-1")),
    ("I8", lambda e: e.kept.append("CANARY-WORDS in temporal.db")),
    ("I9", lambda e: e.journeys[NAME].history.pop(5)),
    ("I9", lambda e: e.journeys[NAME].history[2]["by"].update(role="engine")),
    ("I9", lambda e: setattr(e, "audit", "broken at 3")),
    ("I10", lambda e: e.mismatches.append("rows against events")),
    ("I10", lambda e: e.events.pop()),
    ("I10", lambda e: e.hooks.pop()),
    ("I10", lambda e: e.hooks[0].update(id="made up")),
    ("I10", lambda e: e.deliveries.pop(f"{NAME}/3")),
    ("I10", lambda e: (e.deliveries.popitem(), setattr(e, "is_patient", True))),
    ("I5", lambda e: e.workflows.update({NAME: "TERMINATED"})),
    ("I10", lambda e: e.deliveries.update({f"{NAME}/1": "dead"})),
    ("I11", lambda e: e.alerts.clear()),
    ("I11", lambda e: e.mails.pop()),
    ("I12", lambda e: e.logs.update(worker='{"level": "error", "event": "?"}')),
    ("I12", lambda e: e.logs.update(worker="Task exception was never retrieved")),
    ("I12", lambda e: e.logs.update(worker="[TMPRL1100] Nondeterminism error")),
    ("I12", lambda e: e.operations[1].statuses.append(500)),
    ("I12", lambda e: setattr(e.operations[1], "bare", 1)),
    ("RT23", lambda e: e.faults[1].update(code=-9)),
    ("vacuous", lambda e: setattr(e.operations[1], "outcome", "unknown")),
    ("vacuous", lambda e: e.faults.pop(0)),
    ("vacuous", lambda e: e.faults[0].update(missed="nobody was told anything")),
    ("vacuous", lambda e: e.after.append("it did not work")),
    ("vacuous", lambda e: e.mails.clear()),
]


@pytest.mark.parametrize(("name", "spoil"), _SPOILS)
def test_what_is_spoiled_is_named(name: str, spoil: Callable[[Evidence], Any]) -> None:
    """By the invariant that it belongs to."""
    assert any(one.startswith(f"{name}:") for one in spoiled(spoil))


def test_every_invariant_has_failed() -> None:
    """A check is trusted once it was seen to fail."""
    silent = set(INVARIANTS)
    for _, spoil in _SPOILS:
        evidence = well()
        spoil(evidence)
        silent -= {one for one in INVARIANTS if one(evidence)}
    assert not silent
