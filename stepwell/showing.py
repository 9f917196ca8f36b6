"""What people are shown of their steps: to-do lists, one step, the path so far; in their words, with what they may see (rule V3)."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy.ext.asyncio import AsyncSession

from engine.calendar import wall
from engine.contents import Contents, StepContent
from engine.publishing import Published
from engine.steptype import AnyStepType, Content, Presentation
from engine.structure import StepStructure
from engine.words import Reader
from engine.zones import zone_of
from stepwell.access import needs
from stepwell.desk import Desk, Side
from stepwell.errors import NotFound
from stepwell.models import Path, PathStep, ToDo
from stepwell.wording import in_readers_words, is_same_for_all
from store import clients, journeys, posts, response_drafts, versions
from store.journeys import OpenStep
from store.tables import ClientRow, JourneyRow, OccurrenceRow, PractitionerRow, ResponseDraftRow, TailoringRow
from store.versions import Shown

_OPEN = ("open", "started")
_MOST_WORDED = 5000


class _Around(NamedTuple):
    """What is known around the steps of a client, read at one moment."""

    client: ClientRow
    practitioners: dict[str, PractitionerRow]
    changes: dict[str, list[TailoringRow]]
    drafts: dict[tuple[str, str], ResponseDraftRow]

    def practitioner_of(self, journey: JourneyRow) -> PractitionerRow | None:
        """The journey's own, else the client's."""
        named = (journey.practitioner, self.client.practitioner)
        return next((self.practitioners[one] for one in named if one in self.practitioners), None)


class Showing(Desk):
    """Show steps to whoever is to read them."""

    @needs("answers:read", "host", "practitioner", "client", by_link=True)
    async def to_do(self, client: str) -> list[ToDo]:
        """What is open for a client across pathways, in their language, with what a client may see (rule V3)."""
        return await self._open_for(client, "client")

    @needs("answers:read", "host", "practitioner")
    async def to_review(self, client: str) -> list[ToDo]:
        """What a practitioner has to do for a client."""
        return await self._open_for(client, "practitioner")

    @needs("answers:read", "host", "practitioner", "client", by_link=True)
    async def step(self, journey: str, occurrence: str) -> ToDo:
        """One step that was delivered, open or not, as whoever asks may see it. Raises NotFound."""
        self._refuse_other_step(occurrence)
        row, side = await self._journey(journey), self._side("client")
        async with self._database.read() as session:
            known = await clients.get(session, self._tenant, row.client)
            found = await journeys.occurrence(session, row.id, occurrence)
            if found is None or found.delivered_at is None or known is None:
                raise NotFound(f"{occurrence} was not delivered in this journey (yet)")
            around = await self._around(session, known, [row], side)
            newest = (await versions.newest(session, row.tenant, [row.pathway]))[row.pathway]
        item = await self._shown(row, found, newest)
        shown, step = self._shown_to(side, row, found, item, await self._running(row, newest), around), item.step
        # an open wait or task is shown for its note, and to the host that has to do it; once over it says nothing to anybody,
        # and a fork, which is never open, would show its conditions
        is_waited_for = step.actor == "host" and found.state in _OPEN and (shown.body or self._caller.kind == "host")
        if side == "client" and step.reader != "client" and not is_waited_for:
            raise NotFound(f"{occurrence} was not delivered in this journey (yet)")
        return shown

    @needs("answers:read", "host", "practitioner", "client")
    async def path(self, client: str) -> list[Path]:
        """Every journey of a client with the steps that came so far, as the client may hear of them, the latest first."""
        known = await self._client(client)
        async with self._database.read() as session:
            found = await journeys.with_occurrences(session, self._tenant, client=client, practitioner=self._practitioner)
            around = await self._around(session, known, [row for row, _ in found], "client")
        newest = await self._newest(row for row, _ in found)
        paths = [
            await self._path(row, occurrences, around, newest[row.pathway])
            for row, occurrences in found
            if row.status != "starting"
        ]
        return sorted(paths, key=lambda one: (one.started_at is not None, one.started_at), reverse=True)

    async def _path(self, row: JourneyRow, occurrences: Sequence[OccurrenceRow], around: _Around, newest: int) -> Path:
        steps = []
        for one in occurrences:
            if one.delivered_at is None:
                continue
            step, content, contents, _ = await self._shown(row, one, newest)
            if step.reader == "client":
                facts = one.model_dump(include={"state", "delivered_at", "settled_at", "late"})
                title = self._reader_for("client", row, contents, around).plain(content.client_title or content.title)
                steps.append(PathStep(occurrence=one.id, title=title, type=step.type, **facts))
        title = self._title_of_pathway("client", row, await self._running(row, newest), around)
        facts = row.model_dump(include={"status", "started_at", "finished_at"})
        return Path(journey=row.id, title=title, steps=tuple(steps), **facts)

    async def _open_for(self, client: str, side: Side) -> list[ToDo]:
        async with self._database.glance() as session:  # what is asked around the list may be a moment newer
            known = await self._client_in(session, client)
            found = await journeys.open_steps(session, self._tenant, client)
            if self._caller.only is not None:
                found = [one for one in found if (one.journey.id, one.occurrence.id) == self._caller.only]
            elif self._practitioner is not None:
                found = [one for one in found if self._practitioner in (one.journey.practitioner, known.practitioner)]
            around = await self._around_open(session, known, found, side)
        items = []
        for row, occurrence, _, _, newest in found:
            item = await self._shown(row, occurrence, newest)
            step = item.step
            if side in (step.actor, step.reader) or (side == "client" and step.actor == "host"):
                shown = self._shown_to(side, row, occurrence, item, await self._running(row, newest), around)
                if step.actor != "host" or shown.body:  # what only the host has to do is shown for its note
                    items.append(shown)
        return items

    async def _around_open(self, session: AsyncSession, client: ClientRow, found: Sequence[OpenStep], side: Side) -> _Around:
        """As `_around`, without asking for what the list itself says is not there."""
        named = {name for one in found for name in (one.journey.practitioner, client.practitioner) if name}
        tailored = list(dict.fromkeys(one.journey.id for one in found if one.is_tailored))
        begun = list(dict.fromkeys(one.journey.id for one in found if one.is_begun))
        return _Around(
            client,
            await clients.practitioners_named(session, self._tenant, named),
            await posts.tailorings_of(session, tailored),
            await response_drafts.of_journeys(session, begun, side),
        )

    async def _around(self, session: AsyncSession, client: ClientRow, rows: Sequence[JourneyRow], side: Side) -> _Around:
        ids = list(dict.fromkeys(row.id for row in rows))
        named = {name for row in rows for name in (row.practitioner, client.practitioner) if name}
        return _Around(
            client,
            await clients.practitioners_named(session, self._tenant, named),
            await posts.tailorings_of(session, ids),
            await response_drafts.of_journeys(session, ids, side),
        )

    def _shown_to(
        self, side: Side, row: JourneyRow, occurrence: OccurrenceRow, item: Shown, running: Published, around: _Around
    ) -> ToDo:
        step, shown, contents, number = item
        reader = self._reader_for(side, row, contents, around)
        tailored = words_of(around.changes.get(row.id, ()), occurrence.step)
        if tailored:
            shown = shown.model_copy(update={name: text for name, text in tailored.items() if name != "message"})
        presented, content = self._presented(row, number, step, shown, reader)
        draft = around.drafts.get((row.id, occurrence.id))
        return ToDo(
            journey=row.id,
            occurrence=occurrence.id,
            step=occurrence.step,
            type=step.type,
            title=reader.plain(
                (shown.client_title or shown.title) if side == "client" else (shown.title or shown.client_title)
            ),
            pathway_title=self._title_of_pathway(side, row, running, around),
            rationale=reader.plain(shown.rationale),
            instructions=reader.plain(shown.instructions),
            message=reader.plain(tailored.get("message")),
            body=presented.body,
            prefill=presented.prefill,
            draft=draft.payload if draft else None,
            effort=str(shown.effort) if shown.effort else None,
            required=step.required,
            state=occurrence.state,
            delivered_at=occurrence.delivered_at,
            yours=step.actor == side and occurrence.state in _OPEN,
            is_risky=step.is_risky,
            notice=reader.plain(self._care.notice_text),
            content=content,
            language=spoken(reader.language, contents),
            visibility=shown.visibility,
            content_version=number,
        )

    def _title_of_pathway(self, side: Side, row: JourneyRow, running: Published, around: _Around) -> str:
        contents = running.contents
        return self._reader_for(side, row, contents, around).plain(contents.client_title or contents.title)

    def _reader_for(self, side: Side, row: JourneyRow, contents: Contents, around: _Around) -> Reader:
        language = around.client.language if side == "client" else None
        return reader_of(row, around.client, around.practitioner_of(row), contents, language)

    def _presented(
        self, row: JourneyRow, number: int, step: StepStructure, shown: StepContent, reader: Reader
    ) -> tuple[Presentation, dict[str, object]]:
        """The step as its type shows it; nothing but what stands around it where the type is not installed here."""
        step_type = self._types.get(step.type)
        if step_type is None:
            return Presentation(body="", preview=""), shown.content
        # a step of one client's own may be called like another client's
        place = (row.tenant, row.id if versions.is_apart(row) else row.pathway, number, step.id)
        content = self._content_of(place, shown, step_type)
        return step_type.present(content, reader), self._worded_for(place, shown, step_type, content, reader)

    def _worded_for(
        self,
        place: tuple[str, str, int, str],
        shown: StepContent,
        step_type: AnyStepType,
        content: Content,
        reader: Reader,
    ) -> dict[str, object]:
        key = (*place, reader.language, reader.fallback)
        known = self._worded.get(key)
        if known is None:
            known = in_readers_words(step_type, content, shown.content, reader)
            if is_same_for_all(step_type, content):
                if len(self._worded) >= _MOST_WORDED:
                    self._worded.clear()
                self._worded[key] = known
        return known

    def _content_of(self, place: tuple[str, str, int, str], shown: StepContent, step_type: AnyStepType) -> Content:
        """The content as its type models it; read once, since a version never changes."""
        known = self._read_contents.get(place)
        if known is None:
            if len(self._read_contents) >= _MOST_WORDED:
                self._read_contents.clear()
            known = self._read_contents[place] = step_type.content_model.model_validate(shown.content)
        return known


def reader_of(
    journey: JourneyRow, client: ClientRow, practitioner: PractitionerRow | None, contents: Contents, language: str | None
) -> Reader:
    """Who reads: in their language, with what an author's words may name of them."""
    facts = {"name": client.display_name, "practitioner": practitioner.display_name if practitioner else ""}
    facts |= {f"dates.{name}": _day(value, journey.zone) for name, value in journey.dates.items()}
    own = practitioner.language if practitioner else contents.language
    return Reader(language=language or own, fallback=contents.language, facts=facts)


def spoken(wanted: str, contents: Contents) -> str:
    """The language that a reader gets: theirs where the pathway has it, else the pathway's own."""
    written = contents.title if isinstance(contents.title, dict) else {contents.language: contents.title}
    return next((one for one in (wanted, wanted.split("-")[0]) if one in written), contents.language)


def _day(value: str, zone: str) -> str:
    """A client date as the client's calendar and clock show it."""
    return value if len(value) == 10 else f"{wall(datetime.fromisoformat(value), zone_of(zone)):%Y-%m-%d %H:%M}"


def words_of(changes: Sequence[TailoringRow], step: str) -> dict[str, str]:
    """The words at a step that are this client's alone, as they stand."""
    words: dict[str, str | None] = {}
    for change in changes:
        if change.step == step:
            words |= change.words
    return {name: text for name, text in words.items() if text is not None}
