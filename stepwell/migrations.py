"""Moving many journeys to another version: each is looked at first, then all of them go, or these, or none (rule E1)."""

from collections.abc import Sequence

from activities.bulk import Outcome
from engine.mapping import Mapping
from stepwell.access import needs
from stepwell.bulk import Bulk, Target
from stepwell.desk import plain
from stepwell.errors import Refused
from stepwell.models import BulkJob, MigrationDifference
from stepwell.moving import Moving
from store import bulk
from store.ids import id_from
from store.tables import BulkItemRow, BulkJobRow

_TRIES = 10
"""How often a journey may move on between the looking and the doing, before it waits for its turn again."""
_A_STATEMENT = 1000


class Migrations(Bulk):
    """Propose a migration of many journeys, and carry it out for those that somebody chose."""

    @needs("journeys:write", "practitioner", "operator")
    async def propose_migration(
        self, target: Target, to: int, *, mapping: Mapping | None = None, reason: str, request_id: str | None = None
    ) -> BulkJob:
        """Look at what the migration comes to for each of these journeys. Nothing is moved before `apply_migration`.

        Each journey gets its own difference, to be read by `bulk_items`. The same `request_id` again is the same proposal.
        Raises Refused without a reason, NotFound for journeys that are not there.
        """
        why = plain(reason.strip(), "a reason", "E1", 2000)
        if not why:
            raise Refused("no_reason", "E1", "say why they move; the reason is kept in each journey's history")
        arguments = {"reason": why, "to": to, "mapping": (mapping or Mapping()).model_dump(mode="json")}
        return await self._begin_job(target, "migrate", arguments, request_id)

    @needs("journeys:write", "practitioner", "operator")
    async def apply_migration(self, job: str, journeys: Sequence[str] | None = None) -> BulkJob:
        """Move all journeys that are ready, or these. One that has moved on so that it would come to something else is
        shown anew and waits to be chosen again. Raises NotFound, Refused.
        """
        async with self._database.begin() as session:
            row = await self._migration_job(await self._job(session, job))
            if journeys is None:
                await bulk.choose(session, row.id, None)
            named = sorted(set(journeys or ()))
            for at in range(0, len(named), _A_STATEMENT):
                await bulk.choose(session, row.id, named[at : at + _A_STATEMENT])
            row.finished_at = row.cancelled_at = None
            is_finished = await bulk.finish(session, row, self._now())
            await self._note(session, "migration applied", row.id)
        if not is_finished:
            await self._carry_on(row)
        return await self.bulk_job(job)

    @needs("journeys:write", "practitioner", "operator")
    async def leave_migration(self, job: str) -> BulkJob:
        """Leave every journey as it is that nobody has chosen. Raises NotFound, Refused."""
        async with self._database.begin() as session:
            row = await self._migration_job(await self._job(session, job))
            await bulk.leave(session, row.id)
            await self._note(session, "migration left", row.id)
        return await self.bulk_job(job)

    async def _migration_job(self, row: BulkJobRow) -> BulkJobRow:
        if row.action != "migrate":
            raise Refused("no_migration", "E1", f"{row.id} is no migration; only those wait for somebody to choose")
        return row


async def migrate_one(moving: Moving, job: BulkJobRow, item: BulkItemRow) -> Outcome:
    """Look at one journey of a migration, or move it where somebody has chosen it. Safe to repeat."""
    mapping, to = Mapping.model_validate(job.arguments["mapping"]), int(job.arguments["to"])
    if item.state == bulk.WAITING:
        return _looked_at(await moving.migration(item.journey, to, mapping))
    agreed = MigrationDifference.model_validate(item.difference)
    seen = agreed
    for _ in range(_TRIES):
        try:
            await moving.migrate(
                item.journey,
                to,
                mapping=mapping,
                reason=job.arguments["reason"],
                expects=seen.seq,
                # another id for another look: what was refused once under an id stays refused
                message_id=id_from("bulk", job.id, item.journey, f"{seen.seq}"),
            )
            return Outcome("done", difference=seen.model_dump(mode="json"))
        except Refused as refused:
            if refused.code == "same_version":  # by this job, before whoever carried it out could say so
                return Outcome("done", difference=seen.model_dump(mode="json"))
            if refused.code != "moved_on":
                raise
        seen = await moving.migration(item.journey, to, mapping)
        if seen.code == "same_version":
            return Outcome("done", difference=agreed.model_dump(mode="json"))
        if seen.substance != agreed.substance:
            return _looked_at(seen, "it has moved on and would come to something else now; look at it again")
    return _looked_at(seen, "it moves on faster than it can be looked at; choose it again")


def _looked_at(found: MigrationDifference, message: str | None = None) -> Outcome:
    if not found.accepted:
        return Outcome("refused", found.message[:500], found.model_dump(mode="json"))
    return Outcome("ready", message, found.model_dump(mode="json"))
