"""Send contacts: whatever may go out to one client now, as one mail, and when to look again.

Everything it knows is in the store. Mails are reserved before they are sent, under a lock of the client's own, so that
no two can each be "just one"; whoever dies in between is followed by somebody who sends the same mail under the same id.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple, Protocol

import structlog
from sqlalchemy.ext.asyncio import AsyncSession
from temporalio import activity

from activities.alive import alive
from activities.channels.email import EmailChannel, PermanentFailure, TemporaryFailure
from activities.counts import EMAIL, UNCOUNTED, Counts
from activities.letters import Letters, Message
from activities.notifier import NO_ADDRESS, Notifier, hold_on_reminders, row_for
from activities.recipients import recipient_of
from activities.relevance import relevance
from activities.wording import Mail
from engine.contacts import UNLIMITED, Budget, Decision, Rules, Waiting, decide, week_begins
from engine.effects import SEND_CONTACTS, ContactsSent, Notify, SendContacts, fall_back
from store import clients, contacts, journeys, ledger
from store.contact_rules import rules_of
from store.database import Database
from store.tables import ClientRow, ContactRow, JourneyRow, NotificationRow

_PATIENCE = timedelta(hours=6)
"""How long one mail is tried, as any other message is."""
_MARGIN = timedelta(seconds=15)
"""Beyond the longest conversation with a mail server: so long whoever reserved a mail has it alone."""
_FIRST_PAUSE = timedelta(seconds=2)
_LONGEST_PAUSE = timedelta(minutes=10)

_log = structlog.get_logger("stepwell.contacts")


class Reached(Protocol):
    """Whoever can tell a journey that its client could not be reached."""

    async def not_reached(self, effect: Notify, reason: str) -> None:
        """Tell it, once however often it is told; where the journey is over, nobody has to know."""


class _Letter(NamedTuple):
    """One mail, about to go."""

    id: str
    address: str
    mail: Mail
    contacts: tuple[ContactRow, ...]
    at: datetime


class Contacts:
    """Sends what a client's owner is asked to see to."""

    def __init__(
        self,
        database: Database,
        email: EmailChannel,
        notifier: Notifier,
        journeys: Reached,
        budget: Budget = UNLIMITED,
        *,
        counts: Counts = UNCOUNTED,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._database = database
        self._letters = Letters(database, email.settings)
        self._email = email
        self._notifier = notifier
        self._journeys = journeys
        self._budget = budget
        self._counts = counts
        self._now = now
        self._lease = timedelta(seconds=email.settings.timeout) + _MARGIN

    @activity.defn(name=SEND_CONTACTS)
    async def send_contacts(self, wanted: SendContacts) -> ContactsSent:
        """One mail after the other until nothing may go out any more; one at most, but for what is urgent."""
        async with alive():
            while True:
                async with self._database.of(wanted.tenant).begin() as session:
                    await contacts.take(session, wanted.tenant, wanted.client)
                    letter = await self._next(session, wanted)
                if isinstance(letter, ContactsSent):
                    return letter
                await self._send(letter)

    # What goes out

    async def _next(self, session: AsyncSession, wanted: SendContacts) -> _Letter | ContactsSent:
        client = await clients.get(session, wanted.tenant, wanted.client)
        if client is None or client.deleting_at is not None:  # they are to be left alone at once (rule P4)
            return ContactsSent()
        rows = [one for one in await contacts.open_of(session, client.tenant, client.id) if not one.direct]
        # the clocks of the server, of whoever asked for a message and ours may differ: it is as late as any of them says
        now = max(self._now(), wanted.at, *(one.intended_at for one in rows))
        meant = await self._still_meant(session, rows, client)
        rules = await rules_of(session, client, self._budget, now)
        letter = await self._again(session, rows, meant, client, rules, now)
        if letter is None:
            letter = await self._anew(session, rows, meant, client, rules, now)
        if letter is not None:
            return letter
        left = [one.look_at for one in rows if one.id in meant and one.look_at is not None]
        return ContactsSent(look_at=min(left, default=None))

    async def _still_meant(self, session: AsyncSession, rows: Sequence[ContactRow], client: ClientRow) -> dict[str, Message]:
        """What still means something (rule R2); the rest is dropped, with its reason in the ledger."""
        found: dict[str, Message] = {}
        for row in rows:
            effect = Notify.model_validate(row.effect)
            journey = await journeys.get(session, row.tenant, row.journey)
            assert journey is not None, "a message refers to its journey"
            meant = relevance(effect, journey, await journeys.occurrences(session, journey.id, effect.occurrences))
            reason = meant.reason if not meant.occurrences else await self._unwanted(session, effect, client, journey)
            if not reason:
                found[row.id] = Message(effect, meant, journey)
                continue
            row.state, row.look_at = contacts.DROPPED, None
            (await self._line(session, effect)).skipped = reason
        return found

    async def _unwanted(self, session: AsyncSession, effect: Notify, client: ClientRow, journey: JourneyRow) -> str:
        if "email" in client.opted_out:
            return "opted out of email"
        reason = await hold_on_reminders(session, effect, client, journey)
        return reason if reason and not await contacts.was_asked(session, effect.journey, effect.id) else ""

    async def _again(
        self,
        session: AsyncSession,
        rows: Sequence[ContactRow],
        meant: dict[str, Message],
        client: ClientRow,
        rules: Rules,
        now: datetime,
    ) -> _Letter | None:
        """A mail that was reserved before and is not known to have gone: the same again, where the rules still let it."""
        for name in dict.fromkeys(one.letter for one in rows if one.state == contacts.SENDING and one.letter):
            inside = [one for one in rows if one.letter == name and one.id in meant]
            if not inside or any(one.look_at is not None and one.look_at > now for one in inside):
                continue
            sent = await contacts.taken(session, client.tenant, client.id, since=week_begins(now, rules.zone), without=name)
            asked = [_waiting(meant[one.id].effect) for one in inside]
            decision = decide(asked, sent, rules._replace(together=timedelta()), now)
            if decision.now:
                return await self._letter(session, name, inside, meant, client, now)
            await self._note_holds(session, inside, meant, decision)
        return None

    async def _anew(
        self,
        session: AsyncSession,
        rows: Sequence[ContactRow],
        meant: dict[str, Message],
        client: ClientRow,
        rules: Rules,
        now: datetime,
    ) -> _Letter | None:
        """What may go out now of all that waits, as one mail."""
        waiting = {one.id: one for one in rows if one.state == contacts.WAITING and one.id in meant}
        sent = await contacts.taken(session, client.tenant, client.id, since=week_begins(now, rules.zone))
        decision = decide([_waiting(meant[name].effect) for name in waiting], sent, rules, now)
        await self._note_holds(session, list(waiting.values()), meant, decision)
        if not decision.now:
            return None
        return await self._letter(session, decision.now[0], [waiting[one] for one in decision.now], meant, client, now)

    async def _note_holds(
        self, session: AsyncSession, rows: Sequence[ContactRow], meant: dict[str, Message], decision: Decision
    ) -> None:
        for row in rows:
            hold = decision.held.get(row.id)
            if hold is not None:
                row.look_at = hold.until
                line = await self._line(session, meant[row.id].effect)
                line.held_until, line.held_why = hold.until, hold.kind

    async def _letter(
        self,
        session: AsyncSession,
        name: str,
        rows: Sequence[ContactRow],
        meant: dict[str, Message],
        client: ClientRow,
        now: datetime,
    ) -> _Letter:
        """Reserve a mail: from now on it counts, and is the same mail whoever sends it."""
        for row in rows:
            row.state, row.letter, row.look_at = contacts.SENDING, name, now + self._lease
            row.taken_at, row.first_taken_at, row.attempts = now, row.first_taken_at or now, row.attempts + 1
            line = await self._line(session, meant[row.id].effect)
            line.channel, line.message_id = "email", self._email.message_id(name)
            line.merged_into = None if row.id == name else name
            line.attempts, line.attempted_at, line.failed, line.skipped = row.attempts, datetime.now(UTC), None, None
        messages = [meant[row.id] for row in rows]
        recipient = await recipient_of(session, messages[0].effect, messages[0].journey, client, {})
        address = next((way.address for way in recipient.ways if way.kind == "email"), "")
        mail = await self._letters.to_client(session, messages, recipient.reader)
        return _Letter(name, address, mail, tuple(rows), now)

    # What became of it

    async def _send(self, letter: _Letter) -> None:
        now, began = letter.at, datetime.now(UTC)
        try:
            if not letter.address:
                raise PermanentFailure(NO_ADDRESS)
            await self._email.send(letter.address, letter.mail, letter.id)
        except PermanentFailure as failure:
            await self._give_up(letter, str(failure))
        except TemporaryFailure as failure:
            if now - min(one.first_taken_at or now for one in letter.contacts) >= _PATIENCE:
                await self._give_up(letter, str(failure))
            else:
                pause = min(_FIRST_PAUSE * 2 ** (min(letter.contacts[0].attempts, 20) - 1), _LONGEST_PAUSE)
                await self._note(letter, contacts.SENDING, failed=str(failure), look_at=now + pause)
        else:
            await self._note(letter, contacts.SENT, taken_at=now + (datetime.now(UTC) - began))
        _log.info("letter", letter=letter.id, messages=len(letter.contacts))

    async def _give_up(self, letter: _Letter, reason: str) -> None:
        """The next channel; where none brings it to the client, the journey hears of it. Noted last: till then it is tried."""
        for row in letter.contacts:
            first = effect = Notify.model_validate(row.effect)
            async with self._database.of(effect.tenant).begin() as session:
                (await self._line(session, effect)).failed = reason
            while True:
                effect = fall_back(effect)
                result = await self._notifier.notify(effect)
                if result.status != "failed":
                    break
            if result.status == "undeliverable":
                await self._journeys.not_reached(first, result.reason or "no channel is left")
        await self._note(letter, contacts.FAILED, failed=reason)

    async def _note(
        self,
        letter: _Letter,
        state: str,
        *,
        failed: str | None = None,
        look_at: datetime | None = None,
        taken_at: datetime | None = None,
    ) -> None:
        first, news = letter.contacts[0], list[tuple[str, datetime]]()
        async with self._database.of(first.tenant).begin() as session:
            await contacts.take(session, first.tenant, first.client)
            for one in letter.contacts:
                row = await contacts.get(session, one.id)
                if row is None:  # deleted with its client meanwhile
                    continue
                row.state, row.look_at, row.taken_at = state, look_at, taken_at or row.taken_at
                effect = Notify.model_validate(row.effect)
                line = await self._line(session, effect)
                if line.accepted_at is None:
                    line.failed = failed
                    line.accepted_at = datetime.now(UTC) if state == contacts.SENT else None
                    if state == contacts.SENT:  # until then it was held because somebody wanted it so, which is not late
                        news.append((effect.purpose, max(effect.intended_at, line.held_until or effect.intended_at)))
        for purpose, meant_for in news:
            self._counts.accepted(EMAIL, purpose, self._now() - meant_for)

    async def _line(self, session: AsyncSession, effect: Notify) -> NotificationRow:
        return await ledger.intend(session, row_for(effect))


def _waiting(effect: Notify) -> Waiting:
    closing = [one for one in effect.closes_at if one is not None]
    return Waiting(
        id=effect.id,
        purpose=effect.purpose,
        intended_at=effect.intended_at,
        is_urgent=effect.urgent,
        closes_at=min(closing, default=None),
    )
