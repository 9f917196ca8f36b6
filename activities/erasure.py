"""Erase: everything of one client, step by step; whoever is killed in between, the next one goes on where the store says."""

from datetime import UTC, datetime
from typing import Any

import structlog
from sqlalchemy.ext.asyncio import AsyncSession
from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.alive import alive
from activities.executions import Executions
from engine.announcements import CLIENT_DELETED, Announcement
from engine.effects import ERASE, Erase, Erased
from store import audit, erasing, outbox
from store.database import Database
from store.erasing import Whose
from store.tables import AuditRow, ErasureRow
from store.turns import take_turn

_log = structlog.get_logger("stepwell.erasure")


class Erasing:
    """Deletes clients. Each stage is safe to repeat."""

    def __init__(self, database: Database, executions: Executions) -> None:
        self._database = database
        self._executions = executions

    @activity.defn(name=ERASE)
    async def erase(self, wanted: Erase) -> Erased:
        """Go on from the stage that the store says, up to the next that has to wait."""
        async with alive():
            erasure = await self._erasure(wanted)
            while erasure.stage not in ("erased", "finished"):
                match erasure.stage:
                    case "ending":
                        await self._end(erasure)
                    case "executions":
                        await self._erase_executions(erasure)
                    case _:
                        await self._erase_rows(erasure)
                erasure = await self._erasure(wanted)
            if wanted.again and erasure.stage == "erased":
                await self._look_again(erasure)
            return Erased()

    async def _erasure(self, wanted: Erase) -> ErasureRow:
        async with self._database.of(wanted.tenant).read() as session:
            row = await erasing.get(session, wanted.tenant, wanted.erasure)
        if row is None:
            raise ApplicationError(f"the deletion {wanted.erasure} is not in the store", type="NoErasure", non_retryable=True)
        return row

    async def _end(self, erasure: ErasureRow) -> None:
        """End everything that moves, before anything is deleted: the client is to be left alone at once."""
        names = await self._names(erasure)
        for name in names:
            await self._executions.end(name)
        await self._go_on(erasure, "executions", names)

    async def _erase_executions(self, erasure: ErasureRow) -> None:
        names = await self._names(erasure)  # an alarm may have been started by whoever was just taking an answer
        ended = await self._executions.erase(*names)
        await self._go_on(erasure, "rows", names, ended)

    async def _names(self, erasure: ErasureRow) -> list[str]:
        async with self._database.of(erasure.tenant).read() as session:
            found = await erasing.executions(session, _whose(erasure))
        return sorted({*erasure.executions, *found})

    async def _erase_rows(self, erasure: ErasureRow) -> None:
        whose = _whose(erasure)
        while True:
            async with self._database.of(erasure.tenant).begin() as session:
                deleted = await erasing.delete_some(session, whose)
                await self._add(session, erasure, rows=deleted)
            if not deleted:
                break
        await self._rest(erasure, whose)

    async def _go_on(self, erasure: ErasureRow, stage: str, names: list[str], ended: int = 0) -> None:
        async with self._database.of(erasure.tenant).begin() as session:
            await self._add(session, erasure, stage=stage, executions=names, ended=ended)

    async def _add(
        self, session: AsyncSession, erasure: ErasureRow, *, rows: int = 0, ended: int = 0, **changes: Any
    ) -> ErasureRow:
        row = await erasing.get(session, erasure.tenant, erasure.id)
        assert row is not None, "receipts are never deleted"
        row.rows += rows
        row.ended += ended
        for name, value in changes.items():
            setattr(row, name, value)
        session.add(row)
        return row

    async def _rest(self, erasure: ErasureRow, whose: Whose) -> None:
        """What everything hung on, the receipt and the last event about them: all of it or nothing."""
        now = datetime.now(UTC)
        async with self._database.of(erasure.tenant).begin() as session:
            await take_turn(session, "client", whose.tenant, whose.client)
            late = sorted({*erasure.executions, *await erasing.executions(session, whose)})
            await take_turn(session, "audit", whose.tenant)  # whoever writes about them at this moment comes before
            await erasing.forget_reasons(session, whose)
            deleted = await erasing.delete_rest(session, whose)
            row = await self._add(session, erasure, rows=deleted, stage="erased", erased_at=now, executions=late)
            await self._database.keys.destroy(session, whose.tenant, whose.client)  # last: what was being ended needed it
            await audit.append(session, _receipt(row, now))
            told = Announcement(f"{row.id}/deleted", CLIENT_DELETED.type, now, {"client": whose.client})
            await outbox.append(session, whose.tenant, [told])
        _log.info("client erased", erasure=erasure.id, rows=row.rows, executions=row.ended)

    async def _look_again(self, erasure: ErasureRow) -> None:
        """Whatever was being started at the very moment: it found nobody, and is deleted as well."""
        ended = await self._executions.erase(*erasure.executions)
        async with self._database.of(erasure.tenant).begin() as session:
            await self._add(session, erasure, ended=ended, stage="finished", executions=[], finished_at=datetime.now(UTC))


def _whose(erasure: ErasureRow) -> Whose:
    return Whose(erasure.tenant, erasure.client)


def _receipt(erasure: ErasureRow, now: datetime) -> AuditRow:
    return AuditRow(
        tenant=erasure.tenant,
        at=now,
        actor=erasure.asked_by,
        action="client deleted",
        object=erasure.client,
        reason=erasure.reason,
        request=erasure.id,
    )
