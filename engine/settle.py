"""Carry out everything that is due, earliest first, until nothing is (rules T9-T11, G5, G6, G11, R4, R6)."""

from typing import assert_never

from engine.agenda import Item, agenda, remaining
from engine.base import EffectId
from engine.calendar import add
from engine.conditions import facts_of, holds
from engine.draft import Draft
from engine.events import JourneyCompleted, JourneyEnded, ReminderDue, StepCompleted, StepExpired, StepParked
from engine.journey import OPEN_STATES, Journey
from engine.schedule import Release, standing_of
from engine.structure import StepStructure

_MOST = 20_000
"""Far more than one turn can hold: 1,000 steps, each delivered, reminded, closed and told."""


class Runaway(AssertionError):
    """One turn did not come to an end: a bug, which must stop visibly and not eat the history."""


def settle(draft: Draft) -> None:
    """Do what is due, and note when the next thing will be."""
    for _ in range(_MOST):
        if draft.journey.status == "active" and _complete(draft):
            continue
        items = agenda(draft.moment, draft.live)
        due = [item for item in items if item.at <= draft.now]
        if not due:
            draft.set(wake_at=min((item.at for item in items), default=None))
            return
        _carry_out(draft, min(due, key=Item.order), due)
    raise Runaway(f"journey {draft.journey.id} did not settle")


def _carry_out(draft: Draft, item: Item, due: list[Item]) -> None:
    occurrence = draft.find(item.step, item.number)
    match item.what:
        case "release":
            if item.release is not None:
                _release(draft, item, item.release)
        case "closing":
            why = "lingered" if draft.journey.status == "completed" else "its time ran out"
            draft.close(item.step, occurrence, why)
            _end_if_asked(draft, item)
        case "completion":
            _complete_wait(draft, item)
        case "escalation":
            rung = item.step.escalation[item.used]
            told = draft.put(occurrence, rungs_used=item.used + 1)
            draft.tell(told, rung.to, why="no response", ordinal=f"rung{told.rungs_used}-{told.generation}")
        case "reminder":
            reader = item.step.reader
            _remind(draft, [one for one in due if one.what == "reminder" and one.step.reader == reader], reader)
        case "look":  # always ahead: there is nothing to do but to wake and look
            return
        case _:
            assert_never(item.what)


def _release(draft: Draft, item: Item, found: Release) -> None:
    step, number = item.step, item.number
    match found.what:
        case "wait":
            return
        case "not_applicable":
            draft.not_apply(step, number, found.due_at, found.hold or "")
        case "park":
            parked = draft.put(draft.find(step, number), parked=True)
            draft.step_happens(StepParked, parked, due_at=found.due_at, why=found.hold)
            draft.tell(parked, "practitioner", why="too late", ordinal=f"parked{parked.generation}", purpose="parked")
        case "expire":
            _expire_undelivered(draft, item, found)
        case "deliver":
            if step.left_out and not found.ignores_condition:
                draft.not_apply(step, number, found.due_at, "left out for this client")
                return
            if step.when is not None and not found.ignores_condition:
                verdict = holds(step.when, facts_of(draft.structure, draft.journey, draft.now))
                if not verdict.value:
                    draft.not_apply(step, number, found.due_at, f"condition: {verdict.saw}")
                    return
            if step.is_foreign and draft.find(step, number).type_state != "found":
                draft.ask_for_type(step, number)
                return
            draft.deliver(step, number, found)
            if step.ways:
                _decide(draft, step, number)
        case _:
            assert_never(found.what)


def _decide(draft: Draft, step: StepStructure, number: int) -> None:
    """Take the first way whose condition is true, at once; `otherwise` where none is."""
    facts = facts_of(draft.structure, draft.journey, draft.now)
    saw = []
    way = "otherwise"
    for name, condition in step.ways:
        verdict = holds(condition, facts)
        saw.append(verdict.saw)
        if verdict.value:
            way = name
            break
    done = draft.settle(draft.find(step, number), "completed")
    draft.step_happens(StepCompleted, done, why=f"took {way}: {'; '.join(dict.fromkeys(saw))}")
    draft.keep_outcome(step, {"way": way})


def _expire_undelivered(draft: Draft, item: Item, found: Release) -> None:
    holds_up = item.step.required and item.step.on_expiry == "hold"
    missed = draft.settle(draft.find(item.step, item.number), "expired", passes=not holds_up, due_at=found.due_at)
    draft.step_happens(StepExpired, missed, why=found.hold, holds=holds_up)
    if holds_up:
        draft.tell(missed, "practitioner", why="missed", ordinal=f"closing{missed.generation}")
    _end_if_asked(draft, item)


def _end_if_asked(draft: Draft, item: Item) -> None:
    if item.step.required and item.step.on_expiry == "end" and draft.journey.status == "active":
        draft.cancel_rest()
        draft.set(status="ended", finished_at=draft.now)
        draft.happen(JourneyEnded, step=item.step.id)
        draft.hand_back("ended")


def _complete_wait(draft: Draft, item: Item) -> None:
    waited_for = item.step.completes_on
    if waited_for is not None and waited_for.event is not None and not item.timed_out:
        events = draft.journey.host_events
        seen = events[waited_for.event]
        draft.set(host_events={**events, waited_for.event: seen.changed(used=seen.used + 1)})
    done = draft.settle(draft.find(item.step, item.number), "completed")
    draft.step_happens(StepCompleted, done, why="timed out" if item.timed_out else None)
    draft.keep_outcome(item.step, {"timed_out": item.timed_out})


def _remind(draft: Draft, items: list[Item], to: str) -> None:
    """One message for all of them, also where several reminders of one step have become due."""
    reminded = []
    for item in sorted(items, key=Item.order):
        old = draft.find(item.step, item.number)
        sent = old.messages_sent + 1
        used = old.reminders_used + item.used
        asked_at = draft.now if item.asked else old.reminded_at
        changes = {"messages_sent": sent, "reminders_used": used, "reminded_at": asked_at, "asked_at": None}
        reminded.append(draft.put(old, **changes))
    key: EffectId = draft.notify("reminder", to, tuple(reminded), str(reminded[0].messages_sent))
    names = tuple(one.id for one in reminded)
    draft.happen(ReminderDue, effect=key, occurrences=names, asked=any(item.asked for item in items))


def _complete(draft: Draft) -> bool:
    """Complete the journey once every required step has passed and nothing is left to deliver (rule G11)."""
    journey = draft.journey
    if remaining(draft.moment, draft.live) is not None:
        return False
    for _, step, _ in draft.live:
        if step.required and standing_of(step, draft.moment).passed_at is None:
            return False
    closes_at = add(draft.now, draft.structure.linger, draft.zone) if has_open(journey) else None
    draft.set(status="completed", finished_at=draft.now, closes_at=closes_at)
    draft.happen(JourneyCompleted, closes_at=closes_at)
    draft.hand_back("completed")
    return True


def has_open(journey: Journey) -> bool:
    """Whether the client can still answer something."""
    return any(occurrence.state in OPEN_STATES for occurrence in journey.occurrences.values())
