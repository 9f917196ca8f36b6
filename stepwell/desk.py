"""What every part of the front door works with: the caller, the store, the connection, the step types."""

from collections.abc import Collection
from copy import copy
from datetime import UTC, datetime
from typing import Literal, Self

from sqlalchemy.ext.asyncio import AsyncSession
from temporalio.client import Client as Connection

from engine.contents import Contents
from engine.messages import Role
from engine.publishing import Published
from engine.steps import StepTypes
from engine.steptype import Content
from engine.structure import Structure
from stepwell.access import Caller, process
from stepwell.care import NO_CARE, Care
from stepwell.errors import NotFound, Refused
from store import clients, journeys, pathways
from store.database import Database
from store.tables import ClientRow, JourneyRow, PathwayVersionRow

_MOST_VERSIONS = 200

Side = Literal["client", "practitioner"]
"""From which side a response is read (rule V1)."""


class Desk:
    """One caller's door to the engine: what is not theirs to see is not there."""

    def __init__(
        self,
        database: Database,
        connection: Connection,
        tenant: str,
        types: StepTypes,
        care: Care = NO_CARE,
        *,
        allowed: Collection[str] = (),
    ) -> None:
        """`allowed` are the `host:port` that requests of ours may go to although they are private."""
        self._database = database
        self._connection = connection
        self._caller = process(tenant)
        self._types = types
        self._care = care
        self._versions: dict[tuple[str, str, int], Published] = {}
        self._read_contents: dict[tuple[str, str, int, str], Content] = {}
        self._allowed = frozenset(allowed)

    def called_by(self, caller: Caller) -> Self:
        """The same door for another caller: their tenant, their rights, their people."""
        door = copy(self)
        door._caller = caller
        return door

    @property
    def database(self) -> Database:
        """The store behind this door."""
        return self._database

    @property
    def _tenant(self) -> str:
        return self._caller.tenant

    @staticmethod
    def _now() -> datetime:
        return datetime.now(UTC)

    async def _journey(self, journey: str) -> JourneyRow:
        """By its id, or by its enrolment key: then the latest attempt. Raises NotFound, also where it is not the caller's."""
        async with self._database.glance() as session:
            row = await journeys.get(session, self._tenant, journey)
            if row is None:
                row = next(iter(await journeys.enrolled(session, self._tenant, journey)), None)
            if row is None or not await self._is_theirs(session, row):
                raise NotFound(f"there is no journey {journey}; see: stepwell journey list")
        return row

    async def _is_theirs(self, session: AsyncSession, journey: JourneyRow) -> bool:
        caller = self._caller
        match caller.kind:
            case "client":
                return journey.client == caller.id and (caller.only is None or caller.only.journey == journey.id)
            case "practitioner":
                if caller.id is not None and journey.practitioner == caller.id:
                    return True
                client = await clients.get(session, self._tenant, journey.client)
                return client is not None and caller.id is not None and client.practitioner == caller.id
            case _:
                return True

    async def _client(self, client: str) -> ClientRow:
        """The client of that id. Raises NotFound, also where they are not the caller's."""
        async with self._database.glance() as session:
            return await self._client_in(session, client)

    async def _client_in(self, session: AsyncSession, client: str) -> ClientRow:
        row = await clients.get(session, self._tenant, client)
        if row is None or not await self._is_one_of_theirs(session, row):
            raise NotFound(f"there is no client {client}; add them first")
        return row

    async def _is_one_of_theirs(self, session: AsyncSession, client: ClientRow) -> bool:
        caller = self._caller
        match caller.kind:
            case "client":
                return client.id == caller.id
            case "practitioner":
                if caller.id is None:
                    return False
                return client.practitioner == caller.id or await journeys.is_led_by(session, self._tenant, client.id, caller.id)
            case _:
                return True

    def _refuse_other_step(self, occurrence: str) -> None:
        """Raise NotFound where the caller's link is for another step."""
        only = self._caller.only
        if only is not None and only.occurrence != occurrence:
            raise NotFound(f"this link is not for {occurrence}")

    def _person(self, named: str | None) -> str | None:
        """Who did it: practitioners and operators are whom their credential names, others say it."""
        return self._caller.id if self._caller.kind in ("practitioner", "operator") else named

    @property
    def _practitioner(self) -> str | None:
        """Whose clients alone the caller sees; None: everybody's."""
        return (self._caller.id or "") if self._caller.kind == "practitioner" else None

    def _side(self, asked: Side) -> Side:
        """From which side the caller reads; only the process may choose."""
        if self._caller.kind == "process":
            return asked
        return "client" if self._caller.kind == "client" else "practitioner"

    async def _published(self, pathway: str, number: int | None) -> Published | None:
        async with self._database.read() as session:
            row = await pathways.get(session, self._tenant, pathway, number)
        return published_from(row) if row else None

    async def _published_for(self, journey: JourneyRow) -> Published:
        """The version the journey is on; read once, since a version never changes."""
        key = (journey.tenant, journey.pathway, journey.version)
        known = self._versions.get(key)
        if known is not None:
            return known
        published = await self._published(journey.pathway, journey.version)
        if published is None:
            raise NotFound(f"{journey.pathway} version {journey.version} is not in the store any more")
        if len(self._versions) >= _MOST_VERSIONS:
            self._versions.clear()
            self._read_contents.clear()
        self._versions[key] = published
        return published


def side_of(role: Role) -> Side:
    """On which side somebody in a role writes: whoever is no practitioner speaks for the client."""
    return "practitioner" if role == "practitioner" else "client"


def plain(text: str, what: str, rule: str, longest: int) -> str:
    """The text, where every store can keep it. Raises Refused for control characters and for what is too long."""
    if len(text) > longest or any(one < " " or "\ud800" <= one <= "\udfff" for one in text):
        raise Refused("bad_text", rule, f"{what} may have {longest} characters at most, and none that cannot be printed")
    return text


def published_from(row: PathwayVersionRow) -> Published:
    """A stored version as the engine knows it."""
    return Published(structure=Structure.model_validate(row.structure), contents=Contents.model_validate(row.contents))
