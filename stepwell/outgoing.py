"""Events out: endpoints that they are sent to, what became of each, and reading them from any position (rule N5)."""

import asyncio
import base64
import secrets
from collections.abc import AsyncIterator, Collection
from contextlib import suppress
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncSession
from temporalio.service import RPCError

from activities.outbound import RefusedTarget
from activities.targets import read_target
from engine.announcements import TYPES, CloudEvent
from stepwell.access import needs
from stepwell.couriers import engage
from stepwell.desk import Desk
from stepwell.errors import NotFound, Refused
from stepwell.models import Delivery, Endpoint, NewEndpoint
from store import outbox, webhooks
from store.ids import new_id
from store.tables import DeliveryRow, EndpointRow, OutgoingRow
from store.webhooks import State

ASKED = "asked"
OVERLAP = timedelta(hours=24)
"""How long the secret before a rotation still signs."""
_MOST_ENDPOINTS = 50
_LARGEST_PAGE = 1000
_LAST_POSITION = (1 << 63) - 1
_EVERY = 0.5
_PULSE = 15.0


class Outgoing(Desk):
    """Let hosts hear of what happens."""

    # Endpoints

    @needs("admin", "host", "operator")
    async def add_endpoint(self, url: str, types: Collection[str] = ()) -> NewEndpoint:
        """Send events to an address from now on: those of these types, or every one. Shows the secret, this once.

        Raises Refused where the address is not public (rule N5), or a type is not known.
        """
        row = EndpointRow(
            id=new_id("end"),
            tenant=self._tenant,
            url=self._public(url),
            types=_known(types),
            secrets=webhooks.with_new_secret([], _new_secret(), self._now()),
            created_at=self._now(),
        )
        async with self._database.begin() as session:
            if len(await webhooks.find(session, self._tenant, limit=_MOST_ENDPOINTS)) == _MOST_ENDPOINTS:
                raise Refused("too_many_endpoints", "N5", f"there are {_MOST_ENDPOINTS} endpoints; remove one first")
            row.position = await outbox.last_position(session, self._tenant)
            await webhooks.add(session, row)
            await self._note(session, "endpoint added", row.id)
        await self._engage(row)
        return _with_secret(row)

    @needs("admin", "host", "operator")
    async def endpoints(self, *, limit: int = 100, after: str = "") -> list[Endpoint]:
        """Endpoints in order of their ids, after one; never their secrets."""
        async with self._database.read() as session:
            return [_endpoint_from(row) for row in await webhooks.find(session, self._tenant, limit=limit, after=after)]

    @needs("admin", "host", "operator")
    async def endpoint(self, endpoint: str) -> Endpoint:
        """One endpoint. Raises NotFound."""
        async with self._database.read() as session:
            return _endpoint_from(await self._endpoint(session, endpoint))

    @needs("admin", "host", "operator")
    async def change_endpoint(
        self, endpoint: str, *, url: str | None = None, types: Collection[str] | None = None, enabled: bool | None = None
    ) -> Endpoint:
        """Change what is given. Switched off, events wait for it; switched on again, they go out from where it stopped.

        Raises NotFound, Refused.
        """
        where, wanted = url and self._public(url), None if types is None else _known(types)
        async with self._database.begin() as session:
            row = await self._taken(session, endpoint)
            if where:
                row.url, row.failing_since = where, None
            if wanted is not None:
                row.types = wanted
            if enabled:
                row.disabled_at = row.disabled_why = row.failing_since = None
            session.add(row)
            if enabled is False:
                await webhooks.disable(session, row, ASKED, self._now())
            await self._note(session, "endpoint changed", row.id)
        await self._engage(row)
        return _endpoint_from(row)

    @needs("admin", "host", "operator")
    async def rotate_secret(self, endpoint: str) -> NewEndpoint:
        """Make the next secret and show it, this once; the old one signs beside it for 24 hours more. Raises NotFound."""
        async with self._database.begin() as session:
            row = await self._taken(session, endpoint)
            row.secrets = webhooks.with_new_secret(row.secrets, _new_secret(), self._now() + OVERLAP)
            session.add(row)
            await self._note(session, "secret rotated", row.id)
        return _with_secret(row)

    @needs("admin", "host", "operator")
    async def remove_endpoint(self, endpoint: str) -> None:
        """Forget an endpoint and what is on its way to it. Raises NotFound."""
        async with self._database.begin() as session:
            await webhooks.remove(session, await self._taken(session, endpoint))
            await self._note(session, "endpoint removed", endpoint)

    @needs("admin", "host", "operator")
    async def test_endpoint(self, endpoint: str) -> str:
        """Send it an event of the type `org.stepwell.endpoint.tested`, and say under which id. Raises NotFound, Refused."""
        async with self._database.begin() as session:
            row = await self._taken(session, endpoint)
            if row.disabled_at is not None:
                raise Refused("endpoint_disabled", "N5", "nothing is sent to this endpoint; switch it on first")
            event = await webhooks.test(session, row, self._now())
        await self._engage(row)
        return event

    # Deliveries

    @needs("admin", "host", "operator")
    async def deliveries(
        self, endpoint: str, *, state: State | None = None, limit: int = 100, after: int = 0
    ) -> list[Delivery]:
        """What went, goes or did not go to an endpoint, in order of positions, after one. Raises NotFound, Refused."""
        _refuse_bad_position(after)
        async with self._database.read() as session:
            row = await self._endpoint(session, endpoint)
            found = await webhooks.deliveries(session, row.id, state=state, limit=_page(limit), after=after)
        return [_delivery_from(*one) for one in found]

    @needs("admin", "host", "operator")
    async def redrive(self, endpoint: str, *, position: int | None = None) -> int:
        """Send again what was given up, or the one event at a position however it went; says how many. Raises NotFound.

        Each begins its schedule anew, under the id that it had.
        """
        if position is not None:
            _refuse_bad_position(position)
        async with self._database.begin() as session:
            row = await self._taken(session, endpoint)
            count = await webhooks.redrive(session, row.id, self._now(), position)
            if count:
                await self._note(session, "events sent again", row.id)
        if position is not None and not count:
            raise NotFound(f"nothing at position {position} was to go to this endpoint")
        await self._engage(row)
        return count

    # Reading

    @needs("events:read", "host")
    async def outgoing(self, *, after: int = 0, limit: int = 100, types: Collection[str] = ()) -> list[CloudEvent]:
        """Events after a position, in order; go on from the `position` of the last one. Raises Refused."""
        _refuse_bad_position(after)
        wanted = _known(types)
        async with self._database.read() as session:
            rows = await outbox.read(session, self._tenant, after=after, limit=_page(limit), types=wanted)
        return [outbox.sent_as(row) for row in rows]

    @needs("events:read", "host")
    def follow(self, *, after: int | None = None, types: Collection[str] = ()) -> AsyncIterator[list[CloudEvent]]:
        """Events as they come, after a position or from now on, for as long as somebody asks for more. Raises Refused.

        An empty list comes first where nothing is there yet, and after every 15 seconds of silence: the stream is alive.
        """
        _refuse_bad_position(after or 0)
        return self._follow(after, _known(types))

    async def _follow(self, after: int | None, types: list[str]) -> AsyncIterator[list[CloudEvent]]:
        position, silent = after, _PULSE
        while True:
            async with self._database.read() as session:
                if position is None:
                    position = await outbox.last_position(session, self._tenant)
                rows = await outbox.read(session, self._tenant, after=position, types=types)
            if rows or silent >= _PULSE:
                silent = 0.0
                yield [outbox.sent_as(row) for row in rows]
            if rows:
                position = outbox.position_of(rows[-1])
            else:
                await asyncio.sleep(_EVERY)
                silent += _EVERY

    # Helpers

    async def _endpoint(self, session: AsyncSession, endpoint: str) -> EndpointRow:
        row = await webhooks.get(session, self._tenant, endpoint)
        if row is None:
            raise NotFound(f"there is no endpoint {endpoint}")
        return row

    async def _taken(self, session: AsyncSession, endpoint: str) -> EndpointRow:
        """For this transaction alone. Raises NotFound."""
        await self._endpoint(session, endpoint)
        row = await webhooks.take(session, endpoint)
        if row is None:
            raise NotFound(f"there is no endpoint {endpoint}")
        return row

    async def _engage(self, endpoint: EndpointRow) -> None:
        if endpoint.disabled_at is None:
            with suppress(RPCError):  # a worker sees to it as soon as Temporal is back
                await engage(self._connection, endpoint.tenant, endpoint.id)

    def _public(self, url: str) -> str:
        try:
            read_target(url, self._allowed)
        except RefusedTarget as error:
            raise Refused("bad_address", "N5", str(error)) from None
        return url


def _known(types: Collection[str]) -> list[str]:
    unknown = sorted(set(types) - set(TYPES))
    if unknown:
        raise Refused(
            "unknown_type", "N5", f"there is no event type {unknown[0][:80]}; they are listed on the page about events"
        )
    return sorted(set(types))


def _refuse_bad_position(position: int) -> None:
    if not 0 <= position <= _LAST_POSITION:
        raise Refused("bad_position", "N5", "a position is 0 or the one of an event")


def _page(limit: int) -> int:
    return max(1, min(limit, _LARGEST_PAGE))


def _new_secret() -> str:
    return f"whsec_{base64.b64encode(secrets.token_bytes(32)).decode()}"


def _endpoint_from(row: EndpointRow) -> Endpoint:
    return Endpoint.model_validate(row.model_dump(include=set(Endpoint.model_fields)))


def _with_secret(row: EndpointRow) -> NewEndpoint:
    return NewEndpoint(**_endpoint_from(row).model_dump(), secret=row.secrets[0]["secret"])


def _delivery_from(row: DeliveryRow, event: OutgoingRow) -> Delivery:
    state: State = "delivered" if row.delivered_at else "dead" if row.dead_at else "waiting"
    kept = row.model_dump(include=set(Delivery.model_fields))
    return Delivery.model_validate({**kept, "type": event.type, "state": state})
