"""What every part of the front door works with: the tenant, the store, the connection, the step types."""

from datetime import UTC, datetime

from temporalio.client import Client as Connection

from engine.contents import Contents
from engine.publishing import Published
from engine.steps import StepTypes
from engine.structure import Structure
from stepwell.care import NO_CARE, Care
from stepwell.errors import NotFound, Refused
from store import clients, journeys, pathways
from store.database import Database
from store.tables import ClientRow, JourneyRow, PathwayVersionRow

_MOST_VERSIONS = 200


class Desk:
    """One tenant's door to the engine."""

    def __init__(self, database: Database, connection: Connection, tenant: str, types: StepTypes, care: Care = NO_CARE) -> None:
        self._database = database
        self._connection = connection
        self._tenant = tenant
        self._types = types
        self._care = care
        self._versions: dict[tuple[str, int], Published] = {}

    @staticmethod
    def _now() -> datetime:
        return datetime.now(UTC)

    async def _journey(self, journey: str) -> JourneyRow:
        """By its id, or by its enrolment key: then the latest attempt."""
        async with self._database.read() as session:
            row = await journeys.get(session, self._tenant, journey)
            if row is None:
                row = next(iter(await journeys.enrolled(session, self._tenant, journey)), None)
        if row is None:
            raise NotFound(f"there is no journey {journey}; see: stepwell journey list")
        return row

    async def _client(self, client: str) -> ClientRow:
        async with self._database.read() as session:
            row = await clients.get(session, self._tenant, client)
        if row is None:
            raise NotFound(f"there is no client {client}; add them first")
        return row

    async def _published(self, pathway: str, number: int | None) -> Published | None:
        async with self._database.read() as session:
            row = await pathways.get(session, self._tenant, pathway, number)
        return published_from(row) if row else None

    async def _published_for(self, journey: JourneyRow) -> Published:
        """The version the journey is on; read once, since a version never changes."""
        key = (journey.pathway, journey.version)
        known = self._versions.get(key)
        if known is not None:
            return known
        published = await self._published(*key)
        if published is None:
            raise NotFound(f"{journey.pathway} version {journey.version} is not in the store any more")
        if len(self._versions) >= _MOST_VERSIONS:
            self._versions.clear()
        self._versions[key] = published
        return published


def plain(text: str, what: str, rule: str, longest: int) -> str:
    """The text, where every store can keep it. Raises Refused for control characters and for what is too long."""
    if len(text) > longest or any(one < " " or "\ud800" <= one <= "\udfff" for one in text):
        raise Refused("bad_text", rule, f"{what} may have {longest} characters at most, and none that cannot be printed")
    return text


def published_from(row: PathwayVersionRow) -> Published:
    """A stored version as the engine knows it."""
    return Published(structure=Structure.model_validate(row.structure), contents=Contents.model_validate(row.contents))
