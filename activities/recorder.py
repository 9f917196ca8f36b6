"""Record: events into the store and the read model up to them, in one transaction."""

import structlog
from temporalio import activity
from temporalio.exceptions import ApplicationError

from engine.effects import Record, RecordResult
from engine.events import Event
from engine.view import fold
from store import events, journeys, ledger, projection, responses
from store.database import Database

_log = structlog.get_logger("stepwell.record")


class Recorder:
    """Brings what happened to the store. Recording twice is recording once."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @activity.defn(name="record")
    async def record(self, effect: Record) -> RecordResult:
        """Store the events that are not stored yet; a gap before them is refused until it is filled."""
        async with self._database.begin() as session:
            journey = await journeys.get(session, effect.tenant, effect.journey)
            if journey is None:
                raise ApplicationError(f"journey {effect.journey} is not in the store yet", type="UnknownJourney")
            last = await events.last_number(session, journey.id)
            fresh = [event for event in effect.events if event.seq > last]
            if not fresh:
                return RecordResult(seq=last)
            if fresh[0].seq != last + 1:
                raise ApplicationError(f"journey {journey.id}: event {fresh[0].seq} came before event {last + 1}", type="Gap")
            await events.append(session, journey.id, fresh)
            old = await projection.read(session, journey)
            await projection.write(session, journey, old, fold(fresh, old))
            await responses.mark_accepted(session, effect.tenant, _accepted(fresh))
            for event in fresh:
                match event.kind:
                    case "step_started":
                        await ledger.mark(session, journey.id, event.occurrence, seen_at=event.at, acted_at=None)
                    case "step_completed" | "step_skipped":
                        await ledger.mark(session, journey.id, event.occurrence, seen_at=event.at, acted_at=event.at)
        _log.info("recorded", journey=journey.id, first=fresh[0].seq, last=fresh[-1].seq, kinds=[event.kind for event in fresh])
        return RecordResult(seq=fresh[-1].seq)


def _accepted(recorded: list[Event]) -> dict[str, object]:
    """The responses that these events say were accepted, and when."""
    return {
        event.response_id: event.at
        for event in recorded
        if event.kind in ("step_completed", "step_revised") and event.response_id is not None
    }
