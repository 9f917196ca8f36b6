"""Record: events into the store, the read model up to them, and what hosts hear of them, in one transaction."""

from datetime import UTC, datetime

import structlog
from sqlalchemy.ext.asyncio import AsyncSession
from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.alive import alive
from activities.counts import UNCOUNTED, Counts
from engine.announcements import announce
from engine.effects import Record, RecordResult
from engine.events import Event
from engine.view import fold
from store import events, journeys, ledger, outbox, projection, renames, responses
from store.database import Database

_log = structlog.get_logger("stepwell.record")


class Recorder:
    """Brings what happened to the store. Recording twice is recording once."""

    def __init__(self, database: Database, counts: Counts = UNCOUNTED) -> None:
        self._database = database
        self._counts = counts

    @activity.defn(name="record")
    async def record(self, effect: Record) -> RecordResult:
        """Store the events that are not stored yet; a gap before them is refused until it is filled."""
        async with alive():
            return await self.keep(effect)

    async def keep(self, effect: Record) -> RecordResult:
        """The same for whoever is no activity. Raises ApplicationError for a gap, or where the journey is not in the store."""
        async with self._database.of(effect.tenant).begin() as session:
            # alone: a recording given up as lost may still be at work beside its own retry
            journey = await journeys.take(session, effect.tenant, effect.journey)
            if journey is None:
                raise ApplicationError(f"journey {effect.journey} is not in the store yet", type="UnknownJourney")
            last = await events.last_number(session, journey.id)
            fresh = [event for event in effect.events if event.seq > last]
            if not fresh:
                return RecordResult(seq=last)
            if fresh[0].seq != last + 1:
                raise ApplicationError(f"journey {journey.id}: event {fresh[0].seq} came before event {last + 1}", type="Gap")
            await events.append(session, journey.id, fresh)
            old = await projection.read(session, journey, fresh)
            await projection.write(session, journey, old, fold(fresh, old), fresh)
            for event in fresh:
                if event.kind == "journey_migrated":
                    await renames.rename(session, journey.id, event.renamed)
                elif event.kind == "step_completed" and event.response_id and journey.entered_version is not None:
                    await responses.place(session, effect.tenant, event.response_id, event.occurrence)
            await responses.mark_accepted(session, effect.tenant, _accepted(fresh))
            for event in fresh:
                await _mark_ledger(session, journey.id, event)
            whose = outbox.about(journey)
            await outbox.append(session, effect.tenant, [announce(event, journey.id, whose) for event in fresh])
        self._counts.recorded(fresh, datetime.now(UTC))
        _log.info("recorded", journey=effect.journey, first=fresh[0].seq, last=fresh[-1].seq, kinds=[one.kind for one in fresh])
        return RecordResult(seq=fresh[-1].seq)


async def _mark_ledger(session: AsyncSession, journey: str, event: Event) -> None:
    """Note in the ledger that somebody saw or did what messages had told them of (rule N2)."""
    if event.kind not in ("step_started", "step_completed", "step_skipped") or event.by.role == "engine":
        return
    who = "practitioner" if event.by.role == "practitioner" else "client"  # a host speaks for the client
    acted_at = None if event.kind == "step_started" else event.at
    await ledger.mark(session, journey, event.occurrence, recipient=who, seen_at=event.at, acted_at=acted_at)


def _accepted(recorded: list[Event]) -> dict[str, datetime]:
    """The responses that these events say were accepted, and when."""
    return {
        event.response_id: event.at
        for event in recorded
        if event.kind in ("step_completed", "step_revised", "more_asked") and event.response_id is not None
    }
