"""A small hand on the engine: pathways in a line, time in words, messages in, turns out.

Every turn is checked on the way: structure and journey go through JSON before it, the read model is folded from the
events alone, the plan agrees about the next instant, and a refusal changes nothing.
"""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from engine.advance import StartFacts, advance, begin
from engine.base import JourneyId, MessageId, OccurrenceId
from engine.conditions import compile_condition
from engine.deviations import AddStep
from engine.effects import Notify, Perform
from engine.events import Event
from engine.journey import Journey, Occurrence
from engine.mapping import Mapping
from engine.messages import (
    AcknowledgeRisk,
    By,
    ChangePlan,
    ExcuseStep,
    ExtendStep,
    HostEvent,
    Migrate,
    OpenStep,
    PauseJourney,
    RaiseRisk,
    ReleaseStep,
    RemindNow,
    ReopenStep,
    Respond,
    ResumeJourney,
    RetryTask,
    Role,
    SetClientFacts,
    SetDate,
    SkipStep,
    SnoozeReminders,
    StepTypeAnswered,
    StopJourney,
    TaskDone,
    TaskFailed,
    Tick,
)
from engine.plan import plan
from engine.structure import Anchor, Needs, Repeat, Rung, StepStructure, Structure, TimeWindow, Timing
from engine.turn import Answer, Plan, Turn
from engine.view import JourneyView, fold, view_of
from engine.zones import zone_of

_TIMING = ("at", "on", "calendar", "between", "past")


def window(text: str) -> TimeWindow:
    """Read `21:00-08:00`."""
    start, end = text.split("-")
    return TimeWindow(start=time.fromisoformat(start), end=time.fromisoformat(end))


def anchor(text: str, previous: str | None) -> Anchor:
    """Read an anchor as authors write it."""
    kind, _, name = text.partition(" ")
    if kind in ("date", "event"):
        return Anchor.model_validate({"kind": kind, "name": name})
    subject, _, moment = text.rpartition(".")
    if text == "journey.started" or (subject == "previous" and previous is None):
        return Anchor(kind="started")
    if subject == "previous":
        return Anchor(kind="delivered" if moment == "delivered" else "passed", name=previous)
    if subject:
        return Anchor.model_validate({"kind": moment, "name": subject})
    return Anchor(kind="fixed", on=date.fromisoformat(text))


def step(name: str, after: str = "previous.completed", offset: str = "0", **fields: Any) -> dict[str, Any]:
    """One step, its words as an author would write them."""
    return {"id": name, "after": after, "offset": offset, **fields}


def pathway(*steps: dict[str, Any], **fields: Any) -> Structure:
    """A published pathway of these steps; no quiet hours unless given."""
    quiet = fields.pop("quiet", None)
    built, previous = [], None
    for one in steps:
        built.append(_built(dict(one), previous))
        previous = one["id"]
    fields = {"zone": "Europe/London", **fields}
    return Structure(pathway="course", version=1, steps=tuple(built), quiet_hours=window(quiet) if quiet else None, **fields)


def added(words: dict[str, Any], after: str) -> AddStep:
    """A step of one client's own behind another, as the front door compiles it."""
    return AddStep.model_validate({"step": pathway(step(after), words).steps[1], "after": after})


def _built(words: dict[str, Any], previous: str | None) -> StepStructure:
    timing = {key: words.pop(key) for key in _TIMING if key in words}
    if "between" in timing:
        timing["between"] = window(timing["between"])
    timing |= {"anchor": anchor(words.pop("after"), previous), "offset": words.pop("offset")}
    if "on" in timing:
        timing["on"] = tuple(timing["on"].split())
    facts = words.pop("facts", {})
    if "when" in words:
        words["when"] = compile_condition(words["when"], facts)
    match words.get("needs"):
        case str() as source:
            words["needs"] = Needs(condition=compile_condition(source, facts))
        case (int() as count, names):
            words["needs"] = Needs(of=tuple(names), count=count)
        case list() as names:
            words["needs"] = Needs(of=tuple(names), count=len(names))
    if "repeat" in words:
        words["repeat"] = Repeat.model_validate(words["repeat"])
    if "escalation" in words:
        words["escalation"] = tuple(Rung.model_validate(rung) for rung in words["escalation"])
    return StepStructure.model_validate({"type": "message", "timing": Timing.model_validate(timing), **words})


class Run:
    """One client on one pathway. `now` is local to the zone the run was made in."""

    def __init__(
        self,
        *steps: dict[str, Any],
        start: str = "2026-03-02 09:00",
        client_zone: str | None = None,
        client_quiet: str | None = None,
        dates: dict[str, date | datetime] | None = None,
        checked: bool = True,
        **fields: Any,
    ) -> None:
        self.structure = pathway(*steps, **fields)
        self._checked = checked
        self.local = zone_of(client_zone or self.structure.zone)
        self.now = self.instant(start)
        self.events: list[Event] = []
        self.effects: list[Notify | Perform] = []
        self._ids = 0
        self._view = JourneyView()
        facts = StartFacts.model_validate(
            {"journey": "j", "tenant": "t", "client": "c", "zone": client_zone, "dates": dates or {}}
            | ({"quiet_hours": window(client_quiet)} if client_quiet else {})
        )
        self.turn = self._adopt(begin(self.structure, facts, self.now))

    # Time

    def instant(self, text: str | datetime) -> datetime:
        """Read `2026-03-02 09:00` as a local time of this run; an aware time stays what it is."""
        if isinstance(text, datetime):
            return text
        return datetime.fromisoformat(text).replace(tzinfo=self.local).astimezone(UTC)

    def shown(self, instant: datetime | None) -> str | None:
        """An instant as a clock on the client's wall shows it."""
        if instant is None:
            return None
        local = instant.astimezone(self.local)
        return f"{local:%Y-%m-%d %H:%M:%S}".removesuffix(":00")

    def until(self, text: str | datetime) -> "Run":
        """Let time pass, waking exactly when the plan asks for it."""
        to = self.instant(text)
        while self.turn.wake_at is not None and self.turn.wake_at <= to:
            self.now = max(self.now, self.turn.wake_at)
            self.send(Tick(id=self._id()))
        self.now = to
        return self

    def outage(self, text: str | datetime) -> "Run":
        """Let time pass without anybody waking, then tick once."""
        self.now = self.instant(text)
        self.send(Tick(id=self._id()))
        return self

    # Messages

    def change(self, deviation: Any, by: Role = "practitioner") -> Answer:
        return self.send(ChangePlan(id=self._id(), by=By(role=by), deviation=deviation, reason="agreed"))

    def migrate(self, *steps: dict[str, Any], version: int = 2, expects: int | None = None, **mapping: Any) -> Answer:
        """Go on by another version, of these steps."""
        new = pathway(*steps, zone=self.structure.zone).model_copy(update={"version": version})
        structure = Structure.model_validate(new.model_dump())
        facts = {"structure": structure, "mapping": Mapping.model_validate(mapping), "reason": "a better version"}
        return self.send(Migrate(id=self._id(), by=By(role="practitioner"), expects=expects, **facts))

    def send(self, message: Any) -> Answer:
        """Send any message now."""
        if not self._checked:
            return self._adopt(advance(self.structure, self.journey, message, self.now), before=self.journey).answer
        structure = Structure.model_validate_json(self.structure.model_dump_json())
        journey = Journey.model_validate_json(self.turn.journey.model_dump_json())
        assert structure == self.structure
        assert journey == self.turn.journey
        return self._adopt(advance(structure, journey, message, self.now), before=journey).answer

    def respond(self, name: str, response: str = "r", by: Role = "client", **outcome: Any) -> Answer:
        return self.send(
            Respond(id=self._id(), by=By(role=by), occurrence=_full(name), response_id=f"{name}-{response}", outcome=outcome)
        )

    def open(self, name: str) -> Answer:
        return self.send(OpenStep(id=self._id(), by=By(role="client"), occurrence=_full(name)))

    def skip(self, name: str, by: Role = "client") -> Answer:
        return self.send(SkipStep(id=self._id(), by=By(role=by), occurrence=_full(name)))

    def snooze(self, name: str, until: str) -> Answer:
        return self.send(
            SnoozeReminders(id=self._id(), by=By(role="client"), occurrence=_full(name), until=self.instant(until))
        )

    def excuse(self, name: str, by: Role = "practitioner") -> Answer:
        return self.send(ExcuseStep(id=self._id(), by=By(role=by), occurrence=_full(name), reason="agreed"))

    def release(self, name: str, by: Role = "practitioner") -> Answer:
        return self.send(ReleaseStep(id=self._id(), by=By(role=by), occurrence=_full(name), reason="agreed"))

    def extend(self, name: str, until: str, by: Role = "practitioner") -> Answer:
        return self.send(
            ExtendStep(id=self._id(), by=By(role=by), occurrence=_full(name), until=self.instant(until), reason="agreed")
        )

    def reopen(self, name: str, by: Role = "practitioner") -> Answer:
        return self.send(ReopenStep(id=self._id(), by=By(role=by), occurrence=_full(name), reason="agreed"))

    def remind(self, name: str, by: Role = "practitioner") -> Answer:
        return self.send(RemindNow(id=self._id(), by=By(role=by), occurrence=_full(name)))

    def pause(self, mode: str = "freeze") -> Answer:
        return self.send(
            PauseJourney.model_validate({"id": self._id(), "by": By(role="practitioner"), "mode": mode, "reason": "holiday"})
        )

    def resume(self) -> Answer:
        return self.send(ResumeJourney(id=self._id(), by=By(role="practitioner")))

    def stop(self, by: Role = "practitioner") -> Answer:
        return self.send(StopJourney(id=self._id(), by=By(role=by), reason="moved away"))

    def set_date(self, name: str, value: str | date | None) -> Answer:
        known = date.fromisoformat(value) if isinstance(value, str) else value
        return self.send(SetDate(id=self._id(), name=name, value=known))

    def facts(self, zone: str | None = None, quiet: str | None = None) -> Answer:
        hours = window(quiet) if quiet and quiet != "pathway" else quiet
        return self.send(SetClientFacts.model_validate({"id": self._id(), "zone": zone, "quiet_hours": hours}))

    def host_event(self, name: str) -> Answer:
        return self.send(HostEvent(id=self._id(), name=name))

    # What came of it

    @property
    def journey(self) -> Journey:
        return self.turn.journey

    @property
    def status(self) -> str:
        return self.journey.status

    @property
    def plan(self) -> Plan:
        return plan(self.structure, self.journey, self.now)

    def occurrence(self, name: str) -> Occurrence:
        return self.journey.occurrences[_full(name)]

    def state(self, name: str) -> str:
        known = self.journey.occurrences.get(_full(name))
        return known.state if known else "waiting"

    def delivered(self, name: str) -> str | None:
        known = self.journey.occurrences.get(_full(name))
        return self.shown(known.delivered_at) if known else None

    def closes(self, name: str) -> str | None:
        planned = [item.at for item in self.plan.items if item.what == "closing" and item.occurrence == _full(name)]
        return self.shown(planned[0]) if planned else None

    def planned(self, name: str, what: str = "delivery") -> str | None:
        """When something is planned; None: not, or nobody knows when."""
        found = [item.at for item in self.plan.items if item.what == what and item.occurrence == _full(name)]
        return self.shown(found[0]) if found else None

    def waits_for(self, name: str) -> str | None:
        return next(item.waits_for for item in self.plan.items if item.occurrence == _full(name) and item.what == "delivery")

    def reminders(self, name: str | None = None) -> list[str | None]:
        """When reminders went out, of one step or of all."""
        return [
            self.shown(effect.intended_at)
            for effect in self.notes
            if effect.purpose == "reminder" and (name is None or _full(name) in effect.occurrences)
        ]

    def told(self) -> list[tuple[str, str | None]]:
        """Whom anybody but the client was told, and when."""
        return [(one.to, self.shown(one.intended_at)) for one in self.notes if one.to != "client"]

    @property
    def notes(self) -> list[Notify]:
        """Whom anybody was told."""
        return [effect for effect in self.effects if isinstance(effect, Notify)]

    @property
    def asked(self) -> list[Perform]:
        """What was to be done besides telling people."""
        return [effect for effect in self.effects if isinstance(effect, Perform)]

    def done(self, name: str, **outcome: Any) -> Answer:
        """The step's task came to its result."""
        run = self.occurrence(name).runs
        return self.send(TaskDone(id=self._id(), occurrence=_full(name), run=run, outcome=outcome))

    def failed(self, name: str, reason: str = "gave up") -> Answer:
        """The step's task could not be done."""
        return self.send(TaskFailed(id=self._id(), occurrence=_full(name), run=self.occurrence(name).runs, reason=reason))

    def retry(self, name: str) -> Answer:
        return self.send(RetryTask(id=self._id(), by=By(role="operator"), occurrence=_full(name)))

    def type_answered(self, name: str, *, is_there: bool) -> Answer:
        return self.send(StepTypeAnswered(id=self._id(), occurrence=_full(name), is_there=is_there))

    def ask_more(self, name: str, *steps: str) -> Answer:
        """The practitioner's review wants these steps done again."""
        facts = {"occurrence": _full(name), "response_id": f"{name}-{len(self.events)}", "asks_more": steps}
        return self.send(Respond.model_validate({"id": self._id(), "by": By(role="practitioner"), **facts}))

    def risk(self, name: str, alert: str = "alert") -> Answer:
        return self.send(RaiseRisk(id=self._id(), occurrence=_full(name), alert=alert))

    def acknowledge(self, alert: str = "alert", by: Role = "practitioner") -> Answer:
        return self.send(AcknowledgeRisk(id=self._id(), by=By(role=by), alert=alert, reason="called"))

    def happened(self, kind: str) -> list[Any]:
        return [event for event in self.events if event.kind == kind]

    def _id(self) -> MessageId:
        self._ids += 1
        return MessageId(f"m{self._ids}")

    def _adopt(self, turn: Turn, before: Journey | None = None) -> Turn:
        if turn.structure is not None:
            self.structure = turn.structure
        if self._checked:
            check_turn(self.structure, before, turn, self.now)
            self._view = fold(turn.events, self._view)
            assert self._view == view_of(turn.journey)
        self.events.extend(turn.events)
        self.effects.extend(turn.effects)
        assert len({effect.id for effect in self.effects}) == len(self.effects)
        self.turn = turn
        return turn


def check_turn(structure: Structure, before: Journey | None, turn: Turn, now: datetime) -> None:
    """What holds of every turn, whatever the pathway and the message."""
    if not turn.answer.accepted:
        assert turn.journey == before
        assert (turn.events, turn.effects) == ((), ())
        return
    planned = plan(structure, turn.journey, now).wake_at
    if turn.journey == before:  # what is overdue may be held when it is looked at: never waking too late is enough
        assert (turn.wake_at is None) == (planned is None)
        assert turn.wake_at is None or planned is None or turn.wake_at <= planned
    else:
        assert turn.wake_at == planned
        assert turn.wake_at is None or turn.wake_at > turn.journey.seen_at
    assert turn.wake_at is None or turn.wake_at.utcoffset() == timedelta(0)


def _full(name: str) -> OccurrenceId:
    return OccurrenceId(name if "." in name else f"{name}.1")


JOURNEY = JourneyId("j")
