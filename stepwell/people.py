"""Clients and practitioners at the front door: who they are to us, and how to reach them."""

import re
from collections.abc import Sequence
from contextlib import suppress
from datetime import date, datetime
from typing import Any

from sqlalchemy.exc import IntegrityError
from temporalio.service import RPCError

from engine.calendar import LONGEST_QUIET_HOURS, minutes_of
from engine.messages import Message, SetClientFacts, SetDate
from engine.structure import TimeWindow
from engine.zones import UnknownZone, zone_of
from stepwell.access import needs
from stepwell.contacts import engage
from stepwell.desk import plain
from stepwell.enrolment import refuse_deleting
from stepwell.errors import Forbidden, NotStarted, Refused
from stepwell.models import Channel, Client, ClientChanges, Practitioner
from stepwell.steering import Steering
from store import clients, contacts, journeys
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
        quiet_from, quiet_to = _written(_window(quiet_hours))
        if zone is not None:
            _check_zone(zone)
        mail = [{"kind": "email", "address": email}] if email else []
        row = ClientRow(
            tenant=self._tenant,
            id=name,
            display_name=plain(display_name, "a name", "V4", 200),
            language=language,
            zone=zone,
            quiet_from=quiet_from,
            quiet_to=quiet_to,
            channels=[*mail, {"kind": "in_app"}],
            opted_out=[],
            practitioner=practitioner,
            consent_at=self._now() if has_consented else None,
            created_at=self._now(),
        )
        try:
            async with self._database.begin() as session:
                await clients.add(session, row)
                await self._note(session, "client added", name)
        except IntegrityError:
            raise Refused("client_exists", "P5", f"there is a client {name} already") from None
        return client_from(row)

    @needs("clients:read", "host", "practitioner", "client", "operator")
    async def client(self, client: str) -> Client:
        """The client of that id. Raises NotFound."""
        return self._known(await self._client(client))

    def _known(self, row: ClientRow) -> Client:
        """The client as the caller may know them: an operator sees by which channels, and neither name nor address."""
        known = client_from(row)
        if self._caller.kind != "operator":
            return known
        channels = tuple(one.model_copy(update={"address": None}) for one in known.channels)
        return known.model_copy(update={"display_name": "", "channels": channels})

    @needs("clients:read", "host", "practitioner", "operator")
    async def clients(self, *, limit: int = 100, after: str = "") -> list[Client]:
        """Clients in order of their ids, after one."""
        async with self._database.read() as session:
            whose = self._practitioner
            found = await clients.find(session, self._tenant, practitioner=whose, limit=limit, after=after)
        return [self._known(row) for row in found]

    @needs("clients:write", "host", "practitioner", "client", "operator")
    async def change_zone(self, client: str, zone: str) -> int:
        """Move a client to another zone; what is not delivered is planned again at once (rule T3).

        Returns how many running journeys were told.
        """
        _check_zone(zone)
        return (await self._change(client, ClientChanges(zone=zone)))[1]

    @needs("clients:write", "host", "practitioner", "client", "operator")
    async def change_quiet_hours(self, client: str, quiet_hours: tuple[str, str] | None) -> int:
        """Give a client quiet hours of their own, or with None the pathway's again (rule T9)."""
        _window(quiet_hours)
        return (await self._change(client, ClientChanges(quiet_hours=quiet_hours)))[1]

    @needs("clients:write", "host", "practitioner", "client")
    async def opt_out(self, client: str, channels: Sequence[str]) -> Client:
        """The client wants no message by these channels and takes all others; their to-do list goes on (rule R5)."""
        _check_channels(channels)
        return client_from((await self._change(client, ClientChanges(opted_out=tuple(sorted(set(channels))))))[0])

    @needs("clients:write", "host", "practitioner", "client", "operator")
    async def change_client(self, client: str, changes: ClientChanges) -> Client:
        """Change what is given of a client; running journeys hear of a zone or quiet hours at once (rules T3, T9).

        A client changes how they are reached and spoken to; operators change zone and quiet hours. Raises Refused, NotFound.
        """
        given = changes.model_fields_set
        allowed = _CHANGEABLE.get(self._caller.kind, given)
        if not given <= allowed:
            raise Forbidden(f"{', '.join(sorted(given - allowed))}: not for a {self._caller.kind} to change")
        return self._known((await self._change(client, changes))[0])

    @needs("journeys:write", "host", "practitioner", "operator")
    async def set_client_date(
        self, client: str, name: str, value: date | datetime | None, *, message_id: str | None = None
    ) -> int:
        """Set or move a date in every running journey of a client, or take it away (rule T4); returns in how many."""
        await self._client(client)
        return await self._tell_running(client, SetDate, message_id=message_id, name=name, value=value)

    @needs("clients:read", "host", "practitioner", "operator")
    async def practitioners(self, *, limit: int = 100, after: str = "") -> list[Practitioner]:
        """Practitioners in order of their ids, after one."""
        async with self._database.read() as session:
            found = await clients.practitioners(session, self._tenant, limit=limit, after=after)
        shown = [Practitioner.model_validate(one.model_dump(include=set(Practitioner.model_fields))) for one in found]
        return [one.model_copy(update={"email": None}) for one in shown] if self._caller.kind == "operator" else shown

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
            await self._note(session, "practitioner kept", id)

    async def _change(self, client: str, changes: ClientChanges) -> tuple[ClientRow, int]:
        """Keep what is given and tell running journeys what concerns them; the client afterwards, and how many were told."""
        window = _window(changes.quiet_hours)
        _preferred(changes.preferred_time)
        if changes.zone is not None:
            _check_zone(changes.zone)
        _check_channels(changes.opted_out or ())
        await self._client(client)
        async with self._database.begin() as session:
            row = await self._client_in(session, client)
            refuse_deleting(row)
            _apply(row, changes, window, self._now())
            session.add(row)
            waits = bool(changes.model_fields_set & _RULES) and await contacts.look_again(
                session, self._tenant, client, self._now()
            )
            await self._note(session, "client changed", client)
        if waits:
            await self._wake(client)
        facts: dict[str, Any] = {}
        if changes.zone is not None:
            facts["zone"] = changes.zone
        if "quiet_hours" in changes.model_fields_set:
            facts["quiet_hours"] = window or "pathway"
        return row, await self._tell_running(client, SetClientFacts, **facts) if facts else 0

    async def _wake(self, client: str) -> None:
        """Have what waits looked at anew; where the owner cannot be woken now, a worker does it soon."""
        with suppress(RPCError):
            await engage(self._connection, self._tenant, client)

    async def _tell_running(self, client: str, kind: type[Message], *, message_id: str | None = None, **facts: Any) -> int:
        """Tell every running journey of a client; returns how many."""
        told = 0
        after = ""
        while True:
            async with self._database.read() as session:
                page = await journeys.find(session, self._tenant, client=client, after=after)
            for journey in page:
                if journey.status not in journeys.OVER:
                    with suppress(NotStarted):  # it will start with what is stored now
                        await self._tell(journey.id, kind, message_id, **facts)
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
        preferred_time=(row.preferred_from, row.preferred_to) if row.preferred_from and row.preferred_to else None,
        snoozed_until=row.snoozed_until,
        contacts_a_day=row.contacts_a_day,
        contacts_a_week=row.contacts_a_week,
        held_since=row.held_at,
    )


_CHANGEABLE: dict[str, set[str]] = {
    "client": {"language", "zone", "quiet_hours", "opted_out", "preferred_time", "snoozed_until"},
    "operator": {"zone", "quiet_hours"},
}
"""What of a client these callers change; the others change everything."""


_RULES = {
    *("zone", "quiet_hours", "email", "opted_out"),
    *("preferred_time", "snoozed_until", "contacts_a_day", "contacts_a_week"),
}
"""What decides when mails that wait may go."""


def _apply(row: ClientRow, changes: ClientChanges, window: TimeWindow | None, now: datetime) -> None:
    """Bring what was given to the row."""
    given = changes.model_fields_set
    for name in given & {"language", "zone", "practitioner", "snoozed_until", "contacts_a_day", "contacts_a_week"}:
        setattr(row, name, getattr(changes, name))
    if changes.display_name is not None:
        row.display_name = plain(changes.display_name, "a name", "V4", 200)
    if "quiet_hours" in given:
        row.quiet_from, row.quiet_to = _written(window)
    if "preferred_time" in given:
        row.preferred_from, row.preferred_to = _written(_preferred(changes.preferred_time))
    if "email" in given:
        mail = [{"kind": "email", "address": changes.email}] if changes.email else []
        row.channels = [*mail, *(one for one in row.channels if one["kind"] != "email")]
    if changes.opted_out is not None:
        row.opted_out = sorted(set(changes.opted_out))
    if changes.has_consented is not None:
        row.consent_at = (row.consent_at or now) if changes.has_consented else None


def _check_channels(channels: Sequence[str]) -> None:
    unknown = set(channels) - {"email"}
    if unknown:
        raise Refused("unknown_channel", "R5", f"nobody can opt out of {', '.join(sorted(unknown))}: one of email")


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


def _preferred(hours: tuple[str, str] | None) -> TimeWindow | None:
    if hours is None:
        return None
    try:
        window = TimeWindow.model_validate({"start": hours[0], "end": hours[1]})
    except ValueError:
        raise Refused("bad_preferred_time", "R5", "write a preferred time as two wall times such as 17:00 and 20:00") from None
    if window.start == window.end:
        raise Refused(
            "bad_preferred_time", "R5", "a preferred time that begins when it ends says nothing; take it away instead"
        )
    return window


def _written(window: TimeWindow | None) -> tuple[str | None, str | None]:
    """Quiet hours as they are kept."""
    return (f"{window.start:%H:%M}", f"{window.end:%H:%M}") if window else (None, None)


def _check_zone(zone: str) -> None:
    try:
        zone_of(zone)
    except UnknownZone as unknown:
        raise Refused("unknown_zone", "T3", str(unknown)) from None
