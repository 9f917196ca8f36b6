"""The authors' part of the front door: drafts, library steps, publishing."""

import hashlib
from collections.abc import Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from engine import instruments
from engine.findings import DefinitionError
from engine.loading import dump, load
from engine.publishing import Checked, Practice, Published, check_pathway, compile_pathway, editing
from engine.words import Text, in_language
from stepwell.access import needs
from stepwell.desk import Desk, plain
from stepwell.errors import Changed, NotFound, Refused
from stepwell.models import Draft, PathwayDetail, PathwayVersion, StepOutline
from store import pathways
from store.tables import PathwayVersionRow
from store.turns import take_turn
from store.versions import published_from

NEW = "new"
"""The mark of a draft that is not there yet."""


class Authoring(Desk):
    """Write, check and publish pathways."""

    @needs("pathways:read", "host", "practitioner", "operator")
    async def check(self, source: str | bytes) -> Checked:
        """Find everything that is wrong with a document, at once, with the library in force."""
        async with self._database.read() as session:
            practice = await self._practice(session)
        return check_pathway(source, types=self._types, practice=practice)

    @needs("pathways:write", "host", "practitioner")
    async def publish(self, source: str | bytes) -> PathwayVersion:
        """Publish the next version; the same text again is the same version. Raises DefinitionError with every finding.

        A version is numbered and never changes. Journeys that run stay on theirs.
        """
        async with self._database.begin() as session:
            practice = await self._practice(session)
            checked = check_pathway(source, types=self._types, practice=practice)
            if checked.published is None:
                raise DefinitionError(checked.errors)
            text = source if isinstance(source, str) else source.decode()
            row, is_new = await pathways.publish(
                session,
                self._tenant,
                checked.published.structure.pathway,
                text,
                pathways.fingerprint(text, {**instruments.library(), **practice.library}),
                lambda number: compile_pathway(source, number, self._types, practice),
                self._now(),
            )
            if is_new:
                await self._note(session, "pathway published", f"{row.pathway}/{row.number}")
        return _version(row, is_new=is_new).model_copy(update={"warnings": checked.findings})

    async def _practice(self, session: AsyncSession) -> Practice:
        """What a document is checked against here."""
        return Practice(
            library=await pathways.library(session, self._tenant),
            pathways={row.pathway: published_from(row).structure for row in await pathways.find(session, self._tenant)},
            unwritten=self._care.unwritten,
            roles=self._care.roles,
        )

    @needs("pathways:read", "host", "practitioner", "operator")
    async def pathways(self, *, tags: Sequence[str] = ()) -> list[PathwayVersion]:
        """The latest version of every pathway, or of those that carry all of these tags, such as `audience:adults` (D10)."""
        async with self._database.read() as session:
            found = [_version(row) for row in await pathways.find(session, self._tenant)]
        return [one for one in found if set(tags) <= set(one.tags)]

    @needs("pathways:read", "host", "practitioner", "operator")
    async def pathway(self, pathway: str, version: int | None = None) -> Published | None:
        """A version, or the latest; None where there is none."""
        return await self._published(pathway, version)

    @needs("pathways:write", "host", "practitioner")
    async def save_draft(self, pathway: str, source: str, *, base: str | None = None) -> Checked:
        """Keep a draft as it is, right or wrong, and say what is wrong with it.

        `base` is the mark of the text it was made from, or NEW where there was none. Raises Changed where that is not what is
        kept now; without `base` whatever was kept is replaced.
        """
        async with self._database.begin() as session:
            await self._refuse_changed(session, pathway, base)
            await pathways.save_draft(session, self._tenant, plain(pathway, "a name", "S", 64), source, self._now())
            await self._note(session, "draft kept", pathway)
        return await self.check(source)

    async def _refuse_changed(self, session: AsyncSession, pathway: str, base: str | None) -> None:
        if base is None:
            return
        await take_turn(session, "draft", self._tenant, pathway)
        row = await pathways.get_draft(session, self._tenant, pathway)
        if (mark_of(row.source) if row else NEW) != base:
            raise Changed(f"the draft of {pathway} is another by now; read it again, and change that")

    @needs("pathways:read", "host", "practitioner", "operator")
    async def drafts(self, *, limit: int = 100, after: str = "") -> list[Draft]:
        """The drafts in order of their names, after one, without their texts."""
        async with self._database.read() as session:
            found = await pathways.drafts(session, self._tenant, limit=limit, after=after)
        return [Draft(pathway=one.pathway, updated_at=one.updated_at, mark=mark_of(one.source)) for one in found]

    @needs("pathways:write", "host", "practitioner")
    async def drop_draft(self, pathway: str, *, base: str | None = None) -> None:
        """Forget a draft; what is published stays. Raises NotFound, Changed."""
        async with self._database.begin() as session:
            await self._refuse_changed(session, pathway, base)
            if not await pathways.drop_draft(session, self._tenant, pathway):
                raise NotFound(f"there is no draft of {pathway}")
            await self._note(session, "draft dropped", pathway)

    @needs("pathways:write", "host", "practitioner")
    async def publish_draft(self, pathway: str, *, base: str | None = None) -> PathwayVersion:
        """Publish what the draft says; the draft stays. Raises NotFound, Changed, DefinitionError with every finding."""
        async with self._database.read() as session:
            row = await pathways.get_draft(session, self._tenant, pathway)
        if row is None:
            raise NotFound(f"there is no draft of {pathway}; save one first")
        if base is not None and mark_of(row.source) != base:
            raise Changed(f"the draft of {pathway} is another by now; read it again before you publish it")
        return await self.publish(row.source)

    @needs("pathways:read", "host", "practitioner", "operator")
    async def versions(self, pathway: str) -> list[PathwayVersion]:
        """Every published version of a pathway, the latest first. Raises NotFound."""
        async with self._database.read() as session:
            found = await pathways.versions(session, self._tenant, pathway)
        if not found:
            raise NotFound(f"no pathway {pathway} is published; see: stepwell pathway list")
        return [_version(row) for row in found]

    @needs("pathways:read", "host", "practitioner", "operator")
    async def version(self, pathway: str, number: int | None = None) -> PathwayDetail:
        """One version, or the latest, as it was written and with its steps. Raises NotFound."""
        async with self._database.read() as session:
            row = await pathways.get(session, self._tenant, pathway, number)
        if row is None:
            raise NotFound(f"no pathway {pathway}{f' version {number}' if number else ''} is published")
        published = published_from(row)
        contents = published.contents
        steps = tuple(
            StepOutline(
                id=step.id,
                type=step.type,
                title=in_language(title, contents.language, contents.language) if (title := shown.title) else "",
                required=step.required,
                actor=step.actor,
                stage=shown.stage,
                visibility=shown.visibility,
            )
            for step in published.structure.steps
            for shown in (contents.steps[step.id],)
        )
        return PathwayDetail(**_version(row).model_dump(), source=row.source, steps=steps)

    @needs("pathways:read", "host", "practitioner", "operator")
    async def draft(self, pathway: str) -> str | None:
        """The draft of a pathway."""
        async with self._database.read() as session:
            row = await pathways.get_draft(session, self._tenant, pathway)
        return row.source if row else None

    @needs("pathways:write", "host", "practitioner")
    async def copy_pathway(self, pathway: str, name: str, *, title: Text | None = None) -> Checked:
        """Make a draft called `name` of a published pathway, to tailor and publish (D4, D19). Raises NotFound."""
        return await self._save_edited(name, editing.copy(await self._document(pathway), name, title))

    @needs("pathways:write", "host", "practitioner")
    async def combine_pathways(self, several: Sequence[str], name: str, *, title: Text) -> Checked:
        """Make a draft called `name` of several published pathways, one after the other (D19). Raises NotFound."""
        documents = [await self._document(pathway) for pathway in several]
        if not documents:
            raise Refused("nothing_to_combine", "D19", "name the pathways that are to become one")
        return await self._save_edited(name, editing.combine(documents, name, title))

    @needs("pathways:write", "host", "practitioner")
    async def reorder_draft(self, pathway: str, order: Sequence[str], *, base: str | None = None) -> Checked:
        """Put the steps of a draft into another order, each named once (D3). Raises NotFound, Refused, Changed."""
        source = await self.draft(pathway)
        if source is None:
            raise NotFound(f"there is no draft of {pathway}; save one first, or copy a published pathway")
        written = load(source).value
        if not isinstance(written, dict) or not all(isinstance(one, dict) and "id" in one for one in written.get("steps", ())):
            raise Refused("unreadable_draft", "D3", f"the draft of {pathway} cannot be read as steps; see its findings first")
        try:
            return await self.save_draft(pathway, dump(editing.reorder(written, order)), base=base)
        except editing.CannotEdit as error:
            raise Refused("bad_order", "D3", str(error)) from None

    async def _document(self, pathway: str) -> editing.Document:
        async with self._database.read() as session:
            row = await pathways.get(session, self._tenant, pathway)
        if row is None:
            raise NotFound(f"no pathway {pathway} is published; see: stepwell pathway list")
        document: editing.Document = load(row.source).value
        return document

    async def _save_edited(self, name: str, document: editing.Document) -> Checked:
        return await self.save_draft(name, dump(document))

    @needs("pathways:read", "host", "practitioner", "operator")
    async def library(self) -> dict[str, dict[str, Any]]:
        """Every step of the library by its name: the instruments that come with Stepwell, and what was kept."""
        async with self._database.read() as session:
            return instruments.library() | await pathways.library(session, self._tenant)

    @needs("pathways:write", "host", "practitioner")
    async def keep_library_step(self, name: str, step: dict[str, Any]) -> None:
        """Keep a library step, new or changed; what is published already stays as it is."""
        async with self._database.begin() as session:
            await pathways.keep_library_step(session, self._tenant, name, step, self._now())
            await self._note(session, "library step kept", name)


def mark_of(source: str) -> str:
    """What a text is known by: another text, another mark."""
    return hashlib.sha256(source.encode()).hexdigest()[:32]


def _version(row: PathwayVersionRow, *, is_new: bool = True) -> PathwayVersion:
    title = in_language(row.contents["title"], row.contents["language"], "en")
    return PathwayVersion(
        pathway=row.pathway,
        number=row.number,
        title=title,
        tags=tuple(row.contents.get("tags", ())),
        published_at=row.published_at,
        is_new=is_new,
    )
