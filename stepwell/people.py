"""Clients and practitioners at the front door: who they are to us, and how to reach them."""

import re
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from sqlalchemy.exc import IntegrityError

from engine.calendar import LONGEST_QUIET_HOURS, minutes_of
from engine.messages import SetClientFacts
from engine.structure import TimeWindow
from engine.zones import UnknownZone, zone_of
from stepwell.access import needs
from stepwell.desk import plain
from stepwell.errors import NotStarted, Refused
from stepwell.models import Channel, Client
from stepwell.steering import Steering
from store import clients, journeys
from store.ids import new_id
from store.tables import ClientRow, PractitionerRow

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")


class People(Steering):
    """Add and change the people of this tenant."""

    @needs("clients:write", "host", "practitioner")
    async def add_client(
        self,
        *,
        id: str | None = None,
        display_name: str = "",
        email: str | None = None,
        language: str = "en",
        zone: str | None = None,
        quiet_hours: tuple[str, str] | None = None,
        practitioner: str | None = None,
        has_consented: bool = False,
    ) -> Client:
        """Add a client; reached by mail where `email` is given, and always by their to-do list.

        `zone` is an IANA name, `quiet_hours` two wall times. Raises Refused for a zone or hours that cannot be, or an id in use.
        """
        name = id or new_id("cli")
        if not _ID.fullmatch(name):
            raise Refused("bad_id", "V4", "an id is letters, digits, '-', '_' and '.', at most 64 of them, and no name")
        window = _window(quiet_hours)
        if zone is not None:
            _check_zone(zone)
        mail = [{"kind": "email", "address": email}] if email else []
        row = ClientRow(
            tenant=self._tenant,
            id=name,
            display_name=plain(display_name, "a name", "V4", 200),
            language=language,
            zone=zone,
            quiet_from=f"{window.start:%H:%M}" if window else None,
            quiet_to=f"{window.end:%H:%M}" if window else None,
            channels=[*mail, {"kind": "in_app"}],
            opted_out=[],
            practitioner=practitioner,
            consent_at=self._now() if has_consented else None,
            created_at=self._now(),
        )
        try:
            async with self._database.begin() as session:
                await clients.add(session, row)
        except IntegrityError:
            raise Refused("client_exists", "P5", f"there is a client {name} already") from None
        return client_from(row)

    @needs("clients:read", "host", "practitioner", "client", "operator")
    async def client(self, client: str) -> Client:
        """The client of that id. Raises NotFound."""
        return client_from(await self._client(client))

    @needs("clients:read", "host", "practitioner", "operator")
    async def clients(self, *, limit: int = 100, after: str = "") -> list[Client]:
        """Clients in order of their ids, after one."""
        async with self._database.read() as session:
            return [client_from(row) for row in await clients.find(session, self._tenant, limit=limit, after=after)]

    @needs("clients:write", "host", "practitioner", "client", "operator")
    async def change_zone(self, client: str, zone: str) -> int:
        """Move a client to another zone; what is not delivered is planned again at once (rule T3).

        Returns how many running journeys were told.
        """
        _check_zone(zone)
        return await self._change(client, {"zone": zone}, zone=zone)

    @needs("clients:write", "host", "practitioner", "client", "operator")
    async def change_quiet_hours(self, client: str, quiet_hours: tuple[str, str] | None) -> int:
        """Give a client quiet hours of their own, or with None the pathway's again (rule T9)."""
        window = _window(quiet_hours)
        values: dict[str, str | None] = {"quiet_from": None, "quiet_to": None}
        if window is not None:
            values = {"quiet_from": f"{window.start:%H:%M}", "quiet_to": f"{window.end:%H:%M}"}
        return await self._change(client, values, quiet_hours=window or "pathway")

    @needs("clients:write", "host", "practitioner", "client")
    async def opt_out(self, client: str, channels: Sequence[str]) -> Client:
        """The client wants no message by these channels and takes all others; their to-do list goes on (rule R5)."""
        unknown = set(channels) - {"email"}
        if unknown:
            raise Refused("unknown_channel", "R5", f"nobody can opt out of {', '.join(sorted(unknown))}: one of email")
        await self._client(client)
        async with self._database.begin() as session:
            row = await clients.get(session, self._tenant, client)
            assert row is not None
            row.opted_out = sorted(set(channels))
        return client_from(row)

    @needs("admin", "host")
    async def keep_practitioner(
        self, id: str, *, display_name: str = "", email: str | None = None, language: str = "en"
    ) -> None:
        """Add or change a practitioner; escalations of their clients go to `email`."""
        row = PractitionerRow(
            tenant=self._tenant, id=id, display_name=display_name, email=email, language=language, created_at=self._now()
        )
        async with self._database.begin() as session:
            await clients.keep_practitioner(session, row)

    async def _change(self, client: str, values: dict[str, str | None], **facts: Any) -> int:
        await self._client(client)
        async with self._database.begin() as session:
            row = await clients.get(session, self._tenant, client)
            assert row is not None
            for name, value in values.items():
                setattr(row, name, value)
        told = 0
        after = ""
        while True:
            async with self._database.read() as session:
                page = await journeys.find(session, self._tenant, client=client, after=after)
            for journey in page:
                if journey.status not in journeys.OVER:
                    with suppress(NotStarted):  # it will start with what is stored now
                        await self._tell(journey.id, SetClientFacts, None, **facts)
                        told += 1
            if len(page) < 100:
                return told
            after = page[-1].id


def client_from(row: ClientRow) -> Client:
    """A stored client as the host knows them."""
    return Client(
        id=row.id,
        display_name=row.display_name,
        language=row.language,
        zone=row.zone,
        quiet_hours=(row.quiet_from, row.quiet_to) if row.quiet_from and row.quiet_to else None,
        channels=tuple(Channel.model_validate(one) for one in row.channels),
        opted_out=tuple(row.opted_out),
        practitioner=row.practitioner,
        consent_at=row.consent_at,
        created_at=row.created_at,
    )


def _window(quiet_hours: tuple[str, str] | None) -> TimeWindow | None:
    if quiet_hours is None:
        return None
    try:
        window = TimeWindow.model_validate({"start": quiet_hours[0], "end": quiet_hours[1]})
    except ValueError:
        raise Refused("bad_quiet_hours", "T9", "write quiet hours as two wall times such as 21:00 and 08:00") from None
    if minutes_of(window) > LONGEST_QUIET_HOURS:
        raise Refused("quiet_too_long", "T9", "quiet hours may last 20 hours at most, or nothing would ever be delivered")
    return window


def _check_zone(zone: str) -> None:
    try:
        zone_of(zone)
    except UnknownZone as unknown:
        raise Refused("unknown_zone", "T3", str(unknown)) from None
