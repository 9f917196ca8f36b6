"""Take away what has been kept for long enough, class by class; safe to repeat, and to be cut off anywhere."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Protocol

import structlog
from temporalio import activity

from activities.alive import alive
from engine.effects import FORGET, Forgotten
from store import retention
from store.database import Database
from store.erasing import Whose
from store.retention import CLASSES, Keep

_log = structlog.get_logger("stepwell.retention")


class Departures(Protocol):
    """How the deletion of a client is begun. It is safe to repeat."""

    async def begin(self, whose: Whose) -> None:
        """Have them deleted, because they have been kept for long enough."""


class Retention:
    """Looks through the whole store, of all tenants."""

    def __init__(self, database: Database, departures: Departures, keep: Keep) -> None:
        self._database = database.of_every_tenant()
        self._departures = departures
        self._keep = keep

    @activity.defn(name=FORGET)
    async def forget(self) -> Forgotten:
        """Take away everything that is too old by now."""
        async with alive():
            now = datetime.now(UTC)
            rows = {name: await self._rows(name, now) for name in CLASSES}
            clients = await self._clients(now)
        _log.info("retention", clients=clients, **_worded(rows))
        return Forgotten(rows=rows, clients=clients)

    async def _rows(self, name: str, now: datetime) -> int:
        taken = 0
        while True:
            async with self._database.begin() as session:
                some = await retention.forget_some(session, name, self._keep, now)
            taken += some
            if some < retention.A_BATCH:
                return taken

    async def _clients(self, now: datetime) -> int:
        """Begin their deletions; each is carried out by a workflow of its own."""
        if self._keep.clients is None:
            return 0
        begun = 0
        while True:
            async with self._database.read() as session:
                found = await retention.departed(session, now - self._keep.clients)
            for whose in found:
                await self._departures.begin(whose)
            begun += len(found)
            if len(found) < retention.A_BATCH:
                return begun


def _worded(rows: Mapping[str, int]) -> dict[str, int]:
    return {name.replace(" ", "_"): number for name, number in rows.items()}
