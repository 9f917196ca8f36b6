"""What every part of the front door works with: the caller, the store, the connection, the step types."""

from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from copy import copy
from datetime import UTC, datetime
from typing import Literal, Self

from sqlalchemy.ext.asyncio import AsyncSession
from structlog.contextvars import get_contextvars
from temporalio.client import Client as Connection

from engine.base import StepId
from engine.messages import Role
from engine.publishing import Published
from engine.steps import StepTypes
from engine.steptype import Content
from stepwell.access import Caller, process
from stepwell.care import NO_CARE, Care
from stepwell.errors import NotFound, Refused
from stepwell.judging import step_of
from store import audit, clients, journeys, pathways, versions
from store.database import Database
from store.tables import AuditRow, ClientRow, JourneyRow, OccurrenceRow
from store.versions import MissingVersion, Shown, Versions, opened_with, published_from

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
        self._database = database.of(tenant)
        self._connection = connection
        self._caller = process(tenant)
        self._types = types
        self._care = care
        self._versions = Versions(database)
        self._read_contents: dict[tuple[str, str, int, str], Content] = {}
        self._worded: dict[tuple[str, str, int, str, str, str], dict[str, object]] = {}
        """Contents that are the same for all who read a language."""
        self._allowed = frozenset(allowed)

    def called_by(self, caller: Caller) -> Self:
        """The same door for another caller: their tenant, their rights, their people."""
        door = copy(self)
        door._caller = caller
        door._database = self._database.of(caller.tenant)
        return door

    @property
    def database(self) -> Database:
        """The store behind this door, as the caller's tenant sees it."""
        return self._database

    @property
    def _tenant(self) -> str:
        return self._caller.tenant

    @staticmethod
    def _now() -> datetime:
        return datetime.now(UTC)

    async def _note(self, session: AsyncSession, action: str, of: str, reason: str | None = None, *, actor: str = "") -> None:
        """Keep in the audit that the caller does this, in the transaction of what it is about and as the last of it."""
        entry = AuditRow(
            tenant=self._tenant,
            at=self._now(),
            actor=(actor or self._caller.name)[:100],
            action=action,
            object=of[:200],
            reason=reason,
            request=get_contextvars().get("request"),
        )
        await audit.append(session, entry)

    async def _note_reading(self, session: AsyncSession, what: str, of: str) -> None:
        """The same of somebody who reads what is a client's; clients who read their own are nobody's business."""
        if self._caller.kind != "client":
            await self._note(session, f"{what} read", of)

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
        """The version the journey is on, whose structure it runs; what people see of it is `_shown`'s to say."""
        with _told_plainly():
            return await self._versions.pinned(journey)

    async def _newest(self, rows: Iterable[JourneyRow]) -> dict[str, int]:
        """The newest version of each journey's pathway, as of now."""
        names = {row.pathway for row in rows}
        if not names:
            return {}
        async with self._database.glance() as session:
            return await versions.newest(session, self._tenant, names)

    async def _shown(self, journey: JourneyRow, occurrence: OccurrenceRow, newest: int) -> Shown:
        """The one place that says which content an occurrence is shown with, judged by and read with (rule E)."""
        with _told_plainly():
            return await self._versions.shown(journey, occurrence, newest)

    async def _shown_now(self, journey: JourneyRow, occurrence: str, said: int | None = None) -> Shown:
        """The same for an occurrence by its name, asking the store for it.

        `said` is somebody's word for the version it was shown with, and counts until it is opened. Raises NotFound where
        there is no such step, Refused where it cannot have been shown with that.
        """
        async with self._database.glance() as session:
            found = await journeys.occurrence(session, journey.id, occurrence)
            newest = (await versions.newest(session, journey.tenant, [journey.pathway]))[journey.pathway]
        if found is None:  # not delivered, or not recorded yet
            step = step_of(await self._published_for(journey), occurrence).id
            found = OccurrenceRow(journey=journey.id, id=occurrence, step=step, state="waiting")
        shown = await self._shown(journey, found, newest)
        if said is None or said == shown.number or opened_with(journey, found) is not None:
            return shown
        with _told_plainly():
            as_said = await self._versions.shown_as(journey, StepId(found.step), said, newest)
        if as_said is None:
            message = f"{occurrence} cannot have been shown with version {said}; leave it out, or say what the to-do list says"
            raise Refused("unknown_content", "E", message)
        return as_said

    async def _running(self, journey: JourneyRow, newest: int | None = None) -> Published:
        """The journey's structure, with the words that would be shown now of what nobody has opened; its head's are the newest."""
        if newest is None:
            newest = (await self._newest([journey]))[journey.pathway]
        with _told_plainly():
            return (await self._versions.bound(journey, newest)).published


def side_of(role: Role) -> Side:
    """On which side somebody in a role writes: whoever is no practitioner speaks for the client."""
    return "practitioner" if role == "practitioner" else "client"


def plain(text: str, what: str, rule: str, longest: int) -> str:
    """The text, where every store can keep it. Raises Refused for control characters and for what is too long."""
    if len(text) > longest or any(one < " " or "\ud800" <= one <= "\udfff" for one in text):
        raise Refused("bad_text", rule, f"{what} may have {longest} characters at most, and none that cannot be printed")
    return text


@contextmanager
def _told_plainly() -> Iterator[None]:
    try:
        yield
    except MissingVersion as missing:
        raise NotFound(str(missing)) from None
