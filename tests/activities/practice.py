"""A practice with one client on one pathway: real engine, store and mail server; time passes when a test says so."""

from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import TypeAdapter
from temporalio.testing import ActivityEnvironment

from activities.channels.email import EmailChannel, EmailSettings
from activities.contacts import Contacts
from activities.counts import UNCOUNTED
from activities.notifier import Notifier
from activities.recorder import Recorder
from engine.advance import StartFacts, advance, begin
from engine.base import ClientId, EffectId, TenantId
from engine.contacts import UNLIMITED
from engine.effects import Notify, NotifyResult, Record, SendContacts
from engine.messages import Message
from engine.publishing import compile_pathway
from engine.turn import Turn
from stepwell.caughtmail import CaughtMail, read_mails
from stepwell.mailcatcher import MailCatcher
from store import clients, journeys, ledger, pathways
from store.database import Database
from store.tables import ClientRow, JourneyRow, NotificationRow, PractitionerRow
from tests.pathways import document, step
from tests.store.seeds import NOW, client_row, journey_row

LINK = "https://app.example.org/{journey}/{occurrence}"
TRIAL = document(
    step("walk", "reminders: {after: [2 hours]}\nwindow: {finish_by: 3 days}")
    + step("rest", "reminders: {after: [2 hours]}\ndeliver: {after: journey.started}\nregardless: true")
    + step("later", "deliver: {after: journey.started, offset: 30 days}")
)
_MESSAGE: TypeAdapter[Message] = TypeAdapter(Message)


class Asleep:
    """The owners of clients' mails: who was woken, and which journeys were told that nobody could be reached."""

    def __init__(self) -> None:
        self.woken: list[str] = []
        self.told: list[tuple[str, str]] = []

    async def engage(self, tenant: str, client: str) -> None:
        """Note who was woken."""
        self.woken.append(client)

    async def not_reached(self, effect: Notify, reason: str) -> None:
        """Note who was told, and why."""
        self.told.append((effect.id, reason))


class Practice:
    """What a test has in hand. `staff` says where the roles on an escalation ladder read their mail."""

    def __init__(self, database: Database, mail: MailCatcher, **settings: Any) -> None:
        self.database = database
        self.mail = mail
        self.staff: dict[str, str] = {}
        self.budget = UNLIMITED
        self.counts = UNCOUNTED
        self.now = datetime.now(UTC)
        self.effects: list[Notify] = []
        self.turn: Turn
        self._sent = 0
        self.configure(**settings)

    def configure(self, **settings: Any) -> None:
        """Set up the mail channel anew."""
        chosen = {"port": self.mail.port, "sender": "Practice <stepwell@practice.test>", "client_link": LINK, "timeout": 20.0}
        self.email = EmailChannel(EmailSettings.model_validate(chosen | settings), self.counts)
        self.owners = Asleep()
        clock: dict[str, Any] = {"now": lambda: self.now, "counts": self.counts}
        self._notifier = Notifier(self.database, self.email, self.staff, self.owners, self.budget, **clock)
        self._contacts = Contacts(self.database, self.email, self._notifier, self.owners, self.budget, **clock)

    async def open(self, source: str = TRIAL, client: ClientRow | None = None, **journey: Any) -> None:
        """Publish, enter the client, begin."""
        row = client or client_row(display_name="Ann")
        trial = compile_pathway(source)
        async with self.database.begin() as session:
            mark = pathways.fingerprint(source, {})
            await pathways.publish(session, "t", "trial", source, mark, lambda number: compile_pathway(source, number), NOW)
            await clients.add(session, row)
            await journeys.add(session, journey_row(**({"id": "jou_1", "client": row.id, "pathway": "trial"} | journey)))
        self._structure = trial.structure
        facts = StartFacts.model_validate({"journey": "jou_1", "tenant": "t", "client": row.id})
        await self._adopt(begin(self._structure, facts, self.now))

    # What happens

    async def says(self, kind: str, role: str = "client", **fields: Any) -> None:
        """Somebody sends a message, which is accepted and recorded."""
        self._sent += 1
        words = {"kind": kind, "id": f"m{self._sent}", "by": {"role": role}, **fields}
        turn = advance(self._structure, self.turn.journey, _MESSAGE.validate_python(words), self.now)
        assert turn.answer.accepted, turn.answer
        await self._adopt(turn)

    async def answers(self, occurrence: str) -> None:
        """The client completes a step."""
        await self.says("respond", occurrence=occurrence, response_id=f"of {occurrence}")

    async def pass_time(self, **length: float) -> None:
        """Let time pass on the journey's clock, waking whenever asked."""
        until = self.now + timedelta(**length)
        while self.turn.wake_at is not None and self.turn.wake_at <= until:
            self.now = max(self.now, self.turn.wake_at)
            await self.says("tick", "engine")
        self.now = until

    def later(self, **length: float) -> datetime:
        """An instant from now on the journey's clock."""
        return self.now + timedelta(**length)

    async def change_client(self, **fields: Any) -> None:
        """Change what is known of the client."""
        async with self.database.begin() as session:
            row = await clients.get(session, "t", self.turn.journey.client)
            assert row is not None
            for name, value in fields.items():
                setattr(row, name, value)

    async def hire(self, practitioner: PractitionerRow) -> None:
        """Keep a practitioner."""
        async with self.database.begin() as session:
            await clients.keep_practitioner(session, practitioner)

    async def _adopt(self, turn: Turn) -> None:
        self.turn = turn
        self.effects.extend(turn.effects)
        if turn.events:
            await self.record(*turn.events)

    async def record(self, *events: Any) -> int:
        """Record these events; the number of the last one kept."""
        key = EffectId(f"jou_1/record/{events[0].seq}-{events[-1].seq}")
        effect = Record.model_validate({"id": key, "tenant": "t", "journey": "jou_1", "events": events})
        result = await ActivityEnvironment().run(Recorder(self.database, self.counts).record, effect)
        return result.seq

    # Messages

    def wanted(self, purpose: str, to: str = "client") -> Notify:
        """The latest message that the engine asked for, of that purpose."""
        return [effect for effect in self.effects if (effect.purpose, effect.to) == (purpose, to)][-1]

    async def send(self, effect: Notify) -> NotifyResult:
        """Carry a message out, as a worker would."""
        return await ActivityEnvironment().run(self._notifier.notify, effect)

    async def look(self) -> datetime | None:
        """Let the owner of the client's mails look at what waits; when it wants to look again."""
        wanted = SendContacts(tenant=TenantId("t"), client=ClientId(self.turn.journey.client), at=self.now)
        return (await ActivityEnvironment().run(self._contacts.send_contacts, wanted)).look_at

    @property
    def mails(self) -> list[CaughtMail]:
        """What the mail server kept."""
        return read_mails(self.mail.folder)

    async def ledger(self) -> list[NotificationRow]:
        """Every row of the journey's ledger."""
        async with self.database.read() as session:
            return await ledger.of_journey(session, "jou_1")

    async def row(self, effect: Notify) -> NotificationRow:
        """The ledger's row of one message."""
        (found,) = (row for row in await self.ledger() if row.id == effect.id)
        return found

    async def journey(self) -> JourneyRow:
        """The journey as the store shows it."""
        async with self.database.read() as session:
            row = await journeys.get(session, "t", "jou_1")
        assert row is not None
        return row
