"""Groups: couples, families, courses and cohorts, each member on a journey of their own."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import get_args

from sqlalchemy.ext.asyncio import AsyncSession
from temporalio.service import RPCError

from engine.base import TenantId
from engine.effects import StartGroup
from stepwell.access import needs
from stepwell.bulk import Bulk
from stepwell.connection import keep_at_work
from stepwell.desk import plain
from stepwell.errors import NotFound, Refused, Unavailable
from stepwell.models import Again, BulkJob, Group, GroupMember, GroupMemberPage, JourneyQuery, LateJoiners, MemberState, Waves
from stepwell.steering import check_start
from store import bulk, groups, pathways
from store.ids import id_from, new_id
from store.tables import ClientGroupRow
from workflows.names import CARRY_ON, GROUP

_MOST_AT_ONCE = 10_000
_MOST_MEMBERS = 100_000
_MOST_DATES = 50
_FASTEST = 1000.0
_FARTHEST = timedelta(days=3660)
_LONGEST = timedelta(days=366)
_AGAIN = ("reject", "use_existing", "parallel")
"""`restart` would stop journeys: that is asked for one by one."""


class Groups(Bulk):
    """Start many clients on one pathway, in waves and at a bounded rate."""

    @needs("journeys:write", "host", "practitioner")
    async def create_group(
        self,
        name: str,
        pathway: str,
        clients: Sequence[str] = (),
        *,
        version: int | None = None,
        practitioner: str | None = None,
        dates: dict[str, date | datetime] | None = None,
        begins_at: datetime | None = None,
        waves: Waves | None = None,
        late_joiners: LateJoiners = "with_group",
        again: Again = "reject",
        per_second: float = 50,
        request_id: str | None = None,
    ) -> Group:
        """Keep a group on the pathway's version of now, or that one; nobody is started yet.

        The same `request_id` again is the same group. Raises NotFound, Refused.
        """
        named = plain(name.strip(), "a name", "P5", 100)
        check_start(again, dates or {})
        _check_group(named, begins_at, waves, late_joiners, again, per_second)
        if begins_at is not None and begins_at > self._now() + _FARTHEST:
            raise Refused("too_far", "P5", "begins_at: a group begins within ten years")
        async with self._database.read() as session:
            published = await pathways.get(session, self._tenant, pathway, version)
        if published is None:
            which = f" version {version}" if version else ""
            raise NotFound(f"no pathway {pathway}{which} is published; see: stepwell pathway list")
        row = ClientGroupRow(
            id=id_from("grp", self._tenant, self._caller.name, request_id) if request_id else new_id("grp"),
            tenant=self._tenant,
            name=named,
            pathway=pathway,
            version=published.number,
            practitioner=practitioner,
            dates={key: value.isoformat() for key, value in (dates or {}).items()},
            again=again,
            late_joiners=late_joiners,
            wave_size=waves.size if waves else 0,
            wave_seconds=round(waves.every.total_seconds()) if waves else 0,
            per_second=per_second,
            by_role=self._starter[0],
            by_id=self._starter[1],
            created_at=self._now(),
            begins_at=begins_at,
        )
        async with self._database.begin() as session:
            if await groups.get(session, self._tenant, row.id) is None:
                session.add(row)
                await session.flush()
                await self._let_in(session, row, clients)
                await self._note(session, "group made", row.id)
        return await self.group(row.id)

    @needs("journeys:write", "host", "practitioner")
    async def add_members(self, group: str, clients: Sequence[str]) -> Group:
        """Add clients, ten thousand at most in a call; whoever is in it already stays as they are.

        After the start they are late joiners, and begin at once. Raises NotFound, Refused, Unavailable.
        """
        async with self._database.begin() as session:
            row = await self._group(session, group)
            added = await self._let_in(session, row, clients)
            if added and row.started_at is not None and row.cancelled_at is None:
                row.finished_at = None
                session.add(row)
            if added:
                await self._note(session, "members added", row.id)
        # also where nobody is new: a call before this one may have been cut off here
        if row.started_at is not None and row.cancelled_at is None:
            await self._carry_group_on(row)
        return await self.group(group)

    @needs("journeys:write", "host", "practitioner")
    async def start_group(self, group: str) -> Group:
        """Begin the journeys of its members; again it is the same start. Raises NotFound, Refused, Unavailable."""
        async with self._database.begin() as session:
            row = await self._group(session, group)
            if row.cancelled_at is not None:
                raise Refused("group_cancelled", "P5", f"the group {group} is cancelled; retry it to go on")
            if row.started_at is None:
                row.started_at = self._now()
                session.add(row)
                await self._note(session, "group started", row.id)
        await self._carry_group_on(row)
        return await self.group(group)

    @needs("journeys:write", "host", "practitioner", "operator")
    async def cancel_group(self, group: str) -> Group:
        """Start nobody else of it; who is started stays so. Raises NotFound, Unavailable."""
        async with self._database.begin() as session:
            row = await self._group(session, group)
            if row.finished_at is None and row.cancelled_at is None:
                row.cancelled_at = self._now()
                session.add(row)
                await self._note(session, "group cancelled", row.id)
        if row.started_at is not None:
            await self._carry_group_on(row)
        return await self.group(group)

    @needs("journeys:write", "host", "practitioner", "operator")
    async def retry_group(self, group: str) -> Group:
        """Start again whose start failed, and go on with a cancelled group. Raises NotFound, Refused, Unavailable."""
        async with self._database.begin() as session:
            row = await self._group(session, group)
            await groups.wait_again(session, row.id)
            row.cancelled_at = row.finished_at = None
            session.add(row)
            await self._note(session, "group resumed", row.id)
        if row.started_at is not None:
            await self._carry_group_on(row)
        return await self.group(group)

    @needs("journeys:write", "host", "practitioner", "operator")
    async def set_group_date(
        self, group: str, name: str, value: date | datetime | None, *, request_id: str | None = None
    ) -> BulkJob:
        """Keep a date for whoever is still to start, and tell it to every journey of the group that runs; None takes it away.

        The same `request_id` again is the same job. Raises NotFound, Refused, Unavailable.
        """
        named = plain(name.strip(), "a date's name", "T4", 64)
        check_start("reject", {named: value} if value is not None else {})
        if not named:
            raise Refused("unnamed", "T4", "say which date")
        request = request_id or new_id("msg")
        async with self._database.begin() as session:
            row = await self._group(session, group)
            # asked for again it must not undo what was said since
            if await bulk.get(session, self._tenant, self._job_of(request)) is None:
                row.dates = {**row.dates, named: value.isoformat() if value is not None else ""}
                session.add(row)
            if len(row.dates) > _MOST_DATES:
                raise Refused("too_many", "T4", f"a group has {_MOST_DATES} dates at most")
        running = JourneyQuery(group=group, statuses=("starting", "active", "paused"))
        arguments = {"reason": "", "group": group, "name": named, "value": row.dates[named]}
        return await self._begin_job(running, "set_date", arguments, request)

    @needs("journeys:read", "host", "practitioner", "operator")
    async def groups(self, *, limit: int = 50) -> list[Group]:
        """The latest groups, the newest first; a practitioner's own."""
        async with self._database.read() as session:
            rows = await groups.find(session, self._tenant, by=self._only_theirs, limit=limit)
            counts = await groups.counts(session, [row.id for row in rows])
        return [_group(row, counts[row.id]) for row in rows]

    @needs("journeys:read", "host", "practitioner", "operator")
    async def group(self, group: str) -> Group:
        """How far a group is. Raises NotFound."""
        async with self._database.read() as session:
            row = self._seen(await groups.get(session, self._tenant, group), group)
            return _group(row, (await groups.counts(session, [group]))[group])

    @needs("journeys:read", "host", "practitioner", "operator")
    async def group_members(
        self, group: str, *, state: MemberState | None = None, limit: int = 50, after: int = -1
    ) -> GroupMemberPage:
        """Its members in their order, after a position. Raises NotFound."""
        async with self._database.read() as session:
            self._seen(await groups.get(session, self._tenant, group), group)
            rows = await groups.members(session, group, state=state, limit=limit + 1, after=after)
        items = tuple(GroupMember.model_validate(row.model_dump(include=set(GroupMember.model_fields))) for row in rows[:limit])
        return GroupMemberPage(items=items, next=items[-1].position if len(rows) > limit else None)

    async def _let_in(self, session: AsyncSession, group: ClientGroupRow, clients: Sequence[str]) -> int:
        if len(clients) > _MOST_AT_ONCE:
            raise Refused("too_many", "P5", f"{_MOST_AT_ONCE} clients at most in a call; add the others with more calls")
        if group.started_at is not None and group.late_joiners == "closed" and clients:
            raise Refused("group_closed", "P5", f"the group {group.id} has begun and takes nobody else")
        wanted = list(dict.fromkeys(plain(one, "a client's id", "P5", 64) for one in clients))
        missing = len(wanted) - len(await groups.theirs(session, self._tenant, wanted, self._practitioner))
        if missing:
            raise NotFound(f"{missing} of these clients are not there; add them first")
        before = sum((await groups.counts(session, [group.id]))[group.id].values())
        added = await groups.add_members(session, group, wanted)
        if before + added > _MOST_MEMBERS:
            raise Refused("too_many", "P5", f"a group has {_MOST_MEMBERS} members at most; make another")
        return added

    async def _group(self, session: AsyncSession, group: str) -> ClientGroupRow:
        """The group, for this transaction alone. Raises NotFound, also where it is not the caller's."""
        return self._seen(await groups.take(session, self._tenant, group), group)

    def _seen(self, row: ClientGroupRow | None, group: str) -> ClientGroupRow:
        only = self._only_theirs
        if row is None or (only is not None and only != (row.by_role, row.by_id) and row.practitioner != (only[1] or "")):
            raise NotFound(f"there is no group {group}")
        return row

    async def _carry_group_on(self, group: ClientGroupRow) -> None:
        """Have its workflow look at what waits; where that is about to end, the signal keeps it."""
        try:
            work = StartGroup(tenant=TenantId(group.tenant), group=group.id)
            await keep_at_work(self._connection, GROUP, work, id=group.id, tenant=group.tenant, signal=CARRY_ON)
        except RPCError as error:
            raise Unavailable("it is kept, but Temporal does not answer; call it again") from error


def _check_group(
    name: str, begins_at: datetime | None, waves: Waves | None, late_joiners: str, again: str, per_second: float
) -> None:
    """Refuse what no group could be."""
    if not name:
        raise Refused("unnamed", "P5", "give the group a name")
    if begins_at is not None and begins_at.tzinfo is None:
        raise Refused("naive_instant", "T4", "begins_at: an instant needs its zone")
    if waves is not None and not (waves.size >= 1 and timedelta(seconds=1) <= waves.every <= _LONGEST):
        raise Refused("bad_waves", "P5", "a wave has one member at least, and the next comes a second to a year later")
    if late_joiners not in get_args(LateJoiners):
        raise Refused("unknown_rule", "P5", f"{late_joiners!r} is no rule for late joiners: from_start, with_group or closed")
    if again not in _AGAIN:
        raise Refused("unknown_again", "P5", f"a group cannot {again} journeys: {', '.join(_AGAIN)}")
    if not 1 <= per_second <= _FASTEST:
        raise Refused("bad_rate", "P5", f"between 1 and {_FASTEST:.0f} members a second can be started")


def _group(row: ClientGroupRow, counts: dict[str, int]) -> Group:
    states = {one: counts.get(one, 0) for one in get_args(MemberState)}
    dates = {name: value for name, value in row.dates.items() if value}
    return Group.model_validate(row.model_dump(include=set(Group.model_fields)) | states | {"dates": dates})
