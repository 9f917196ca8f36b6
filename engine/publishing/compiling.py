"""From a document to structure and content: what is left of an author's words once it is clear what they mean."""

from collections.abc import Mapping
from datetime import date, time
from typing import NamedTuple

from engine.base import StepId
from engine.contents import Contents, StepContent
from engine.document import Deliver, PathwayDocument, Step, WrittenAlerts, WrittenNeeds, WrittenReminders, WrittenWindow
from engine.durations import Offset
from engine.steps import is_built_in
from engine.steptype import AnyStepType, Content
from engine.structure import (
    AlertRung,
    Alerts,
    Anchor,
    Completion,
    Condition,
    Lateness,
    Needs,
    Reminders,
    Repeat,
    Rung,
    StepStructure,
    Structure,
    TimeWindow,
    Timing,
    VariableType,
    Window,
)

USUAL_QUIET_HOURS = TimeWindow(start=time(21), end=time(8))
_USUAL_LADDER = (Rung(after=Offset(days=1)),)


class UnknownAnchor(ValueError):
    """The words after `after:` are no anchor."""


class Understood(NamedTuple):
    """A step with everything that was found out about it while it was checked."""

    step: Step
    type: AnyStepType
    content: Content
    outcomes: Mapping[str, VariableType]
    when: Condition | None
    needs: Condition | None
    ways: tuple[tuple[str, Condition], ...]


def anchor_of(words: str, previous: StepId | None) -> Anchor:
    """Read an anchor (rule T4); raises UnknownAnchor."""
    kind, _, name = words.strip().partition(" ")
    if kind in ("date", "event") and name.strip():
        return Anchor(kind="date" if kind == "date" else "event", name=name.strip())
    subject, _, moment = words.strip().rpartition(".")
    if (subject, moment) == ("journey", "started"):
        return Anchor(kind="started")
    if subject == "previous" and moment in ("delivered", "completed"):
        if previous is None:
            return Anchor(kind="started")
        return Anchor(kind="delivered" if moment == "delivered" else "passed", name=previous)
    if subject and moment in ("delivered", "completed"):
        return Anchor(kind="delivered" if moment == "delivered" else "completed", name=subject)
    try:
        return Anchor(kind="fixed", on=date.fromisoformat(words.strip()))
    except ValueError:
        raise UnknownAnchor(words) from None


def quiet_hours_of(written: WrittenWindow | str | None) -> TimeWindow | None:
    """The pathway's quiet hours; 21:00-08:00 unless it says otherwise (rule T9)."""
    if written is None:
        return USUAL_QUIET_HOURS
    return None if isinstance(written, str) else TimeWindow(start=written.start, end=written.end)


def structure_of(document: PathwayDocument, steps: list[Understood], version: int) -> Structure:
    """When, whether and in what order."""
    previous = [None, *(one.step.step_id for one in steps)]
    return Structure(
        pathway=document.pathway,
        version=version,
        zone=document.zone,
        quiet_hours=quiet_hours_of(document.quiet_hours),
        linger=document.linger,
        release_gap=document.release_gap,
        reminder_cooldown=document.reminder_cooldown,
        missed_in_a_row=document.missed_in_a_row,
        alerts=_alerts(document.alerts) if document.alerts else None,
        steps=tuple(_step_structure(one, before) for one, before in zip(steps, previous, strict=False)),
    )


def _step_structure(one: Understood, previous: StepId | None) -> StepStructure:
    step = one.step
    is_private = step.visibility != "client_and_practitioner"
    completes_on: Completion | None = one.type.completion(one.content)
    return StepStructure(
        id=step.step_id,
        type=one.type.name,
        actor=one.type.actor,
        required=step.required,
        timing=_timing(step.deliver, previous),
        regardless=step.regardless,
        needs=_needs(step, one.needs),
        when=one.when,
        window=Window(**step.window.model_dump()),
        on_expiry=step.on_expiry,
        late=step.late,
        repeat=Repeat(**step.repeat.model_dump()) if step.repeat else None,
        max_lateness=Lateness(over=step.max_lateness.over, then=step.max_lateness.then) if step.max_lateness else None,
        urgent=step.urgent,
        reminders=_reminders(step.reminders) if step.reminders else None,
        escalation=_ladder(step),
        completes_on=completes_on,
        told=one.type.told,
        task=one.type.task(one.content),
        ways=one.ways,
        dates=() if is_private else tuple(one.type.dates(one.content).items()),
        looks_at=tuple(StepId(name) for name in one.type.looks_at(one.content)),
        is_risky=bool(one.type.risks(one.content)),
        is_foreign=not is_built_in(one.type.name),
        revisable=one.type.revisable,
        outcomes=() if is_private else tuple(one.outcomes.items()),
    )


def _timing(deliver: Deliver, previous: StepId | None) -> Timing:
    return Timing(
        anchor=anchor_of(deliver.after, previous),
        offset=deliver.offset,
        at=deliver.at,
        on=deliver.on,
        calendar=deliver.calendar,
        between=TimeWindow(start=deliver.between[0], end=deliver.between[1]) if deliver.between else None,
        past=deliver.past,
    )


def _reminders(written: WrittenReminders) -> Reminders:
    base, _, name = written.base.partition(" ")
    return Reminders.model_validate({**written.model_dump(), "base": base, "date": name or None})


def _alerts(written: WrittenAlerts) -> Alerts:
    ladder = sorted(written.ladder, key=lambda rung: rung.after.roughly)
    rungs = (AlertRung(after=Offset(), to=written.to), *(AlertRung(after=rung.after, to=rung.to) for rung in ladder))
    return Alerts(rungs=rungs, every=written.every)


def _needs(step: Step, condition: Condition | None) -> Needs | None:
    match step.needs:
        case None:
            return None
        case WrittenNeeds() as written:
            return Needs(of=tuple(StepId(name) for name in written.of), count=written.any)
        case str():
            return Needs(condition=condition)
        case names:
            return Needs(of=tuple(StepId(name) for name in names), count=len(names))


def _ladder(step: Step) -> tuple[Rung, ...]:
    """The author's ladder; without one, required steps with reminders tell the practitioner a day later (rule R6)."""
    if step.escalate is not None:
        return tuple(Rung(after=rung.after, to=rung.to, calendar=rung.calendar) for rung in step.escalate)
    return _USUAL_LADDER if step.required and step.reminders else ()


def contents_of(document: PathwayDocument, steps: list[Understood], version: int) -> Contents:
    """What people see."""
    return Contents(
        pathway=document.pathway,
        version=version,
        language=document.language,
        title=document.title,
        client_title=document.client_title,
        practitioner_notes=document.practitioner_notes,
        tags=tuple(f"{facet}:{tag}" for facet in ("function", "audience", "timing") for tag in getattr(document.tags, facet)),
        name_titles_in_mail=document.name_titles_in_mail,
        stages={stage.id: stage.title for stage in document.stages},
        steps={
            one.step.step_id: StepContent(
                type=one.type.name,
                title=one.step.title,
                client_title=one.step.client_title,
                rationale=one.step.rationale,
                instructions=one.step.instructions,
                practitioner_notes=one.step.practitioner_notes,
                kind=one.step.kind,
                effort=one.step.effort,
                stage=one.step.stage,
                visibility=one.step.visibility,
                content=one.content.model_dump(mode="json", by_alias=True, exclude_defaults=True),
            )
            for one in steps
        },
    )
