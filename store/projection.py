"""The read model of a journey: kept beside its events, rebuilt from them, compared with them."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, and_, delete, or_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from engine.base import OccurrenceId, StepId
from engine.events import Event
from engine.view import JourneyView, OccurrenceView, fold
from store import events, owing
from store.tables import JourneyRow, OccurrenceRow

_UNSETTLED = ("waiting", "open", "started")


async def read(session: AsyncSession, journey: JourneyRow, fresh: Sequence[Event] | None = None) -> JourneyView:
    """The view as the rows tell it; with `fresh`, without those occurrences that these events cannot concern.

    What is settled and holds nothing changes only by its name, or by a migration: a long journey costs no more than a short one.
    """
    query = select(OccurrenceRow).where(OccurrenceRow.journey == journey.id)
    if fresh is not None and not any(event.kind == "journey_migrated" for event in fresh):
        is_named = col(OccurrenceRow.id).in_({name for event in fresh for name in _named(event)})
        query = query.where(or_(is_named, col(OccurrenceRow.holds).is_(True), col(OccurrenceRow.state).in_(_UNSETTLED)))
    rows = (await session.scalars(query)).all()
    return JourneyView.model_validate(
        {
            "status": "active" if journey.status == "starting" else journey.status,
            "started_at": journey.started_at,
            "finished_at": journey.finished_at,
            "zone": journey.zone,
            "dates": journey.dates if journey.seq else {},
            "risks": tuple(journey.risks or ()),
            "version": None if journey.entered_version is None else journey.version,
            "retired": journey.retired or {},
            "renamed": journey.renamed or {},
            "deviations": journey.deviations,
            "seq": journey.seq,
            "occurrences": {row.id: _view(row) for row in rows},
        }
    )


def _named(event: Event) -> tuple[str, ...]:
    name = getattr(event, "occurrence", None)
    return (*getattr(event, "occurrences", ()), *((name,) if name is not None else ()))


def _view(row: OccurrenceRow) -> OccurrenceView:
    return OccurrenceView.model_validate(row.model_dump(exclude={"journey"}))


async def write(
    session: AsyncSession, journey: JourneyRow, old: JourneyView, new: JourneyView, fresh: Sequence[Event] = ()
) -> None:
    """Bring the rows from one view to another; `fresh` are the events between the two."""
    journey.status = new.status if new.seq else "starting"
    journey.held = new.is_held
    journey.zone = new.zone
    if new.seq:  # until it has started, its dates are what it is to start with
        journey.dates = {name: value.isoformat() for name, value in new.dates.items()}
    journey.risks = list(new.risks) or None
    if new.version is not None:
        journey.entered_version = journey.entered_version or journey.version
        journey.version = new.version
    journey.retired = {str(step): version for step, version in new.retired.items()} or None
    journey.renamed = {str(old): str(now) for old, now in new.renamed.items()} or None
    journey.deviations = new.deviations
    journey.started_at = new.started_at
    journey.finished_at = new.finished_at
    journey.owed_since = owing.owed_since(new, await owing.owed_steps(session, journey))
    journey.failed_at = owing.failed_at(fresh, journey.failed_at)
    journey.seq = new.seq
    session.add(journey)
    for name in old.occurrences:
        if name not in new.occurrences:  # it has another name now
            await session.execute(delete(OccurrenceRow).where(_is(journey.id, name)))
    for name, occurrence in new.occurrences.items():
        if old.occurrences.get(name) != occurrence:
            await session.merge(OccurrenceRow(journey=journey.id, **occurrence.model_dump()))
    await session.flush()


def _is(journey: str, occurrence: OccurrenceId) -> ColumnElement[bool]:
    return and_(col(OccurrenceRow.journey) == journey, col(OccurrenceRow.id) == occurrence)


async def rebuild(session: AsyncSession, journey: JourneyRow) -> JourneyView:
    """Throw the rows away and fold them anew from the events; take the journey first."""
    await session.execute(delete(OccurrenceRow).where(col(OccurrenceRow.journey) == journey.id))
    told = await events.read(session, journey.id)
    view = fold(told)
    journey.failed_at = None
    await write(session, journey, JourneyView(), view, told)
    return view


async def standing_differences(session: AsyncSession, journey: JourneyRow, told: list[Event]) -> list[str]:
    """Where the row does not say what lists need to know of these events, in words without content."""
    owed = owing.owed_since(fold(told), await owing.owed_steps(session, journey))
    failed = owing.failed_at(told, None)
    found = [("owed_since", journey.owed_since, owed), ("failed_at", journey.failed_at, failed)]
    return [f"{name}: {kept} against {meant}" for name, kept, meant in found if kept != meant]


def differences(left: JourneyView, right: JourneyView) -> list[str]:
    """Where two views of one journey disagree, in words without content."""
    found = [
        f"{name}: {getattr(left, name)} against {getattr(right, name)}"
        for name in (
            "status",
            "started_at",
            "finished_at",
            "zone",
            "dates",
            "risks",
            "version",
            "retired",
            "renamed",
            "deviations",
            "seq",
        )
        if getattr(left, name) != getattr(right, name)
    ]
    for name in sorted({*left.occurrences, *right.occurrences}):
        one, other = (
            view.occurrences.get(OccurrenceId(name), OccurrenceView(id=OccurrenceId(name), step=StepId("")))
            for view in (left, right)
        )
        found += [
            f"{name}.{field}: {getattr(one, field)} against {getattr(other, field)}"
            for field in OccurrenceView.model_fields
            if field != "step" and getattr(one, field) != getattr(other, field)
        ]
    return found
