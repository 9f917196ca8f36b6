"""Notify: one message to one recipient by one channel, checked again and worded at the moment it is sent.

A mail to a client whose mails have to be counted, merged or held is handed to the client's owner (`activities/contacts.py`).
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import NamedTuple, Protocol

import structlog
from sqlalchemy.ext.asyncio import AsyncSession
from temporalio import activity

from activities.alive import alive
from activities.channels.email import EmailChannel, PermanentFailure, TemporaryFailure
from activities.counts import EMAIL, UNCOUNTED, Counts
from activities.letters import Letters, Message
from activities.recipients import Recipient, recipient_of
from activities.relevance import relevance
from activities.wording import Mail
from engine.contacts import UNLIMITED, Budget
from engine.effects import Notify, NotifyResult
from store import alerts, clients, contacts, journeys, ledger
from store.contact_rules import has_others
from store.database import Database
from store.tables import ClientRow, ContactRow, JourneyRow, NotificationRow

_log = structlog.get_logger("stepwell.notify")


class Owners(Protocol):
    """Whoever can wake the owner of what is sent to a client."""

    async def engage(self, tenant: str, client: str) -> None:
        """Have the owner look at what waits. Raises where it cannot be told."""


class HandedOver(NamedTuple):
    """The client's owner sends it, by the rules of that client."""


class _Letter(NamedTuple):
    """What is about to be sent, and where to."""

    address: str
    mail: Mail


class Notifier:
    """Tells people. The ledger knows of every message, sent or not, and why (rule N2)."""

    def __init__(
        self,
        database: Database,
        email: EmailChannel,
        staff: Mapping[str, str],
        owners: Owners,
        budget: Budget = UNLIMITED,
        *,
        counts: Counts = UNCOUNTED,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._database = database
        self._letters = Letters(database, email.settings)
        self._email = email
        self._staff = staff
        self._owners = owners
        self._budget = budget
        self._counts = counts
        self._now = now

    @activity.defn(name="notify")
    async def notify(self, effect: Notify) -> NotifyResult:
        """Send, or say why not. Raises on what may pass by itself, so that it is tried again.

        What is handed over counts as accepted: the journey hears of it again only if it fails for good.
        """
        async with alive():
            prepared = await self._prepare(effect)
            match prepared:
                case NotifyResult():
                    result = prepared
                case HandedOver():
                    await self._owners.engage(effect.tenant, effect.client)
                    result = NotifyResult(status="accepted")
                case _Letter():
                    result = await self._send(effect, prepared)
        way = "owner" if isinstance(prepared, HandedOver) else "direct"
        _log.info("notified", effect=effect.id, purpose=effect.purpose, status=result.status, reason=result.reason, way=way)
        return result

    async def _prepare(self, effect: Notify) -> _Letter | HandedOver | NotifyResult:
        """Note the attempt, check that the message still means something, and word it (rules R2, R3)."""
        async with self._database.of(effect.tenant).begin() as session:
            if effect.to == "client":
                await contacts.take(session, effect.tenant, effect.client)
            journey = await journeys.get(session, effect.tenant, effect.journey)
            client = await clients.get(session, effect.tenant, effect.client)
            if journey is None or client is None:
                raise RuntimeError(f"journey {effect.journey} is not in the store yet")
            if client.deleting_at is not None:  # also what was on its way: they are to be left alone at once (rule P4)
                return NotifyResult(status="skipped", reason="the client is being deleted")
            row = await ledger.intend(session, row_for(effect))
            known = await contacts.get(session, effect.id)
            if known is not None and not known.direct:  # it was handed over, and whoever did so died before saying it
                return HandedOver()
            recipient = await recipient_of(session, effect, journey, client, self._staff)
            if row.accepted_at is not None:  # the result of an attempt before this one was lost on its way
                return _on_the_list_alone(effect, recipient) if row.channel == "in_app" else NotifyResult(status="accepted")
            row.attempts += 1
            row.attempted_at = datetime.now(UTC)
            row.skipped = row.failed = None
            alert = await alerts.get(session, effect.tenant, effect.alert) if effect.alert else None
            meant = relevance(effect, journey, await journeys.occurrences(session, journey.id, effect.occurrences), alert)
            reason = "" if not meant.occurrences else await self._unwanted(session, effect, client, journey)
            if not meant.occurrences or reason:
                row.skipped = reason or meant.reason
                return NotifyResult(status="skipped", reason=row.skipped)
            refused = self._choose_way(effect, recipient, row)
            if refused is not None:
                return refused
            message = Message(effect, meant, journey)
            if effect.to != "client":
                mail = await self._letters.to_staff(session, message, recipient.reader)
            elif await self._is_handed_over(session, effect, client, row, known):
                return HandedOver()
            else:
                mail = await self._letters.to_client(session, [message], recipient.reader)
            return _Letter(recipient.ways[effect.channel].address, mail)

    async def _unwanted(self, session: AsyncSession, effect: Notify, client: ClientRow, journey: JourneyRow) -> str:
        """Why an automatic reminder of this client is not wanted now; the store may not have heard yet who asked for it."""
        reason = await hold_on_reminders(session, effect, client, journey)
        if not reason:
            return ""
        asked = await contacts.was_asked(session, effect.journey, effect.id)
        if asked is None:
            raise RuntimeError(f"why journey {effect.journey} reminds is not in the store yet")
        return "" if asked else reason

    async def _is_handed_over(
        self, session: AsyncSession, effect: Notify, client: ClientRow, row: NotificationRow, known: ContactRow | None
    ) -> bool:
        """Reserve it: for this very activity where nothing has to be considered, else for the client's owner."""
        now = max(self._now(), effect.intended_at)  # the server's clock may be ahead of ours
        if known is not None:
            known.taken_at, known.attempts = now, known.attempts + 1
            return False
        waits = await self._is_considered(session, effect, client, now)
        contact = contact_for(effect)
        if waits:
            contact.look_at = now
            row.attempts, row.attempted_at, row.message_id = 0, None, None
        else:
            contact.direct, contact.state, contact.letter = True, contacts.SENDING, effect.id
            contact.taken_at = contact.first_taken_at = now
            contact.attempts = 1
        await contacts.add(session, contact)
        return waits

    async def _is_considered(self, session: AsyncSession, effect: Notify, client: ClientRow, now: datetime) -> bool:
        """Whether anything of the client may hold a mail, merge it with another, or has to be counted."""
        limits = (
            client.contacts_a_day or self._budget.a_day,
            client.contacts_a_week or self._budget.a_week,
            client.preferred_from,
            client.held_at,
        )
        if any(limits) or (client.snoozed_until is not None and client.snoozed_until > now):
            return True
        if await has_others(session, client, effect.journey):
            return True
        return await contacts.has_open(session, effect.tenant, effect.client)

    def _choose_way(self, effect: Notify, recipient: Recipient, row: NotificationRow) -> NotifyResult | None:
        """Note the channel; where nothing is to be sent by it, the result."""
        if effect.channel >= len(recipient.ways):
            row.failed = "no channel is left"
            return NotifyResult(status="undeliverable", reason=row.failed)
        kind, address = recipient.ways[effect.channel]
        row.channel = kind
        if kind == "in_app" and effect.purpose == "risk":  # nobody looks at a list because of an alert: climb on
            row.failed = "an alert is not told by a list"
            return NotifyResult(status="failed", reason=row.failed)
        if kind == "in_app":  # the to-do list itself: nobody opts out of it, and it shows the step already (rule R5)
            row.accepted_at = datetime.now(UTC)
            return _on_the_list_alone(effect, recipient)
        if kind in recipient.opted_out:
            row.skipped = f"opted out of {kind}"
            return NotifyResult(status="failed", reason=row.skipped)
        if kind != "email":
            row.failed = f"nothing here sends by {kind}"
            return NotifyResult(status="failed", reason=row.failed)
        if not address:
            row.failed = NO_ADDRESS
            return NotifyResult(status="failed", reason=row.failed)
        row.message_id = self._email.message_id(effect.id)
        return None

    async def _send(self, effect: Notify, letter: _Letter) -> NotifyResult:
        try:
            await self._email.send(letter.address, letter.mail, effect.id)
        except PermanentFailure as failure:
            await self._note(effect, failed=str(failure), is_final=True)
            return NotifyResult(status="failed", reason=str(failure))
        except TemporaryFailure as failure:
            await self._note(effect, failed=str(failure))
            raise
        await self._note(effect)
        return NotifyResult(status="accepted")

    async def _note(self, effect: Notify, *, failed: str | None = None, is_final: bool = False) -> None:
        """Note how it ended. What was accepted once stays accepted: an attempt given up as lost may still come home."""
        async with self._database.of(effect.tenant).begin() as session:
            if effect.to == "client":
                await contacts.take(session, effect.tenant, effect.client)
            row = await ledger.intend(session, row_for(effect))
            contact = await contacts.get(session, effect.id)
            is_news = row.accepted_at is None
            if is_news:
                row.failed = failed
                row.accepted_at = None if failed else datetime.now(UTC)
            if contact is not None and (failed is None or is_final):
                contact.state = contacts.FAILED if failed else contacts.SENT
                contact.taken_at = max(self._now(), effect.intended_at)
        if is_news and failed is None:
            self._counts.accepted(EMAIL, effect.purpose, self._now() - effect.intended_at)


NO_ADDRESS = "there is no address for email"


def _on_the_list_alone(effect: Notify, recipient: Recipient) -> NotifyResult:
    """The list shows it. Where nothing else could bring it to the client, the practitioner is to know (rule N3)."""
    failed = [way.kind for way in recipient.ways[: effect.channel] if way.kind not in recipient.opted_out]
    if failed and effect.to == "client" and effect.purpose == "delivered":
        return NotifyResult(status="undeliverable", reason=f"{', '.join(failed)} failed; only the to-do list shows it")
    return NotifyResult(status="accepted")


async def hold_on_reminders(session: AsyncSession, effect: Notify, client: ClientRow, journey: JourneyRow) -> str:
    """Why nobody reminds this client by the plan, on whichever journey (rule R8); empty: nothing speaks against it.

    What a journey knows of its own alerts it has heeded already, when it planned the reminder.
    """
    if effect.purpose != "reminder" or effect.to != "client":
        return ""
    if client.held_at is not None:
        return "the client's messages are held"
    heeded = journey.risks or ()
    if any(one.id not in heeded for one in await contacts.alerts_of(session, client.tenant, client.id)):
        return "an alert about the client is not acknowledged"
    return ""


def row_for(effect: Notify) -> NotificationRow:
    """What the ledger holds of a message from the beginning."""
    return NotificationRow(
        id=effect.id,
        journey=effect.journey,
        occurrences=list(effect.occurrences),
        purpose=effect.purpose,
        recipient=effect.to,
        intended_at=effect.intended_at,
    )


def contact_for(effect: Notify) -> ContactRow:
    """A message to a client by mail that wants to go out."""
    return ContactRow(
        id=effect.id,
        tenant=effect.tenant,
        client=effect.client,
        journey=effect.journey,
        effect=effect.model_dump(mode="json"),
        intended_at=effect.intended_at,
        state=contacts.WAITING,
    )
