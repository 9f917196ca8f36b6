"""Notify: one message to one recipient by one channel, checked again and worded at the moment it is sent."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import NamedTuple

import structlog
from sqlalchemy.ext.asyncio import AsyncSession
from temporalio import activity

from activities.channels.email import EmailChannel, PermanentFailure, TemporaryFailure
from activities.linking import link_to, opt_out_of
from activities.recipients import Recipient, recipient_of
from activities.relevance import Relevance, relevance
from activities.wording import Item, Mail, Reader, mail_for
from engine.base import OccurrenceId, StepId
from engine.effects import Notify, NotifyResult
from engine.words import in_language
from store import alerts, clients, journeys, ledger, versions
from store.database import Database
from store.tables import JourneyRow, NotificationRow, OccurrenceRow
from store.versions import Shown, Versions

_log = structlog.get_logger("stepwell.notify")


class _Letter(NamedTuple):
    """What is about to be sent, and where to."""

    address: str
    mail: Mail


class Notifier:
    """Tells people. The ledger knows of every message, sent or not, and why (rule N2)."""

    def __init__(self, database: Database, email: EmailChannel, staff: Mapping[str, str]) -> None:
        self._database = database
        self._versions = Versions(database)
        self._email = email
        self._staff = staff

    @activity.defn(name="notify")
    async def notify(self, effect: Notify) -> NotifyResult:
        """Send, or say why not. Raises on what may pass by itself, so that it is tried again."""
        prepared = await self._prepare(effect)
        result = prepared if isinstance(prepared, NotifyResult) else await self._send(effect, prepared)
        _log.info("notified", effect=effect.id, purpose=effect.purpose, status=result.status, reason=result.reason)
        return result

    async def _prepare(self, effect: Notify) -> _Letter | NotifyResult:
        """Note the attempt, check that the message still means something, and word it (rules R2, R3)."""
        async with self._database.begin() as session:
            journey = await journeys.get(session, effect.tenant, effect.journey)
            client = await clients.get(session, effect.tenant, effect.client)
            if journey is None or client is None:
                raise RuntimeError(f"journey {effect.journey} is not in the store yet")
            if client.deleting_at is not None:  # also what was on its way: they are to be left alone at once (rule P4)
                return NotifyResult(status="skipped", reason="the client is being deleted")
            row = await ledger.intend(session, _row(effect))
            recipient = await recipient_of(session, effect, journey, client, self._staff)
            if row.accepted_at is not None:  # the result of an attempt before this one was lost on its way
                return _on_the_list_alone(effect, recipient) if row.channel == "in_app" else NotifyResult(status="accepted")
            row.attempts += 1
            row.attempted_at = datetime.now(UTC)
            row.skipped = row.failed = None
            alert = await alerts.get(session, effect.tenant, effect.alert) if effect.alert else None
            meant = relevance(effect, journey, await journeys.occurrences(session, journey.id), alert)
            if not meant.occurrences:
                row.skipped = meant.reason
                return NotifyResult(status="skipped", reason=meant.reason)
            refused = self._choose_way(effect, recipient, row)
            if refused is not None:
                return refused
            mail = await self._word(session, effect, meant, journey, recipient.reader)
            return _Letter(recipient.ways[effect.channel].address, mail)

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
            row.failed = "there is no address for email"
            return NotifyResult(status="failed", reason=row.failed)
        row.message_id = self._email.message_id(effect.id)
        return None

    async def _word(self, session: AsyncSession, effect: Notify, meant: Relevance, journey: JourneyRow, reader: Reader) -> Mail:
        titles = await self._titles(session, effect, journey, reader.language)
        now = datetime.now(UTC)
        closing = dict(zip(effect.occurrences, effect.closes_at, strict=False))
        settings = self._email.settings
        items = []
        for occurrence in meant.occurrences:
            closes_at = closing.get(occurrence)
            items.append(
                Item(
                    title=titles.get(occurrence),
                    remaining=closes_at - now if closes_at else None,
                    link=await link_to(session, settings, journey, occurrence) if effect.to == "client" else None,
                )
            )
        mail = mail_for(effect.purpose, effect.to == "client", reader, items, reference=effect.alert or effect.journey)
        if effect.to != "client":
            return mail
        return mail._replace(opt_out=await opt_out_of(session, settings, journey, meant.occurrences[0]))

    async def _titles(
        self, session: AsyncSession, effect: Notify, journey: JourneyRow, language: str
    ) -> dict[OccurrenceId, str | None]:
        """The steps' titles as they would be shown now, only where the practice lets mails carry them now (rules R3, E)."""
        newest = (await versions.newest(session, journey.tenant, [journey.pathway])).get(journey.pathway, journey.version)
        known = {one.id: one for one in await journeys.occurrences(session, journey.id)}
        try:
            if not (await self._versions.bound(journey, newest)).published.contents.name_titles_in_mail:
                return {}
            shown = {}
            for name in effect.occurrences:
                step = StepId(name.rpartition(".")[0])
                found = known.get(name) or OccurrenceRow(journey=journey.id, id=name, step=step, state="open")
                shown[name] = await self._versions.shown(journey, found, newest)
        except LookupError:
            return {}
        return {name: _title(one, effect.to, language) for name, one in shown.items()}

    async def _send(self, effect: Notify, letter: _Letter) -> NotifyResult:
        try:
            await self._email.send(letter.address, letter.mail, effect.id)
        except PermanentFailure as failure:
            await self._note(effect, failed=str(failure))
            return NotifyResult(status="failed", reason=str(failure))
        except TemporaryFailure as failure:
            await self._note(effect, failed=str(failure))
            raise
        await self._note(effect)
        return NotifyResult(status="accepted")

    async def _note(self, effect: Notify, *, failed: str | None = None) -> None:
        """Note how it ended. What was accepted once stays accepted: an attempt given up as lost may still come home."""
        async with self._database.begin() as session:
            row = await ledger.intend(session, _row(effect))
            if row.accepted_at is None:
                row.failed = failed
                row.accepted_at = None if failed else datetime.now(UTC)


def _on_the_list_alone(effect: Notify, recipient: Recipient) -> NotifyResult:
    """The list shows it. Where nothing else could bring it to the client, the practitioner is to know (rule N3)."""
    failed = [way.kind for way in recipient.ways[: effect.channel] if way.kind not in recipient.opted_out]
    if failed and effect.to == "client" and effect.purpose == "delivered":
        return NotifyResult(status="undeliverable", reason=f"{', '.join(failed)} failed; only the to-do list shows it")
    return NotifyResult(status="accepted")


def _row(effect: Notify) -> NotificationRow:
    return NotificationRow(
        id=effect.id,
        journey=effect.journey,
        occurrences=list(effect.occurrences),
        purpose=effect.purpose,
        recipient=effect.to,
        intended_at=effect.intended_at,
    )


def _title(shown: Shown, to: str, language: str) -> str | None:
    """The client's title for a client (rule V3)."""
    content, own = shown.content, shown.contents.language
    if to == "client":
        return content.title_for_client(language, own) or None
    return in_language(content.title, language, own) if content.title else None
