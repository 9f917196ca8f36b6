"""Groups: who is in them, and what became of each one's start."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import bindparam, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from store.journeys import batched
from store.tables import ClientGroupRow, ClientRow, GroupMemberRow, JourneyRow

WAITING = "waiting"
_A_STATEMENT = 500


class Became(NamedTuple):
    """What became of one member's start."""

    client: str
    state: str
    journey: str | None = None
    message: str | None = None


async def get(session: AsyncSession, tenant: str, group: str) -> ClientGroupRow | None:
    """The group of that id in this tenant."""
    row = await session.get(ClientGroupRow, group)
    return row if row is not None and row.tenant == tenant else None


async def take(session: AsyncSession, tenant: str, group: str) -> ClientGroupRow | None:
    """The same, for this transaction alone until it ends."""
    row = await session.get(ClientGroupRow, group, with_for_update={"key_share": True}, populate_existing=True)
    return row if row is not None and row.tenant == tenant else None


async def find(session: AsyncSession, tenant: str, *, by: tuple[str, str | None] | None, limit: int) -> list[ClientGroupRow]:
    """The latest groups, the newest first; `by`: only those that this person made or leads."""
    query = select(ClientGroupRow).where(col(ClientGroupRow.tenant) == tenant)
    if by is not None:
        made = (col(ClientGroupRow.by_role) == by[0]) & (col(ClientGroupRow.by_id) == by[1])
        query = query.where(made | (col(ClientGroupRow.practitioner) == by[1]))
    query = query.order_by(col(ClientGroupRow.created_at).desc(), col(ClientGroupRow.id)).limit(limit)
    return list((await session.scalars(query)).all())


async def theirs(session: AsyncSession, tenant: str, names: Iterable[str], practitioner: str | None) -> set[str]:
    """Those of these clients that there are; with a practitioner those who are theirs."""
    found: set[str] = set()
    for part in batched(names, _A_STATEMENT):
        query = select(col(ClientRow.id)).where(col(ClientRow.tenant) == tenant, col(ClientRow.id).in_(part))
        if practitioner is not None:
            led = select(col(JourneyRow.client)).where(
                col(JourneyRow.tenant) == tenant, col(JourneyRow.practitioner) == practitioner
            )
            query = query.where((col(ClientRow.practitioner) == practitioner) | col(ClientRow.id).in_(led))
        found.update((await session.scalars(query)).all())
    return found


async def add_members(session: AsyncSession, group: ClientGroupRow, clients: Sequence[str]) -> int:
    """Let these wait at the end of the group, those in it already aside; how many came. The group must be taken."""
    known: set[str] = set()
    for part in batched(clients, _A_STATEMENT):
        query = select(col(GroupMemberRow.client)).where(
            col(GroupMemberRow.group) == group.id, col(GroupMemberRow.client).in_(part)
        )
        known.update((await session.scalars(query)).all())
    last = await session.scalar(select(func.max(col(GroupMemberRow.position))).where(col(GroupMemberRow.group) == group.id))
    first = 0 if last is None else last + 1
    is_late = group.started_at is not None
    rows = [
        {
            "group": group.id,
            "client": client,
            "tenant": group.tenant,
            "position": position,
            "wave": 0 if is_late or not group.wave_size else position // group.wave_size,
            "is_late": is_late,
            "state": WAITING,
        }
        for position, client in enumerate((one for one in clients if one not in known), start=first)
    ]
    if rows:
        await session.execute(insert(GroupMemberRow), rows)
    return len(rows)


async def counts(session: AsyncSession, groups: Sequence[str]) -> dict[str, dict[str, int]]:
    """How many members of each group are in each state."""
    columns = (col(GroupMemberRow.group), col(GroupMemberRow.state))
    query = select(*columns, func.count()).where(columns[0].in_(groups)).group_by(*columns)
    found: dict[str, dict[str, int]] = {group: {} for group in groups}
    for group, state, number in await session.execute(query):
        found[group][state] = number
    return found


async def members(
    session: AsyncSession, group: str, *, state: str | None = None, limit: int, after: int = -1
) -> list[GroupMemberRow]:
    """The members of a group in their order, after one's position."""
    query = select(GroupMemberRow).where(col(GroupMemberRow.group) == group, col(GroupMemberRow.position) > after)
    if state is not None:
        query = query.where(col(GroupMemberRow.state) == state)
    return list((await session.scalars(query.order_by(col(GroupMemberRow.position)).limit(limit))).all())


async def waiting(session: AsyncSession, group: str, *, limit: int) -> list[GroupMemberRow]:
    """Who comes next, the earliest wave first."""
    query = select(GroupMemberRow).where(col(GroupMemberRow.group) == group, col(GroupMemberRow.state) == WAITING)
    order = (col(GroupMemberRow.wave), col(GroupMemberRow.position))
    return list((await session.scalars(query.order_by(*order).limit(limit))).all())


async def settle(session: AsyncSession, group: str, became: Sequence[Became], now: datetime) -> None:
    """Say what became of some; whoever was first has said it."""
    table = GroupMemberRow.__table__  # type: ignore[attr-defined] # every table class has it
    query = (
        update(table)
        .where(table.c.group == group, table.c.client == bindparam("who"), table.c.state == WAITING)
        .values(state=bindparam("is_now"), journey=bindparam("on"), message=bindparam("why"), done_at=now)
    )
    told = [{"who": one.client, "is_now": one.state, "on": one.journey, "why": one.message} for one in became]
    if told:
        await (await session.connection()).execute(query, told)


async def wait_again(session: AsyncSession, group: str) -> None:
    """Let those wait once more whose start failed."""
    failed = (col(GroupMemberRow.group) == group, col(GroupMemberRow.state) == "failed")
    await session.execute(update(GroupMemberRow).where(*failed).values(state=WAITING, message=None, done_at=None))
