"""Published versions as journeys need them: read once, since they never change; and which content a step is shown with.

Which version of a pathway is the newest is asked of the store every time: another process may have published it just now.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import func
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from engine.base import StepId
from engine.contents import Contents, StepContent
from engine.latebound import fits
from engine.publishing import Published
from engine.structure import StepStructure, Structure
from store import journeys, pathways
from store.database import Database
from store.tables import JourneyRow, OccurrenceRow, PathwayVersionRow

_MOST_VERSIONS = 200
_MOST_BOUND = 1000
_Name = tuple[str, str, int]
"""Tenant, pathway, number."""
_Apart = tuple[str, int, int, int]
"""A journey, its version, and how many deviations and retired steps it has: those never change, they only get more."""


class MissingVersion(LookupError):
    """A version that a journey is on is not in the store."""


class Version(NamedTuple):
    """One published version, and since when it is."""

    published: Published
    published_at: datetime


class Shown(NamedTuple):
    """What one step is shown with."""

    step: StepStructure
    """As its journey runs it."""
    content: StepContent
    contents: Contents
    """Of the version that the content is from."""
    number: int
    """That version."""


class Bound(NamedTuple):
    """A pathway as a journey runs it, with the words of a later version where they fit."""

    published: Published
    numbers: dict[StepId, int]
    """From which version each step's content is."""


class Versions:
    """The versions of a store."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: dict[_Name, Version] = {}
        self._bound: dict[tuple[_Name, int, _Apart | None], Bound] = {}
        self._own: dict[_Apart, Published] = {}

    async def get(self, tenant: str, pathway: str, number: int) -> Version:
        """Raises MissingVersion."""
        name = (tenant, pathway, number)
        known = self._known.get(name)
        if known is not None:
            return known
        async with self._database.of(tenant).read() as session:
            row = await pathways.get(session, tenant, pathway, number)
        if row is None:
            raise MissingVersion(f"{pathway} version {number} is not in the store any more")
        if len(self._known) >= _MOST_VERSIONS:
            self._known.clear()
        self._known[name] = found = Version(published_from(row), row.published_at)
        return found

    async def pinned(self, journey: JourneyRow) -> Published:
        """The version that a journey is on, with the steps of its own and those that came before it moved there (E2, E4).

        Raises MissingVersion.
        """
        base = (await self.get(journey.tenant, journey.pathway, journey.version)).published
        place = _apart(journey)
        if place is None:
            return base
        known = self._own.get(place)
        if known is None:
            if len(self._own) >= _MOST_BOUND:
                self._own.clear()
            self._own[place] = known = await self._with_its_own(journey, base)
        return known

    async def _with_its_own(self, journey: JourneyRow, base: Published) -> Published:
        async with self._database.of(journey.tenant).read() as session:
            added = {StepId(one.step): one for one in await journeys.added_steps(session, journey.id)}
        steps: dict[StepId, tuple[StepStructure, StepContent]] = {
            name: (StepStructure.model_validate(one.structure), StepContent.model_validate(one.content))
            for name, one in added.items()
            if name not in base.structure.by_id
        }
        for name, number in (journey.retired or {}).items():
            former = (await self.get(journey.tenant, journey.pathway, number)).published
            if (step := former.structure.by_id.get(StepId(name))) is not None:
                steps[step.id] = (step, former.contents.steps[step.id])
        structure = base.structure.with_steps((*base.structure.steps, *(step for step, _ in steps.values())))
        contents = {**base.contents.steps, **{name: content for name, (_, content) in steps.items()}}
        return Published(structure=structure, contents=base.contents.model_copy(update={"steps": contents}))

    async def shown(self, journey: JourneyRow, occurrence: OccurrenceRow, newest: int) -> Shown:
        """What an occurrence is shown with (rule E), `newest` being the newest version of its pathway now.

        Opened or answered: as it was then. Open: the newest that fits the journey. Closed without having been opened: the
        newest that fitted when it closed. Raises MissingVersion.
        """
        name = StepId(occurrence.step)
        if (exact := opened_with(journey, occurrence)) is not None:
            contents = (await self.get(journey.tenant, journey.pathway, exact)).published.contents
            pinned = await self.pinned(journey)
            content = contents.steps.get(_name_in(contents, name, journey)) or pinned.contents.steps[name]
            return Shown(pinned.structure.by_id[name], content, contents, exact)
        if occurrence.settled_at is not None:
            newest = await self._newest_at(journey, newest, occurrence.settled_at)
        return await self.shown_unopened(journey, name, newest)

    async def shown_unopened(self, journey: JourneyRow, step: StepId, newest: int) -> Shown:
        """What a step is shown with as long as nobody has opened it. Raises MissingVersion."""
        bound = await self.bound(journey, newest)
        number = bound.numbers[step]
        contents = (await self.get(journey.tenant, journey.pathway, number)).published.contents
        return Shown(bound.published.structure.by_id[step], bound.published.contents.steps[step], contents, number)

    async def shown_as(self, journey: JourneyRow, step: StepId, number: int, newest: int) -> Shown | None:
        """A step that nobody has opened, as this version shows it; None where it cannot have been shown with it."""
        if not journey.version <= number <= newest:
            return None
        pinned = await self.pinned(journey)
        other = (await self.get(journey.tenant, journey.pathway, number)).published
        if step not in other.structure.by_id or not fits(pinned.structure, other.structure, step):
            return None
        return Shown(pinned.structure.by_id[step], other.contents.steps[step], other.contents, number)

    async def bound(self, journey: JourneyRow, newest: int) -> Bound:
        """The structure that the journey has pinned, with the newest words that fit it. Raises MissingVersion."""
        newest = max(newest, journey.version)
        place = ((journey.tenant, journey.pathway, journey.version), newest, _apart(journey))
        known = self._bound.get(place)
        if known is not None:
            return known
        if len(self._bound) >= _MOST_BOUND:
            self._bound.clear()
        self._bound[place] = bound = await self._bind(journey, newest)
        return bound

    async def _bind(self, journey: JourneyRow, newest: int) -> Bound:
        pinned = await self.pinned(journey)
        latest = (await self.get(journey.tenant, journey.pathway, newest)).published.contents
        steps, numbers = dict(pinned.contents.steps), dict.fromkeys(pinned.structure.by_id, journey.version)
        late = set(pinned.structure.by_id) - {StepId(name) for name in journey.retired or ()}
        for number in range(newest, journey.version, -1):
            if not late:
                break
            newer = (await self.get(journey.tenant, journey.pathway, number)).published
            for name in sorted(late):
                if fits(pinned.structure, newer.structure, name):
                    steps[name], numbers[name] = newer.contents.steps[name], number
                    late.discard(name)
        in_order = {name: steps[name] for name in pinned.structure.by_id}
        used = {one.stage for one in in_order.values()}
        kept = used | (pinned.contents.stages.keys() & latest.stages.keys())
        before = {name: title for name, title in pinned.contents.stages.items() if name not in latest.stages}
        stages = {name: title for name, title in {**latest.stages, **before}.items() if name in kept}
        contents = latest.model_copy(update={"steps": in_order, "stages": stages})
        return Bound(Published(structure=pinned.structure, contents=contents), numbers)

    async def _newest_at(self, journey: JourneyRow, newest: int, at: datetime) -> int:
        for number in range(newest, journey.version, -1):
            if (await self.get(journey.tenant, journey.pathway, number)).published_at <= at:
                return number
        return journey.version


async def newest(session: AsyncSession, tenant: str, names: Iterable[str]) -> dict[str, int]:
    """The number of the newest version of each of these pathways, in one question."""
    query = (
        select(PathwayVersionRow.pathway, func.max(PathwayVersionRow.number))
        .where(PathwayVersionRow.tenant == tenant, col(PathwayVersionRow.pathway).in_(set(names)))
        .group_by(PathwayVersionRow.pathway)
    )
    return {row[0]: row[1] for row in await session.execute(query)}


def is_apart(journey: JourneyRow) -> bool:
    """Whether a journey may have steps of its own: what is known of its version's steps does not hold of all of its."""
    return bool(journey.retired or journey.deviations)


def _apart(journey: JourneyRow) -> _Apart | None:
    """What a journey with steps of its own is known by; None: it has what its version has."""
    if not is_apart(journey):
        return None
    return (journey.id, journey.version, journey.deviations, len(journey.retired or ()))


def _name_in(contents: Contents, step: StepId, journey: JourneyRow) -> StepId:
    """What a step was called in a version that the journey was on before (rule E2)."""
    former = [StepId(old) for old, new in (journey.renamed or {}).items() if new == step]
    return next((name for name in (step, *former) if name in contents.steps), step)


def opened_with(journey: JourneyRow, occurrence: OccurrenceRow) -> int | None:
    """The version it was opened or answered with; what was opened before that was kept counts for its journey's version."""
    if occurrence.content_version is not None:
        return occurrence.content_version
    was_opened = occurrence.started_at is not None or occurrence.response_id is not None
    return journey.version if was_opened else None


def published_from(row: PathwayVersionRow) -> Published:
    """A stored version as the engine knows it."""
    return Published(structure=Structure.model_validate(row.structure), contents=Contents.model_validate(row.contents))
