"""One action on many journeys: looked at first, then carried out by a workflow of its own."""

from collections import Counter
from collections.abc import Sequence
from typing import Any, get_args

from sqlalchemy.ext.asyncio import AsyncSession
from temporalio.service import RPCError

from engine.base import TenantId
from engine.effects import CarryOut
from engine.journey import PauseMode
from stepwell.access import needs
from stepwell.connection import keep_at_work
from stepwell.desk import plain
from stepwell.errors import NotFound, Refused, Unavailable
from stepwell.models import BulkAction, BulkItem, BulkItemPage, BulkJob, BulkPreview, ItemState, JobAction, JourneyQuery
from stepwell.searching import Searching, line_from
from store import bulk
from store.bulk import Outlook
from store.ids import id_from, new_id
from store.search import Filters, open_counts
from store.search import count as count_journeys
from store.search import find as find_journeys
from store.tables import BulkJobRow
from workflows.names import BULK, CARRY_ON

Target = JourneyQuery | Sequence[str]
"""The journeys of a search, or those of these ids."""
_SHOWN = 10
_MOST_NAMED = 10_000
_A_STATEMENT = 1000
"""Values that every database takes in one statement."""
_WITH_REASON = ("pause", "stop")


class Bulk(Searching):
    """Remind, pause, resume, stop or try again many journeys at once."""

    @needs("journeys:read", "host", "practitioner", "operator")
    async def preview(self, target: Target, action: BulkAction) -> BulkPreview:
        """What the action would come to, as things stand; the journeys themselves decide. Raises NotFound, Refused."""
        chosen = await self._chosen(target)
        refused: Counter[str] = Counter()
        journeys = 0
        async with self._database.read() as session:
            for filters in chosen:
                for one in await bulk.outlook(session, self._tenant, filters):
                    journeys += one.journeys
                    refused[_obstacle(one, action)] += one.journeys
            rows, _ = await find_journeys(session, self._tenant, chosen[0], limit=_SHOWN) if chosen else ([], None)
            opened = await open_counts(session, [row.id for row in rows])
        ready = refused.pop("", 0)
        sample = tuple(line_from(row, opened.get(row.id, 0)) for row in rows)
        return BulkPreview(action=action, journeys=journeys, ready=ready, refused=dict(sorted(refused.items())), sample=sample)

    @needs("journeys:write", "host", "practitioner", "operator")
    async def start_bulk(
        self,
        target: Target,
        action: BulkAction,
        *,
        reason: str = "",
        mode: PauseMode = "freeze",
        request_id: str | None = None,
    ) -> BulkJob:
        """Begin it for the journeys that fit now; what fits later is not of it. Pause and stop want a reason.

        The same `request_id` again is the same job. Raises NotFound, Refused, Unavailable; where the server could not be
        reached the job is kept, and the same call, or `retry_bulk`, begins it.
        """
        why = plain(reason.strip(), "a reason", "G8", 2000)
        if action in _WITH_REASON and not why:
            raise Refused("no_reason", "G8", f"to {action} many journeys needs a reason, as for one")
        return await self._begin_job(target, action, {"reason": why, "mode": mode}, request_id)

    async def _begin_job(self, target: Target, action: JobAction, arguments: dict[str, Any], request_id: str | None) -> BulkJob:
        name = self._job_of(request_id) if request_id else new_id("bulk")
        who = self._starter
        async with self._database.read() as session:
            row = await bulk.get(session, self._tenant, name)
        if row is None:
            chosen = await self._chosen(target)
            row = BulkJobRow(
                id=name,
                tenant=self._tenant,
                action=action,
                arguments=arguments,
                by_role=who[0],
                by_id=who[1],
                created_at=self._now(),
            )
            async with self._database.begin() as session:
                await bulk.add(session, row, chosen)
                await self._note(session, "job begun", row.id)
        await self._carry_on(row)
        return await self.bulk_job(name)

    @needs("journeys:read", "host", "practitioner", "operator")
    async def bulk_jobs(self, *, limit: int = 50) -> list[BulkJob]:
        """The latest jobs, the newest first; a practitioner's own."""
        async with self._database.read() as session:
            rows = await bulk.find(session, self._tenant, by=self._only_theirs, limit=limit)
            counts = await bulk.counts(session, [row.id for row in rows])
        return [_job(row, counts[row.id]) for row in rows]

    @needs("journeys:read", "host", "practitioner", "operator")
    async def bulk_job(self, job: str) -> BulkJob:
        """How far a job is. Raises NotFound."""
        async with self._database.read() as session:
            row = await self._job(session, job)
            return _job(row, (await bulk.counts(session, [job]))[job])

    @needs("journeys:read", "host", "practitioner", "operator")
    async def bulk_items(
        self, job: str, *, state: str | None = None, limit: int = 50, after: str | None = None
    ) -> BulkItemPage:
        """What became of each journey of it, in order of their ids, after one. Raises NotFound."""
        async with self._database.read() as session:
            await self._job(session, job)
            states = (state,) if state else ()
            rows = await bulk.items(session, job, states=states, limit=limit + 1, after=after or "")
        items = tuple(BulkItem.model_validate(row.model_dump(exclude={"job"})) for row in rows[:limit])
        return BulkItemPage(items=items, next=items[-1].journey if len(rows) > limit else None)

    @needs("journeys:write", "host", "practitioner", "operator")
    async def cancel_bulk(self, job: str) -> BulkJob:
        """Begin no more of it; what is done stays done. Raises NotFound."""
        async with self._database.begin() as session:
            row = await self._job(session, job)
            if row.finished_at is None and row.cancelled_at is None:
                row.cancelled_at = self._now()
                session.add(row)
                await self._note(session, "job cancelled", row.id)
        return await self.bulk_job(job)

    @needs("journeys:write", "host", "practitioner", "operator")
    async def retry_bulk(self, job: str) -> BulkJob:
        """Try again what failed, and go on with what was cancelled or could not be begun. Raises NotFound, Unavailable."""
        async with self._database.begin() as session:
            row = await self._job(session, job)
            waiting = await bulk.wait_again(session, row)
            if not waiting:
                await bulk.finish(session, row, self._now())
            await self._note(session, "job resumed", row.id)
        if waiting:
            await self._carry_on(row)
        return await self.bulk_job(job)

    async def _carry_on(self, job: BulkJobRow) -> None:
        """Have its workflow do what waits; where that is about to end, the signal keeps it."""
        try:
            work = CarryOut(tenant=TenantId(job.tenant), job=job.id)
            await keep_at_work(self._connection, BULK, work, id=job.id, tenant=job.tenant, summary=job.action, signal=CARRY_ON)
        except RPCError as error:
            raise Unavailable("the journeys are kept, but nothing is begun: Temporal does not answer; try it again") from error

    async def _chosen(self, target: Target) -> list[Filters]:
        """What to look for, in as many questions as the databases need. Raises NotFound where an id is nobody's."""
        if isinstance(target, JourneyQuery):
            return [await self._filters(target)]
        named = sorted({plain(one, "a journey's id", "G8", 64) for one in target})
        if len(named) > _MOST_NAMED:
            raise Refused("too_many", "G8", f"{_MOST_NAMED} journeys at most can be named; search for them instead")
        chosen = [
            Filters(among=named[at : at + _A_STATEMENT], also=self._practitioner) for at in range(0, len(named), _A_STATEMENT)
        ]
        async with self._database.read() as session:
            found = [await count_journeys(session, self._tenant, one, most=_A_STATEMENT) for one in chosen]
        if sum(found) < len(named):
            raise NotFound(f"{len(named) - sum(found)} of these journeys are not there")
        return chosen

    def _job_of(self, request_id: str) -> str:
        """The id of the job that this request of the caller's begins."""
        return id_from("bulk", self._tenant, self._caller.name, request_id)

    async def _job(self, session: AsyncSession, job: str) -> BulkJobRow:
        row = await bulk.get(session, self._tenant, job)
        if row is None or self._only_theirs not in (None, (row.by_role, row.by_id)):
            raise NotFound(f"there is no job {job}")
        return row

    @property
    def _starter(self) -> tuple[str, str | None]:
        """Who begins a job; whoever runs the process is an operator without a name."""
        return ("operator", None) if self._caller.kind == "process" else (self._caller.kind, self._caller.id)

    @property
    def _only_theirs(self) -> tuple[str, str | None] | None:
        """Whose jobs alone the caller sees; None: everybody's."""
        return self._starter if self._caller.kind == "practitioner" else None


def _obstacle(one: Outlook, action: BulkAction) -> str:
    """Why the action would be refused, by the code that the journey itself would give; empty: it would not."""
    if one.status == "starting":
        return "not_started"
    if one.status in ("stopped", "ended") or (one.status == "completed" and not one.has_open):
        return "journey_over"
    match action:
        case "stop":
            return ""
        case "resume":
            return "" if one.status == "paused" else "not_paused"
        case "pause":
            return "" if one.status == "active" else "not_active"
        case "remind":
            reasons = {"paused": "paused", "completed": "journey_completed"}
            return reasons.get(one.status, "") if one.has_open else "not_open"
        case "retry":
            return "" if one.has_held else "no_task"


def _job(row: BulkJobRow, counts: dict[str, int]) -> BulkJob:
    known = row.model_dump(include={"id", "action", "by_role", "by_id", "created_at", "cancelled_at", "finished_at"})
    states = {one: counts.get(one, 0) for one in get_args(ItemState)}
    arguments = {"reason": row.arguments.get("reason") or None, "to_version": row.arguments.get("to")}
    arguments["date_name"] = row.arguments.get("name")
    return BulkJob.model_validate({**known, **states, **arguments})
