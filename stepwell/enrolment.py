"""Entering a client on a pathway: one enrolment key, one journey, however often it is asked for (rule P5)."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from engine.advance import StartFacts
from engine.base import ClientId, JourneyId, TenantId
from engine.journey import Parent
from engine.structure import Structure, TimeWindow
from stepwell.errors import NotFound, Refused, StepwellError, Unavailable
from stepwell.models import Again
from store import clients, journeys, pathways
from store.database import Database
from store.ids import new_id
from store.tables import ClientRow, JourneyRow
from store.turns import take_turns


class Wish(NamedTuple):
    """Who is to be entered on what, and what to do where they are on it already."""

    tenant: str
    client: str
    pathway: str
    version: int | None
    key: str
    again: Again
    request: str | None
    practitioner: str | None
    dates: dict[str, date | datetime]
    parent: Parent | None = None


async def enrol(database: Database, wish: Wish, now: datetime) -> JourneyRow:
    """Reserve the journey's place, or find the one that has it. Raises Refused (P5), NotFound."""
    [outcome] = await enrol_many(database, [wish], now)
    if isinstance(outcome, StepwellError):
        raise outcome
    return outcome


async def enrol_many(database: Database, wishes: Sequence[Wish], now: datetime) -> list[JourneyRow | StepwellError]:
    """The same for many of one tenant in one transaction, in their order: what is refused keeps no other back."""
    for _ in range(5):
        try:
            async with database.begin() as session:
                known = await _known_of(session, wishes)
                outcomes = [_place(wish, known, now) for wish in wishes]
                session.add_all({one.id: one for one in outcomes if isinstance(one, JourneyRow)}.values())
                await session.flush()
            return outcomes
        except IntegrityError:
            continue  # somebody else entered the same client at the same moment; look again
    raise Unavailable("the client is being entered by somebody else over and over; try again")


def refuse_deleting(client: ClientRow) -> None:
    """Raise Refused where a client is being deleted: nothing begins for them any more (rule P4)."""
    if client.deleting_at is not None:
        raise client_deleted(client.id)


def client_deleted(client: str) -> Refused:
    """Why nothing begins for a client who is being deleted."""
    return Refused("client_deleted", "P4", f"the client {client} is being deleted; nothing begins for them any more")


class _Known(NamedTuple):
    """What decides about wishes: asked for all of them at once, since every question is a way to the store and back."""

    attempts: dict[str, list[JourneyRow]]
    """By enrolment key, the latest first."""
    clients: dict[str, ClientRow]
    versions: dict[tuple[str, int | None], int]


async def _known_of(session: AsyncSession, wishes: Sequence[Wish]) -> _Known:
    """Whatever is asked here stays as it is until the transaction ends: a deletion begins before this, or sees it."""
    turns = [("enrolment", one.tenant, one.key) for one in wishes] + [("client", one.tenant, one.client) for one in wishes]
    await take_turns(session, turns)
    tenant = wishes[0].tenant if wishes else ""
    attempts = await journeys.all_enrolled(session, tenant, {one.key for one in wishes})
    people = await clients.get_many(session, tenant, {one.client for one in wishes})
    versions = {}
    for pathway, number in dict.fromkeys((one.pathway, one.version) for one in wishes):
        version = await pathways.get(session, tenant, pathway, number)
        if version is not None:
            versions[(pathway, number)] = version.number
    return _Known(attempts, people, versions)


def _place(wish: Wish, known: _Known, now: datetime) -> JourneyRow | StepwellError:
    """The journey that the wish has, or a new one; or why it is to have none."""
    attempts = known.attempts.setdefault(wish.key, [])
    try:
        found = _existing(wish, attempts)
        if found is not None:
            return found
        client = known.clients.get(wish.client)
        if client is None:
            raise NotFound(f"there is no client {wish.client}; add them first")
        refuse_deleting(client)
        version = known.versions.get((wish.pathway, wish.version))
        if version is None:
            which = f" version {wish.version}" if wish.version else ""
            raise NotFound(f"no pathway {wish.pathway}{which} is published; see: stepwell pathway list")
    except (Refused, NotFound) as refused:
        return refused
    row = JourneyRow(
        id=new_id("jou"),
        tenant=wish.tenant,
        client=wish.client,
        pathway=wish.pathway,
        version=version,
        enrolment_key=wish.key,
        attempt=attempts[0].attempt + 1 if attempts else 1,
        request=wish.request,
        practitioner=wish.practitioner,
        dates={name: value.isoformat() for name, value in wish.dates.items()},
        parent=wish.parent.model_dump(mode="json") if wish.parent else None,
        created_at=now,
    )
    attempts.insert(0, row)
    return row


def _existing(wish: Wish, attempts: list[JourneyRow]) -> JourneyRow | None:
    """The journey that this wish already has; None where it is to have a new one."""
    for row in attempts:
        if wish.request is not None and row.request == wish.request:
            return row
    if not attempts or wish.again == "parallel":
        return None
    latest = attempts[0]
    if latest.status == "starting" or wish.again == "use_existing":
        return latest
    if wish.again == "restart":
        return None
    message = (
        f"the client has been on {wish.pathway} as journey {latest.id} ({latest.status}); "
        "say use_existing, restart or parallel to enter them again"
    )
    raise Refused("already_enrolled", "P5", message)


def start_facts(journey: JourneyRow, client: ClientRow) -> StartFacts:
    """What the engine is told of the client."""
    return StartFacts(
        journey=JourneyId(journey.id),
        tenant=TenantId(journey.tenant),
        client=ClientId(client.id),
        zone=client.zone,
        quiet_hours=quiet_hours_of(client),
        dates={name: date_from(value) for name, value in journey.dates.items()},
        parent=Parent.model_validate(journey.parent) if journey.parent else None,
    )


def quiet_hours_of(client: ClientRow) -> TimeWindow | None:
    """The client's own quiet hours."""
    if client.quiet_from is None or client.quiet_to is None:
        return None
    return TimeWindow.model_validate({"start": client.quiet_from, "end": client.quiet_to})


def date_from(text: str) -> date | datetime:
    """A client date as it is kept."""
    return date.fromisoformat(text) if len(text) == 10 else datetime.fromisoformat(text)


async def structure_for(database: Database, journey: JourneyRow) -> Structure:
    """The structure that the journey has pinned."""
    async with database.read() as session:
        version = await pathways.get(session, journey.tenant, journey.pathway, journey.version)
    if version is None:
        raise NotFound(f"{journey.pathway} version {journey.version} is not in the store any more")
    return Structure.model_validate(version.structure)
