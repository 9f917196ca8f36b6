"""What a journey's row says for lists: since when its client owes something, and when something last failed."""

from collections.abc import Iterable, Set
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import select

from engine.events import Event
from engine.view import JourneyView, OccurrenceView
from store.tables import AddedStepRow, JourneyRow, PathwayVersionRow

FAILURES = frozenset({"task_held", "step_type_missed", "step_parked", "notification_given_up"})
"""Events that say that something could not be carried out."""
_MOST_VERSIONS = 1000
_known: dict[tuple[object, ...], frozenset[str]] = {}


async def owed_steps(session: AsyncSession, journey: JourneyRow) -> frozenset[str]:
    """The required steps that are the client's to do, in the journey's version; read once, since a version never changes."""
    where = session.get_bind().engine.url
    key = (where.host, where.port, where.database, journey.tenant, journey.pathway, journey.version)
    if key not in _known:
        query = select(PathwayVersionRow.structure).where(
            PathwayVersionRow.tenant == journey.tenant,
            PathwayVersionRow.pathway == journey.pathway,
            PathwayVersionRow.number == journey.version,
        )
        structure = await session.scalar(query)
        if structure is None:
            return frozenset()
        if len(_known) >= _MOST_VERSIONS:
            _known.clear()
        steps = structure["steps"]
        _known[key] = frozenset(one["id"] for one in steps if one["required"] and one["actor"] == "client")
    if not journey.deviations:
        return _known[key]
    added = (await session.scalars(select(AddedStepRow).where(AddedStepRow.journey == journey.id))).all()
    own = [row.structure for row in added]
    return _known[key] | {one["id"] for one in own if one["required"] and one["actor"] == "client"}


def owed_since(view: JourneyView, owed: Set[str]) -> datetime | None:
    """When the oldest of the steps that the client still owes was due; None: nothing is, or the journey is over."""
    if view.status not in ("active", "paused"):
        return None
    return min((since for one in view.occurrences.values() if one.step in owed and (since := _open_since(one))), default=None)


def _open_since(one: OccurrenceView) -> datetime | None:
    is_owed = one.state in ("open", "started") or (one.holds and one.state in ("expired", "abandoned"))
    return (one.due_at or one.delivered_at) if is_owed else None


def failed_at(events: Iterable[Event], before: datetime | None) -> datetime | None:
    """When something last could not be carried out, after these events."""
    return max((one.at for one in events if one.kind in FAILURES), default=before)
