"""Why a client had mail or had none, and holding it by hand: across all of their journeys (rules R4, R5, R8)."""

from contextlib import suppress

from temporalio.service import RPCError

from engine.contacts import HoldKind, day_begins, week_begins
from engine.effects import Notify
from stepwell.access import needs
from stepwell.contacts import engage
from stepwell.desk import plain
from stepwell.enrolment import refuse_deleting
from stepwell.errors import Refused
from stepwell.models import Client, ContactBudget, PastContact, WaitingContact
from stepwell.people import People, client_from
from store import contacts, ledger
from store.contact_rules import rules_of
from store.tables import ClientRow, ContactRow, NotificationRow

WHY: dict[HoldKind, str] = {
    "together": "others of the same few minutes are to be in the same mail",
    "day": "as many mails as may be went out that day",
    "week": "as many mails as may be went out that week",
    "quiet": "quiet hours",
    "preferred": "the client prefers another time of day",
    "snoozed": "the client wants no mail before then",
    "by_hand": "somebody holds the client's mails",
}
_LATEST = 20


class Contacting(People):
    """See and hold what is sent to a client."""

    @needs("clients:read", "host", "practitioner", "client", "operator")
    async def contacts(self, client: str) -> ContactBudget:
        """What holds for a client's mails, what waits and why, and what went lately. Raises NotFound."""
        now = self._now()
        async with self._database.read() as session:
            row = await self._client_in(session, client)
            rules = await rules_of(session, row, self._care.budget, now)
            taken = await contacts.taken(session, self._tenant, client, since=week_begins(now, rules.zone))
            waiting = await contacts.open_of(session, self._tenant, client)
            lines = {one.id: one for one in await ledger.of_client(session, self._tenant, client, [one.id for one in waiting])}
            latest = await ledger.latest_of_client(session, self._tenant, client, _LATEST)
            alerts = await contacts.alerts_of(session, self._tenant, client)
        is_client = self._caller.kind == "client"
        known = client_from(row)
        return ContactBudget(
            client=client,
            zone=str(rules.zone),
            a_day=rules.a_day,
            a_week=rules.a_week,
            today=sum(one >= day_begins(now, rules.zone) for one in taken),
            this_week=len(taken),
            preferred_time=known.preferred_time,
            quiet_hours=known.quiet_hours,
            snoozed_until=row.snoozed_until,
            opted_out=known.opted_out,
            held_since=row.held_at,
            held_by=None if is_client else row.held_by,
            held_reason=None if is_client else row.held_reason,
            alerts=() if is_client else tuple(one.id for one in alerts),
            waiting=tuple(_waiting(one, lines.get(one.id)) for one in waiting),
            latest=tuple(_past(one) for one in latest),
        )

    @needs("clients:write", "practitioner", "operator")
    async def hold_contacts(self, client: str, *, reason: str, by: str | None = None) -> Client:
        """Hold a client's mails, on whichever journey: no automatic reminder is sent, and nothing that is not urgent.

        Journeys go on, a practitioner's own words pass. It lasts until somebody lifts it; held already, the first stays the one.
        Raises NotFound, Refused.
        """
        who, why = self._named(by), _said(reason)
        async with self._database.begin() as session:
            await contacts.take(session, self._tenant, client)
            row = await self._client_in(session, client)
            refuse_deleting(row)
            if row.held_at is None:
                row.held_at, row.held_by, row.held_reason = self._now(), who, why
                session.add(row)
                await contacts.look_again(session, self._tenant, client, self._now())
                await self._note(session, "contacts held", client, why, actor=self._holder(who))
        return await self._woken(row)

    @needs("clients:write", "practitioner", "operator")
    async def lift_hold(self, client: str, *, reason: str, by: str | None = None) -> Client:
        """Let a client's mails go again, by the rules: what waited, as one. Raises NotFound, Refused."""
        who, why = self._named(by), _said(reason)
        async with self._database.begin() as session:
            await contacts.take(session, self._tenant, client)
            row = await self._client_in(session, client)
            refuse_deleting(row)
            if row.held_at is None:
                raise Refused("not_held", "R8", f"nobody holds the mails of {client}")
            row.held_at = row.held_by = row.held_reason = None
            session.add(row)
            await contacts.look_again(session, self._tenant, client, self._now())
            await self._note(session, "contacts no longer held", client, why, actor=self._holder(who))
        return await self._woken(row)

    async def _woken(self, row: ClientRow) -> Client:
        with suppress(RPCError):  # a worker does it soon
            await engage(self._connection, row.tenant, row.id)
        return self._known(row)

    def _named(self, by: str | None) -> str:
        who = plain(self._person(by) or "", "a name", "R8", 64).strip()
        if not who:
            raise Refused("unnamed", "R8", "a client's mails are held, and let go, by a named person")
        return who

    def _holder(self, who: str) -> str:
        return f"process:{who}" if self._caller.kind == "process" else self._caller.name


def _said(reason: str) -> str:
    why = plain(reason, "a reason", "R8", 2000).strip()
    if not why:
        raise Refused("unnamed", "R8", "say why; the reason is kept")
    return why


def _waiting(row: ContactRow, line: NotificationRow | None) -> WaitingContact:
    effect = Notify.model_validate(row.effect)
    is_sending = row.state == contacts.SENDING
    kind = line.held_why if line is not None else None
    return WaitingContact(
        id=row.id,
        journey=row.journey,
        purpose=effect.purpose,
        occurrences=effect.occurrences,
        is_urgent=effect.urgent,
        intended_at=row.intended_at,
        until=line.held_until if line is not None and not is_sending else None,
        why="sending" if is_sending else next((words for name, words in WHY.items() if name == kind), "about to be looked at"),
    )


def _past(row: NotificationRow) -> PastContact:
    return PastContact(
        id=row.id,
        journey=row.journey,
        purpose=row.purpose,
        intended_at=row.intended_at,
        accepted_at=row.accepted_at,
        merged_into=row.merged_into,
        why_not=row.skipped or row.failed,
    )
