"""Events for the store's tests: one of every kind, and whole journeys that the engine really lived."""

import random
from datetime import UTC, date, datetime, timedelta
from typing import Any, get_args

from pydantic import TypeAdapter

from engine.advance import StartFacts, advance, begin
from engine.events import Event, Reason
from engine.messages import By, Message
from engine.structure import Structure, TimeWindow
from engine.view import JourneyView, view_of
from tests.engine.pathways import DATES, DAYS, EVENTS, STARTS, ZONES, made_up

MIDNIGHT = datetime(2026, 10, 25, tzinfo=UTC)
KINDS: tuple[type[Any], ...] = get_args(get_args(Event)[0])
_EVENT: TypeAdapter[Event] = TypeAdapter(Event)
_MESSAGE: TypeAdapter[Message] = TypeAdapter(Message)
_FIELDS: dict[str, Any] = {
    "at": MIDNIGHT,
    "by": By(role="client"),
    "zone": "Asia/Kathmandu",
    "occurrence": "mood.1",
    "step": "mood",
    "due_at": MIDNIGHT,
    "closes_at": MIDNIGHT,
    "until": MIDNIGHT,
    "why": "past — “why” 🙂",
    "response_id": "r1",
    "late": True,
    "obstacle": "no time",
    "holds": True,
    "reason": "agreed",
    "effect": "j/mood.1/reminder/1",
    "occurrences": ("mood.1", "diary.2"),
    "asked": True,
    "to": "supervisor",
    "mode": "freeze",
    "name": "surgery",
    "value": MIDNIGHT,
    "dates": {"surgery": MIDNIGHT},
    "of": ("mood.1",),
    "question": "q1",
    "answer": "a1",
    "activity": "call_host",
    "run": 1,
    "type": "breathing",
    "alert": "alert-1",
    "change": "shift",
    "shifted_by": "3 days",
    "shifted_to": date(2026, 10, 29),
    "after": "walk",
    "from_version": 1,
    "to_version": 2,
    "renamed": {"mood": "phq9"},
    "retired": {"walk": 1},
    "renewed": ("phq9.1",),
    "deviations": 1,
    "content_version": 2,
    "quiet_hours": TimeWindow.model_validate({"start": "00:00", "end": "06:30"}),
}
_PLANNED = Reason(
    anchor="date surgery", anchor_at=MIDNIGHT, offset="-1 day", zone="Europe/London", window="09:00", hold="quiet"
)


def one_of_every_kind() -> list[Event]:
    """Every field filled, every instant at midnight."""
    made = []
    for seq, kind in enumerate(KINDS, 1):
        fields = {name: _FIELDS[name] for name in kind.model_fields if name not in ("seq", "kind")}
        if kind.model_fields.get("reason") and kind.model_fields["reason"].annotation is Reason:
            fields["reason"] = _PLANNED
        made.append(_EVENT.validate_python({"kind": kind.model_fields["kind"].default, "seq": seq, **fields}))
    return made


class Lived:
    """A journey that the engine lives, with everything that happened to it."""

    def __init__(self, structure: Structure, start: str, zone: str | None, dates: dict[str, date]) -> None:
        self.structure = structure
        self.now = datetime.fromisoformat(start).replace(tzinfo=UTC)
        facts = StartFacts.model_validate({"journey": "j", "tenant": "t", "client": "c", "zone": zone, "dates": dates})
        self.turn = begin(structure, facts, self.now)
        self.events: list[Event] = list(self.turn.events)
        self.sent = 0

    @property
    def view(self) -> JourneyView:
        """The journey's own view of itself."""
        return view_of(self.turn.journey)

    def send(self, kind: str, role: str = "host", **fields: Any) -> None:
        """A message now; it may be refused."""
        self.sent += 1
        words = {"kind": kind, "id": f"m{self.sent}", "by": {"role": role}, **fields}
        self.turn = advance(self.structure, self.turn.journey, _MESSAGE.validate_python(words), self.now)
        self.events.extend(self.turn.events)

    def let_pass(self, hours: int) -> None:
        """Let time pass, waking whenever asked."""
        until = self.now + timedelta(hours=hours)
        while self.turn.wake_at is not None and self.turn.wake_at <= until:
            self.now = max(self.now, self.turn.wake_at)
            self.send("tick", "engine")
        self.now = until


def lived(number: int) -> Lived:
    """A made-up journey in which a lot happens: the same one for the same number."""
    dice = random.Random(number)
    pick = dice.choice
    one = Lived(made_up(pick), pick(STARTS), pick((None, *ZONES)), {name: pick(DAYS) for name in DATES})
    for _ in range(60):
        if one.turn.journey.status in ("stopped", "ended"):
            break
        _let_something_happen(one, dice)
    return one


def _let_something_happen(one: Lived, dice: random.Random) -> None:
    pick, operator = dice.choice, "operator"
    some = pick(sorted(one.turn.journey.occurrences) or ["s0.1"])
    match dice.randrange(18):
        case 0 | 1:
            one.send("open_step", "client", occurrence=some)
        case 2:
            one.send("skip_step", "client", occurrence=some)
        case 3:
            one.send("snooze_reminders", "client", occurrence=some, until=one.now + timedelta(hours=30))
        case 4:
            one.send(pick(("excuse_step", "release_step", "reopen_step")), operator, occurrence=some, reason="agreed")
        case 5:
            one.send("extend_step", operator, occurrence=some, reason="agreed", until=one.now + timedelta(hours=50))
        case 6:
            one.send("pause_journey", operator, mode=pick(("freeze", "calendar")), reason="holiday")
        case 7 | 8:
            one.send("resume_journey", operator)
        case 9:
            one.send("set_date", name=pick(DATES), value=pick((None, *DAYS)))
        case 10:
            one.send("set_client_facts", zone=pick(ZONES))
        case 11:
            one.send("host_event", name=pick(EVENTS))
        case 12 | 13 | 14:
            one.send("respond", pick(("client", "client", "practitioner")), occurrence=some, response_id=f"{some}-{one.sent}")
        case 15 if dice.random() < 0.2:
            one.send("stop_journey", operator, reason="moved away")
        case _:
            one.let_pass(pick((3, 12, 30, 80)))
