"""The authors' part of the front door: drafts, library steps, publishing."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from engine import instruments
from engine.findings import DefinitionError
from engine.publishing import Checked, Practice, Published, check_pathway, compile_pathway
from engine.words import in_language
from stepwell.desk import Desk, published_from
from stepwell.models import PathwayVersion
from store import pathways
from store.tables import PathwayVersionRow


class Authoring(Desk):
    """Write, check and publish pathways."""

    async def check(self, source: str | bytes) -> Checked:
        """Find everything that is wrong with a document, at once, with the library in force."""
        async with self._database.read() as session:
            practice = await self._practice(session)
        return check_pathway(source, types=self._types, practice=practice)

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
        return _version(row, is_new=is_new).model_copy(update={"warnings": checked.findings})

    async def _practice(self, session: AsyncSession) -> Practice:
        """What a document is checked against here."""
        return Practice(
            library=await pathways.library(session, self._tenant),
            pathways={row.pathway: published_from(row).structure for row in await pathways.find(session, self._tenant)},
            unwritten=self._care.unwritten,
            roles=self._care.roles,
        )

    async def pathways(self) -> list[PathwayVersion]:
        """The latest version of every pathway."""
        async with self._database.read() as session:
            return [_version(row) for row in await pathways.find(session, self._tenant)]

    async def pathway(self, pathway: str, version: int | None = None) -> Published | None:
        """A version, or the latest; None where there is none."""
        return await self._published(pathway, version)

    async def save_draft(self, pathway: str, source: str) -> Checked:
        """Keep a draft as it is, right or wrong, and say what is wrong with it."""
        async with self._database.begin() as session:
            await pathways.save_draft(session, self._tenant, pathway, source, self._now())
        return await self.check(source)

    async def draft(self, pathway: str) -> str | None:
        """The draft of a pathway."""
        async with self._database.read() as session:
            row = await pathways.get_draft(session, self._tenant, pathway)
        return row.source if row else None

    async def keep_library_step(self, name: str, step: dict[str, Any]) -> None:
        """Keep a library step, new or changed; what is published already stays as it is."""
        async with self._database.begin() as session:
            await pathways.keep_library_step(session, self._tenant, name, step, self._now())


def _version(row: PathwayVersionRow, *, is_new: bool = True) -> PathwayVersion:
    title = in_language(row.contents["title"], row.contents["language"], "en")
    return PathwayVersion(pathway=row.pathway, number=row.number, title=title, published_at=row.published_at, is_new=is_new)
