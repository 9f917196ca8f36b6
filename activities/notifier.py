"""Notify: one message to one recipient by one channel, checked again and worded at the moment it is sent."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import NamedTuple

import structlog
from sqlalchemy.ext.asyncio import AsyncSession
from temporalio import activity

from activities.channels.email import EmailChannel, PermanentFailure
from activities.wording import Item, Mail, Reader, mail_for
from engine.contents import Contents
from engine.effects import Notify, NotifyResult
from engine.steptype import in_language
from store import clients, journeys, ledger, pathways
from store.database import Database
from store.tables import ClientRow, JourneyRow, NotificationRow

_log = structlog.get_logger("stepwell.notify")
_SETTLED = ("completed", "expired", "abandoned", "skipped", "excused", "not_applicable", "cancelled")


class _Recipient(NamedTuple):
    reader: Reader
    channels: list[tuple[str, str | None]]
    """Kind and address, in their order."""
    opted_out: frozenset[str]


class _Prepared(NamedTuple):
    """What is about to be sent; or the result, where nothing is."""

    result: NotifyResult | None = None
    kind: str = ""
    address: str = ""
    mail: Mail | None = None


class Notifier:
    """Tells people. The ledger knows of every message, sent or not, and why (rule N2)."""

    def __init__(self, database: Database, email: EmailChannel, staff: Mapping[str, str]) -> None:
        self._database = database
        self._email = email
        self._staff = staff

    @activity.defn(name="notify")
    async def notify(self, effect: Notify) -> NotifyResult:
        """Send, or say why not. Raises on what may pass by itself, so that it is tried again."""
        prepared = await self._prepare(effect)
        if prepared.result is not None:
            return prepared.result
        try:
            if prepared.mail is not None:
                await self._email.send(prepared.address, prepared.mail, effect.id)
        except PermanentFailure as failure:
            await self._close(effect, failed=str(failure))
            return NotifyResult(status="failed", reason=str(failure))
        await self._close(effect, accepted=True)
        _log.info("notified", effect=effect.id, purpose=effect.purpose, channel=prepared.kind)
        return NotifyResult(status="accepted")

    async def _prepare(self, effect: Notify) -> _Prepared:
        """Note the attempt, check that the message still means something, and word it (rules R2, R3)."""
        async with self._database.begin() as session:
            journey = await journeys.get(session, effect.tenant, effect.journey)
            client = await clients.get(session, effect.tenant, effect.client)
            if journey is None or client is None:
                raise RuntimeError(f"journey {effect.journey} is not in the store yet")
            row = await ledger.intend(session, _row(effect))
            if row.accepted_at is not None:
                return _Prepared(NotifyResult(status="accepted"))
            row.attempts += 1
            row.attempted_at = datetime.now(UTC)
            kept = {one.id: one for one in await journeys.occurrences(session, journey.id)}
            pointless = _pointless(effect, journey, {name: (one.state, one.generation) for name, one in kept.items()})
            if pointless:
                row.skipped = pointless
                return _Prepared(NotifyResult(status="skipped", reason=pointless))
            recipient = await self._recipient(session, effect, journey, client)
            if effect.channel >= len(recipient.channels):
                row.failed = "no channel is left"
                return _Prepared(NotifyResult(status="undeliverable", reason="no channel is left"))
            kind, address = recipient.channels[effect.channel]
            row.channel = kind
            if kind in recipient.opted_out:
                row.skipped = f"opted out of {kind}"
                return _Prepared(NotifyResult(status="failed", reason=row.skipped))
            if kind == "in_app":
                return _Prepared(kind=kind)
            if kind != "email" or not address:
                row.failed = f"nothing here sends by {kind}"
                return _Prepared(NotifyResult(status="failed", reason=row.failed))
            row.message_id = self._email.message_id(effect.id)
            version = await pathways.get(session, effect.tenant, journey.pathway, journey.version)
            contents = Contents.model_validate(version.contents) if version else None
            return _Prepared(kind=kind, address=address, mail=self._word(effect, recipient.reader, contents))

    def _word(self, effect: Notify, reader: Reader, contents: Contents | None) -> Mail:
        now = datetime.now(UTC)
        items = [
            Item(
                title=_title(contents, occurrence, effect.to, reader.language),
                remaining=closes_at - now if closes_at else None,
                link=self._email.link(effect.journey, occurrence) if effect.to == "client" else None,
            )
            for occurrence, closes_at in zip(
                effect.occurrences, effect.closes_at or (None,) * len(effect.occurrences), strict=True
            )
        ]
        return mail_for(effect.purpose, effect.to == "client", reader, items, reference=effect.journey)

    async def _recipient(self, session: AsyncSession, effect: Notify, journey: JourneyRow, client: ClientRow) -> _Recipient:
        if effect.to == "client":
            channels = [(str(one["kind"]), one.get("address")) for one in client.channels]
            reader = Reader(client.display_name, client.language, client.zone or journey.zone)
            return _Recipient(reader, channels, frozenset(client.opted_out))
        if effect.to in self._staff:
            return _Recipient(Reader("", "en", "UTC"), [("email", self._staff[effect.to])], frozenset())
        name = journey.practitioner or client.practitioner
        practitioner = await clients.get_practitioner(session, effect.tenant, name) if name else None
        if practitioner is None:
            return _Recipient(Reader("", "en", "UTC"), [], frozenset())
        mail = [("email", practitioner.email)] if practitioner.email else []
        return _Recipient(
            Reader(practitioner.display_name, practitioner.language, "UTC"), [*mail, ("in_app", None)], frozenset()
        )

    async def _close(self, effect: Notify, *, accepted: bool = False, failed: str | None = None) -> None:
        async with self._database.begin() as session:
            row = await session.get(NotificationRow, effect.id)
            if row is not None:
                row.accepted_at = datetime.now(UTC) if accepted else None
                row.failed = failed


def _row(effect: Notify) -> NotificationRow:
    return NotificationRow(
        id=effect.id,
        journey=effect.journey,
        occurrences=list(effect.occurrences),
        purpose=effect.purpose,
        recipient=effect.to,
        intended_at=effect.intended_at,
    )


def _pointless(effect: Notify, journey: JourneyRow, known: Mapping[str, tuple[str, int]]) -> str:
    """Why the message has lost its meaning since it was asked for (rule R2); empty where it has not.

    What the store does not know yet has not happened yet: its events are on their way behind this message.
    """
    if effect.to == "practitioner" and effect.purpose != "delivered" and effect.purpose != "reminder":
        return ""
    if journey.status in ("stopped", "ended"):
        return f"the journey was {journey.status}"
    if effect.purpose == "reminder" and journey.status == "paused":
        return "the journey was paused"
    now = [known.get(name, ("open", 0)) for name in effect.occurrences]
    if all(state in _SETTLED for state, _ in now):
        return "settled meanwhile"
    if effect.purpose == "reminder" and all(
        generation > then for (_, generation), then in zip(now, effect.generations, strict=True)
    ):
        return "no longer wanted"
    return ""


def _title(contents: Contents | None, occurrence: str, to: str, language: str) -> str | None:
    """The step's title, only where the practice lets mails carry it; the client's title for a client (rule V3)."""
    if contents is None or not contents.name_titles_in_mail:
        return None
    step = next((one for name, one in contents.steps.items() if name == occurrence.rpartition(".")[0]), None)
    if step is None:
        return None
    if to == "client":
        return step.title_for_client(language, contents.language) or None
    return in_language(step.title, language, contents.language) if step.title else None
