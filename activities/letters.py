"""Letters: one mail about one message or several, worded at the moment it is sent (rules R3, R4)."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from sqlalchemy.ext.asyncio import AsyncSession

from activities.channels.email import EmailSettings
from activities.linking import link_to, opt_out_of
from activities.relevance import Relevance
from activities.wording import Item, Mail, Part, Reader, letter_for, mail_for
from engine.base import OccurrenceId, StepId
from engine.effects import Notify
from engine.words import in_language
from store import journeys, versions
from store.database import Database
from store.tables import JourneyRow, OccurrenceRow
from store.versions import Shown, Versions


class Message(NamedTuple):
    """One message, and what it still is about."""

    effect: Notify
    meant: Relevance
    journey: JourneyRow


class Letters:
    """Words letters to clients and to staff."""

    def __init__(self, database: Database, settings: EmailSettings) -> None:
        self._versions = Versions(database)
        self._settings = settings

    async def to_staff(self, session: AsyncSession, message: Message, reader: Reader) -> Mail:
        """One message to a practitioner or a role."""
        effect = message.effect
        items = await self._items(session, message, reader)
        return mail_for(effect.purpose, False, reader, items, reference=effect.alert or effect.journey)

    async def to_client(self, session: AsyncSession, messages: Sequence[Message], reader: Reader) -> Mail:
        """All of them as one; a step that several are about stands in it once."""
        seen: set[tuple[str, str]] = set()
        parts = []
        for message in messages:
            fresh = [one for one in message.meant.occurrences if (message.journey.id, one) not in seen]
            seen |= {(message.journey.id, one) for one in fresh}
            if fresh:
                rest = message._replace(meant=message.meant._replace(occurrences=tuple(fresh)))
                parts.append(Part(message.effect.purpose, tuple(await self._items(session, rest, reader))))
        first = messages[0]
        opt_out = await opt_out_of(session, self._settings, first.journey, first.meant.occurrences[0])
        return letter_for(parts, reader)._replace(opt_out=opt_out)

    async def _items(self, session: AsyncSession, message: Message, reader: Reader) -> list[Item]:
        effect, meant, journey = message
        titles = await self._titles(session, effect, journey, reader.language)
        now = datetime.now(UTC)
        closing = dict(zip(effect.occurrences, effect.closes_at, strict=False))
        return [
            Item(
                title=titles.get(occurrence),
                remaining=closes_at - now if (closes_at := closing.get(occurrence)) else None,
                link=await link_to(session, self._settings, journey, occurrence) if effect.to == "client" else None,
            )
            for occurrence in meant.occurrences
        ]

    async def _titles(
        self, session: AsyncSession, effect: Notify, journey: JourneyRow, language: str
    ) -> dict[OccurrenceId, str | None]:
        """The steps' titles as they would be shown now, only where the practice lets mails carry them now (rules R3, E)."""
        newest = (await versions.newest(session, journey.tenant, [journey.pathway])).get(journey.pathway, journey.version)
        try:
            if not (await self._versions.bound(journey, newest)).published.contents.name_titles_in_mail:
                return {}
            known = {one.id: one for one in await journeys.occurrences(session, journey.id, effect.occurrences)}
            shown = {}
            for name in effect.occurrences:
                step = StepId(name.rpartition(".")[0])
                found = known.get(name) or OccurrenceRow(journey=journey.id, id=name, step=step, state="open")
                shown[name] = await self._versions.shown(journey, found, newest)
        except LookupError:
            return {}
        return {name: _title(one, effect.to, language) for name, one in shown.items()}


def _title(shown: Shown, to: str, language: str) -> str | None:
    """The client's title for a client (rule V3)."""
    content, own = shown.content, shown.contents.language
    if to == "client":
        return content.title_for_client(language, own) or None
    return in_language(content.title, language, own) if content.title else None
