"""How members of a group are entered and started, as the activity that works through them reaches it."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from datetime import date, datetime
from typing import cast

import structlog
from temporalio.client import Client as Connection

from engine.steps import StepTypes
from engine.structure import Structure
from stepwell.access import Caller, Kind
from stepwell.care import Care
from stepwell.enrolment import Wish, client_deleted, date_from, enrol_many, structure_for
from stepwell.errors import NotFound, Refused, StepwellError, Unavailable
from stepwell.models import Again
from stepwell.steering import Steering
from store import clients, groups
from store.database import Database
from store.failures import StoreOutdated, StoreUnavailable
from store.groups import Became
from store.ids import id_from
from store.sealing import KeysUnavailable
from store.tables import ClientGroupRow, ClientRow, GroupMemberRow, JourneyRow

_AT_ONCE = 50
_log = structlog.get_logger("stepwell.groups")


class Beginning:
    """Enters a batch in one transaction, as the person who made the group, then starts its workflows side by side."""

    def __init__(self, database: Database, connection: Connection, types: StepTypes, care: Care) -> None:
        self._database = database
        self._connection = connection
        self._types = types
        self._care = care

    async def start(self, group: ClientGroupRow, members: Sequence[GroupMemberRow]) -> list[Became]:
        """Start these. What was refused stays so; what failed may be tried again."""
        caller = Caller(tenant=group.tenant, kind=cast(Kind, group.by_role), id=group.by_id, credential=group.id)
        door = _Door(self._database, self._connection, group.tenant, self._types, self._care).called_by(caller)
        return await door.start_batch(group, members)


class _Door(Steering):
    """The same way to enrol and begin that one client takes."""

    async def start_batch(self, group: ClientGroupRow, members: Sequence[GroupMemberRow]) -> list[Became]:
        """Enter and start these, each once however often it is asked for."""
        published = await self._published(group.pathway, group.version)
        assert published is not None  # a version is never taken away
        became: list[Became] = []
        heard, wishes = [], []
        async with self._database.read() as session:
            names = [member.client for member in members]
            theirs = await groups.theirs(session, self._tenant, names, self._practitioner)
            people = await clients.get_many(session, self._tenant, theirs)
        for member in members:
            try:
                if member.client not in people:
                    raise NotFound(f"there is no client {member.client}; add them first")
                await self._refuse_unheard_in(published, member.client, group.practitioner)
                wishes.append(_wish(group, member))
                heard.append(member)
            except Exception as error:  # one member keeps no other back, whatever is wrong with them
                became.append(_what(group, member.client, error))
        outcomes = await self._entered(wishes)
        rows = [one for one in outcomes if isinstance(one, JourneyRow)]
        async with self._database.read() as session:
            await self._database.keys.expect(session, self._tenant, {row.id: row.client for row in rows})
        gate = asyncio.Semaphore(_AT_ONCE)
        pairs = zip(heard, outcomes, strict=True)
        became += await asyncio.gather(
            *(self._one(gate, group, one, row, published.structure, people[one.client]) for one, row in pairs)
        )
        late = await self._take_back_deleted(rows)
        return [_what(group, one.client, client_deleted(one.client)) if one.journey in late else one for one in became]

    async def _entered(self, wishes: Sequence[Wish]) -> Sequence[JourneyRow | Exception]:
        """Enter these in one transaction; where that cannot be, each alone, so that only whoever is in the way fails."""
        try:
            return await enrol_many(self._database, wishes, self._now())
        except Exception as error:
            _refuse_away(error)
            if len(wishes) == 1:
                return [error]
            return [outcome for one in wishes for outcome in await self._entered([one])]

    async def _one(
        self,
        gate: asyncio.Semaphore,
        group: ClientGroupRow,
        member: GroupMemberRow,
        outcome: JourneyRow | Exception,
        structure: Structure,
        client: ClientRow,
    ) -> Became:
        if isinstance(outcome, Exception):
            return _what(group, member.client, outcome)
        async with gate:
            try:
                is_ours = outcome.request == _request(member)
                if outcome.status == "starting":
                    pinned = structure if is_ours else await structure_for(self._database, outcome)
                    await self._begin_as(outcome, pinned, client)
                if is_ours:
                    await self._tell_dates(group, member, outcome)
            except Exception as error:
                return _what(group, member.client, error)
        return Became(member.client, "started", outcome.id)

    async def _tell_dates(self, group: ClientGroupRow, member: GroupMemberRow, journey: JourneyRow) -> None:
        """Have it know the dates that the group was given after the member had been entered."""
        for name, text in _dates(group, member).items():
            value, known = _read(text), _read(journey.dates.get(name, ""))
            if value != known:
                with suppress(Refused):  # it is over by now, and was started all the same
                    await self.set_date(journey.id, name, value)


def _request(member: GroupMemberRow) -> str:
    """The id of the one request that enters a member, however often it is made (rule P5)."""
    return id_from("grp", member.group, member.client)


def _wish(group: ClientGroupRow, member: GroupMemberRow) -> Wish:
    return Wish(
        group.tenant,
        member.client,
        group.pathway,
        group.version,
        f"{member.client}/{group.pathway}",
        cast(Again, group.again),
        _request(member),
        group.practitioner,
        {name: date_from(value) for name, value in _dates(group, member).items() if value},
    )


def _dates(group: ClientGroupRow, member: GroupMemberRow) -> dict[str, str]:
    """The dates of the group that are this member's as well."""
    return group.dates if not member.is_late or group.late_joiners == "with_group" else {}


def _read(text: str) -> date | datetime | None:
    return date_from(text) if text else None


def _what(group: ClientGroupRow, client: str, error: Exception) -> Became:
    """What an error makes of a member. Raises it where the store or the keys are away: then it is nobody's, and all is tried again."""
    _refuse_away(error)
    if isinstance(error, StepwellError):
        return Became(client, "failed" if isinstance(error, Unavailable) else "refused", message=str(error)[:500])
    _log.error("a member cannot be started", group=group.id, error=type(error).__name__)
    return Became(client, "failed", message=f"{type(error).__name__}; the worker's log says more")


def _refuse_away(error: Exception) -> None:
    if isinstance(error, StoreUnavailable | StoreOutdated | KeysUnavailable):
        raise error
