"""Deleting a client: looked at first, then carried out by a workflow of its own until nothing of theirs is left (rule P4)."""

from typing import get_args

from temporalio.client import Client as Connection
from temporalio.service import RPCError

from engine.base import TenantId
from engine.effects import Erase
from engine.findings import did_you_mean
from stepwell.access import needs
from stepwell.connection import keep_at_work
from stepwell.desk import Desk
from stepwell.errors import NotFound, Refused, Unavailable
from stepwell.models import Deletion, DeletionPreview, DeletionReason
from store import erasing, journeys
from store.erasing import Whose
from store.ids import new_id
from store.tables import ErasureRow
from store.turns import take_turn
from workflows.names import ERASURE


class Deleting(Desk):
    """Delete clients. What is gone does not come back."""

    @needs("admin", "host", "operator")
    async def deletion_preview(self, client: str) -> DeletionPreview:
        """What would go with a client, in numbers. Raises NotFound."""
        await self._client(client)
        whose = Whose(self._tenant, client)
        async with self._database.read() as session:
            rows = await erasing.count(session, whose)
            running = await journeys.count_running(session, whose.tenant, whose.client)
        return DeletionPreview(client=client, journeys=rows.get("journey", 0), running=running, rows=rows)

    @needs("admin", "host", "operator")
    async def delete_client(self, client: str, *, reason: DeletionReason) -> Deletion:
        """Stop everything of a client at once and erase it: answers, messages, events, and what Temporal holds.

        From this call on nothing begins for them and nobody is told anything; `deletion` says how far the rest is. Called
        again it is the same deletion. `reason` is a code, because it is kept. Raises NotFound, Refused, Unavailable: then it
        is decided, and begun as soon as that is possible.
        """
        if reason not in get_args(DeletionReason):
            advice = did_you_mean(reason, get_args(DeletionReason))
            raise Refused("unknown_reason", "P4", f"{reason!r} is no reason that can be kept: {advice}")
        row = await self._mark(Whose(self._tenant, client), reason)
        await engage(self._connection, row)
        return await self.deletion(row.id)

    @needs("admin", "host", "operator")
    async def deletion(self, deletion: str) -> Deletion:
        """How far a deletion is. Raises NotFound."""
        async with self._database.read() as session:
            row = await erasing.get(session, self._tenant, deletion)
        if row is None:
            raise NotFound(f"there is no deletion {deletion}")
        return deletion_from(row)

    @needs("admin", "host", "operator")
    async def deletions(self, *, limit: int = 50) -> list[Deletion]:
        """The latest deletions, the newest first."""
        async with self._database.read() as session:
            return [deletion_from(row) for row in await erasing.find(session, self._tenant, limit=limit)]

    async def _mark(self, whose: Whose, reason: str) -> ErasureRow:
        """Decide it, in one transaction: whoever enters the client at this moment came before, or is refused."""
        async with self._database.begin() as session:
            await take_turn(session, "client", whose.tenant, whose.client)
            known = await erasing.of_client(session, whose)
            if known is not None and (known.erased_at is None or not await erasing.is_there(session, whose)):
                return known
            client = await self._client_in(session, whose.client)
            now = self._now()
            client.deleting_at = now
            row = ErasureRow(
                id=new_id("era"),
                tenant=whose.tenant,
                client=whose.client,
                reason=reason,
                asked_by=self._caller.name[:100],
                asked_at=now,
                stage="ending",
                executions=[],
            )
            session.add_all((client, row))
            await self._note(session, "deletion of a client begun", row.client, reason)
            return row


async def engage(connection: Connection, erasure: ErasureRow) -> None:
    """Have its workflow at work; one that is finished stays so. Raises Unavailable."""
    if erasure.finished_at is not None:
        return
    work = Erase(tenant=TenantId(erasure.tenant), erasure=erasure.id)
    try:
        await keep_at_work(connection, ERASURE, work, id=erasure.id, tenant=erasure.tenant, summary="deletion")
    except RPCError as error:
        message = f"deletion {erasure.id} is decided, and not begun yet ({error.message}); a worker begins it as soon as it can"
        raise Unavailable(message) from error


def deletion_from(row: ErasureRow) -> Deletion:
    """A stored erasure as people see it."""
    return Deletion.model_validate(row.model_dump(include=set(Deletion.model_fields)))
