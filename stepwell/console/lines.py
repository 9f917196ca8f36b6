"""One journey as a person reads it: what the store knows and what the journey plans, put together line by line."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from engine.base import StepId
from engine.events import Event, Reason
from engine.mails_ahead import MailAhead
from engine.publishing import Published
from engine.turn import Planned
from engine.words import in_language
from stepwell.console.timeline import Span
from stepwell.console.words import STATES, because, told, when
from stepwell.models import Forecast, OccurrenceSummary, Sent

_SETTLED_BY = (
    "step_not_applicable",
    "step_expired",
    "step_abandoned",
    "step_excused",
    "step_skipped",
    "step_cancelled",
    "step_completed",
)
_HELD_BY = ("task_held", "step_type_missed", "step_parked", "review_returned", "more_asked")


@dataclass
class Line:
    """One occurrence, from when it is first heard of to its end."""

    id: str
    step: str
    title: str
    type: str
    state: str
    is_required: bool
    actor: str
    visibility: str
    is_there: bool
    """Whether the store knows of it; otherwise it is planned."""
    holds: bool = False
    late: bool = False
    at: datetime | None = None
    """When it was delivered, or is to be."""
    is_certain: bool = True
    settled_at: datetime | None = None
    why: str = ""
    """Why it comes when it comes."""
    became: str = ""
    """What made its state what it is, in words."""
    waits_for: str = ""
    held_up_by: str = ""
    """The steps before it that have to be done first."""
    closes_at: datetime | None = None
    reminders: int = 0
    reminded: list[datetime] = field(default_factory=list)
    coming: list[datetime] = field(default_factory=list)
    more: list[Planned] = field(default_factory=list)
    """What else is planned for it."""
    mail: MailAhead | None = None
    """Where the mail about it would be held."""
    reminder_mail: MailAhead | None = None
    """The same of its next reminder."""

    @property
    def actions(self) -> tuple[str, ...]:
        """What an operator may try; the journey itself decides."""
        if not self.is_there:
            return ("release", "excuse", "drop", "shift_step", "move_step") if self.state == "waiting" else ()
        held = ("retry",) if self.holds and self.state in ("open", "started", "waiting") else ()
        match self.state:
            case "open" | "started":
                return (*held, "remind", "extend", "excuse")
            case "waiting":
                return (*held, "release", "excuse")
            case "expired" | "abandoned":
                return ("extend", "reopen", "excuse")
            case "completed" | "skipped" | "excused":
                return ("reopen",)
            case _:
                return ()


def lines(
    occurrences: Iterable[OccurrenceSummary],
    told_so_far: Sequence[Event],
    sent: Sequence[Sent],
    published: Published,
    plan: Forecast | None,
) -> list[Line]:
    """Every occurrence there is or will be: by when it came or comes, what nobody knows the time of last."""
    found = {one.id: _line(one, published) for one in occurrences}
    for event in told_so_far:
        _hear(found, event)
    for message in sent:
        if message.purpose == "reminder" and message.accepted_at:
            for name in message.occurrences:
                if name in found:
                    found[name].reminded.append(message.accepted_at)
    for item in plan.items if plan else ():
        _expect(found, item, published)
    for mail in plan.mails if plan else ():
        _hold_back(found[mail.occurrence], mail)
    _say_who_holds_up(found.values(), published)
    return sorted(found.values(), key=lambda one: (one.at is None, one.at.timestamp() if one.at else 0.0))


def _hold_back(line: Line, mail: MailAhead) -> None:
    if mail.what == "delivery":
        line.mail = mail
    elif line.coming and mail.at == line.coming[0]:
        line.reminder_mail = mail


def _say_who_holds_up(found: Iterable[Line], published: Published) -> None:
    """Name, for what cannot come yet, the steps before it that are not done: the plan says only when it could come."""
    places = {step.id: place for place, step in enumerate(published.structure.steps)}
    undone = [one for one in found if one.is_there and one.is_required and (one.holds or one.state in ("open", "started"))]
    for line in found:
        if line.is_there or line.is_certain or line.waits_for:
            continue
        before = [one.id for one in undone if places.get(StepId(one.step), 0) < places.get(StepId(line.step), 0)]
        line.held_up_by = ", ".join(before)


def unreached(found: Iterable[Line], published: Published) -> list[Line]:
    """The steps that nothing is known of yet; for when the journey itself cannot be asked."""
    known = {line.step for line in found}
    return [_blank(f"{step.id}.1", step.id, published) for step in published.structure.steps if step.id not in known]


def spans(found: Iterable[Line], zone: str) -> list[Span]:
    """The same for the picture."""
    return [
        Span(
            occurrence=line.id,
            title=line.title or line.step,
            state="holds" if line.holds else line.state,
            sign=STATES[line.state][0],
            words=_sentence(line, zone),
            begins=line.at or line.settled_at,
            ends=line.settled_at,
            closes_at=line.closes_at,
            reminded=tuple(line.reminded),
            coming=tuple(line.coming),
            is_certain=line.is_certain,
        )
        for line in found
    ]


def _sentence(line: Line, zone: str) -> str:
    # what is read aloud begins as what is seen does: whoever speaks to their machine says what they see
    seen = f"{line.title or line.step}{'' if line.at or line.settled_at else ', nobody knows when yet'}"
    head = f"{seen} ({line.id}): {'held, ' if line.holds else ''}{STATES[line.state][1]}"
    if line.waits_for:
        return f"{head}, waits for {line.waits_for}"
    if not line.is_there:
        return f"{head}, {'comes' if line.is_certain else 'comes at the earliest'} {when(line.at, zone)}"
    parts = [head]
    if line.at:
        parts.append(f"delivered {when(line.at, zone)}")
    if line.settled_at:
        parts.append(f"settled {when(line.settled_at, zone)}{', late' if line.late else ''}")
    elif line.closes_at:
        parts.append(f"closes {when(line.closes_at, zone)}")
    if line.reminders:
        parts.append(f"{line.reminders} reminder{'s' if line.reminders > 1 else ''} sent")
    return ", ".join(parts)


def _blank(name: str, step: str, published: Published) -> Line:
    structure, shown = published.structure.by_id.get(StepId(step)), published.contents.steps.get(StepId(step))
    language = published.contents.language
    return Line(
        id=name,
        step=step,
        title=in_language(shown.title, language, language) if shown and shown.title else "",
        type=shown.type if shown else "",
        state="waiting",
        is_required=structure.required if structure else False,
        actor=structure.actor if structure else "",
        visibility=shown.visibility if shown else "",
        is_there=False,
    )


def _line(one: OccurrenceSummary, published: Published) -> Line:
    line = _blank(one.id, one.step, published)
    line.title = one.title  # as it was opened or answered, where it was
    line.is_there, line.state, line.holds, line.late = True, one.state, one.holds, one.late
    line.at, line.settled_at, line.reminders = one.delivered_at, one.settled_at, one.reminders
    return line


def _hear(found: Mapping[str, Line], event: Event) -> None:
    line = found.get(getattr(event, "occurrence", ""))
    if line is None:
        return
    reason: Reason | str | None = getattr(event, "reason", None)
    if isinstance(reason, Reason):
        line.why = because(reason)
    if hasattr(event, "closes_at"):
        line.closes_at = event.closes_at
    if event.kind == "step_extended":
        line.closes_at = event.until
    if event.kind in (*_SETTLED_BY, *_HELD_BY, "step_reopened", "step_released", "step_extended"):
        line.became = told(event)


def _expect(found: dict[str, Line], item: Planned, published: Published) -> None:
    line = found.get(item.occurrence)
    match item.what:
        case "delivery":
            if line is None:
                line = found[item.occurrence] = _blank(item.occurrence, item.step, published)
            line.at, line.is_certain = line.at or item.at, item.certain
            line.why = because(item.reason)
            line.waits_for = item.waits_for or ""
        case "reminder" if line is not None and item.at:
            line.coming.append(item.at)
        case "closing" if line is not None:
            line.closes_at = item.at
        case _ if line is not None:
            line.more.append(item)
