"""Links in clients' mails: made for one step, good for nothing else, and over once the step is."""

from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from engine.turn import Answer
from stepwell.access import Caller, Scope, Step, needs
from stepwell.answering import Answering
from stepwell.errors import NotFound, Refused
from stepwell.models import NewLink, Taken, ToDo
from stepwell.reading import Reading
from store import clients, journeys, links
from store.database import Database

LASTS = timedelta(days=30)
"""How long a link is good for unless said otherwise."""
_SCOPES: frozenset[Scope] = frozenset({"answers:read", "answers:write", "clients:write"})
_MAIL = "email"


class Links(Answering, Reading):
    """Make and take away links; and what somebody does who has nothing but one."""

    @needs("answers:write", "host")
    async def make_link(self, journey: str, occurrence: str, *, lasts: timedelta = LASTS) -> NewLink:
        """Make a link to a delivered step, and show its token, this once. Raises NotFound, Refused."""
        row = await self._journey(journey)
        now = self._now()
        if not timedelta(minutes=1) <= lasts <= timedelta(days=365):
            raise Refused("bad_duration", "V4", "a link lasts from a minute to a year")
        async with self._database.begin() as session:
            known = {one.id: one.state for one in await journeys.occurrences(session, row.id)}
            if occurrence not in known:
                raise NotFound(f"{occurrence} was not delivered in {row.id}")
            if known[occurrence] in links.SETTLED_FOR_GOOD or row.status in ("stopped", "ended"):
                raise Refused("settled", "G9", f"{occurrence} is settled: a link to it would open nothing")
            token = await links.make(session, row, occurrence, "step", now=now, lasts=lasts)
            await self._note(session, "link made", f"{row.id}/{occurrence}")
        return NewLink(token=token, expires_at=now + lasts)

    @needs("answers:write", "host")
    async def revoke_links(self, journey: str, occurrence: str) -> None:
        """End every link to a step at once, also those in mails; the second time changes nothing."""
        row = await self._journey(journey)
        async with self._database.begin() as session:
            await links.revoke(session, row.id, occurrence, self._now())
            await self._note(session, "links revoked", f"{row.id}/{occurrence}")

    @needs("answers:read", "client", only_by_link=True)
    async def linked_step(self) -> ToDo:
        """The step of this link, as its client's to-do list has it; showing it changes nothing."""
        only = self._linked
        return await self.step(only.journey, only.occurrence)

    @needs("answers:write", "client", only_by_link=True)
    async def linked_open(self, *, content_version: int | None = None, message_id: str | None = None) -> Answer:
        """The client looks at the step of this link."""
        return await self.open(*self._linked, content_version=content_version, message_id=message_id)

    @needs("answers:write", "client", only_by_link=True)
    async def linked_respond(
        self,
        response: dict[str, Any] | None = None,
        *,
        submission_id: str | None = None,
        obstacle: str | None = None,
        content_version: int | None = None,
    ) -> Taken:
        """Answer the step of this link."""
        facts: dict[str, Any] = {"submission_id": submission_id, "obstacle": obstacle, "content_version": content_version}
        return await self.respond(*self._linked, response, **facts)

    @needs("answers:write", "client", only_by_link=True)
    async def linked_save(self, response: dict[str, Any], *, content_version: int | None = None) -> None:
        """Keep what was written so far at the step of this link."""
        await self.save_response(*self._linked, response, content_version=content_version)

    @needs("answers:write", "client", only_by_link=True)
    async def linked_skip(self, *, obstacle: str | None = None, message_id: str | None = None) -> Answer:
        """Leave out the step of this link."""
        return await self.skip(*self._linked, obstacle=obstacle, message_id=message_id)

    @needs("answers:write", "client", only_by_link=True)
    async def linked_snooze(self, until: datetime, *, message_id: str | None = None) -> Answer:
        """Want no reminder of the step of this link before an instant."""
        return await self.snooze(*self._linked, until, message_id=message_id)

    @needs("clients:write", "client", only_by_link=True)
    async def linked_opt_out(self) -> None:
        """The client of this link wants no more mail; their to-do list goes on (rule R5)."""
        assert self._caller.id is not None
        async with self._database.begin() as session:
            row = await clients.get(session, self._tenant, self._caller.id)
            assert row is not None
            row.opted_out = sorted({*row.opted_out, _MAIL})

    @property
    def _linked(self) -> Step:
        assert self._caller.only is not None, "the right says: only by a link"
        return self._caller.only


class Bearer(NamedTuple):
    """Who holds a credential."""

    caller: Caller
    is_spent: bool = False
    """Whether it is a link whose step is settled for good: nothing is to be done with it any more."""
    secret: str = ""
    """What only its bearer has, as long as the credential lasts; never kept, never shown."""


async def bearer_of(database: Database, token: str) -> Bearer | None:
    """Whose link it is; None where it is unknown, expired or revoked: nobody is told which."""
    async with database.of_every_tenant().read() as session:
        row = await links.find(session, token, "step", datetime.now(UTC))
        if row is None:
            return None
        is_spent = await links.is_spent(session, row)
    return Bearer(_caller(row.tenant, row.client, Step(row.journey, row.occurrence), row.hash), is_spent, token)


async def opting_out(database: Database, token: str) -> Caller | None:
    """Whose mails this token ends; None where it is none."""
    async with database.of_every_tenant().read() as session:
        row = await links.find(session, token, "opt_out", datetime.now(UTC))
    return _caller(row.tenant, row.client, Step(row.journey, row.occurrence), row.hash) if row is not None else None


def _caller(tenant: str, client: str, only: Step, mark: str) -> Caller:
    return Caller(tenant=tenant, kind="client", id=client, scopes=_SCOPES, only=only, credential=f"link-{mark[:16]}")
