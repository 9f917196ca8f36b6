"""Trying a draft on the past: journeys that were lived, re-enacted on it."""

import asyncio
from collections.abc import Callable
from datetime import datetime

from engine.events import ClientFactsSet
from engine.publishing import Published
from engine.structure import Structure, TimeWindow
from stepwell.access import needs
from stepwell.authoring import Authoring
from stepwell.enrolment import quiet_hours_of
from stepwell.errors import DefinitionError, NotFound, Refused
from stepwell.whatif.comparing import WhatIf, compare
from stepwell.whatif.fitting import ENOUGH, Fitted, fit
from stepwell.whatif.recorded import Recorded
from stepwell.whatif.reenacting import CAUTIOUS, Policy
from store import past, pathways
from store.tables import ClientRow, JourneyRow
from store.versions import published_from

MOST_JOURNEYS = 1000
"""At once; the latest of them."""
_OVER = ("completed", "stopped", "ended")
_RUNNING = ("active", "paused")


class Replaying(Authoring):
    """Re-enact what was recorded, off the event loop."""

    @needs("journeys:read", "host", "practitioner", "operator")
    async def what_if(
        self,
        pathway: str,
        *,
        source: str | bytes | None = None,
        version: int | None = None,
        lived_on: int | None = None,
        since: datetime | None = None,
        running: bool = False,
        limit: int = 200,
        policy: Policy = CAUTIOUS,
        progress: Callable[[int], None] = lambda done: None,
    ) -> WhatIf:
        """Re-enact the latest past journeys of a pathway on its draft, on another text, or on a version.

        `lived_on`: only those of that version. `since`: only those started since. `running`: also those still on their way,
        as far as they have come. A practitioner's are their own clients'. Raises NotFound, Refused, DefinitionError.
        """
        published, against = await self.tried(pathway, source, version)
        _check_renamed(policy, published.structure, against)
        statuses = (*_OVER, *_RUNNING) if running else _OVER
        recorded = await self._past(pathway, version=lived_on, since=since, statuses=statuses, limit=limit)
        return await asyncio.to_thread(
            compare,
            recorded,
            published.structure,
            against=against,
            policy=policy,
            progress=progress,
        )

    @needs("journeys:read", "host", "practitioner", "operator")
    async def what_if_journey(
        self,
        journey: str,
        *,
        source: str | bytes | None = None,
        version: int | None = None,
        policy: Policy = CAUTIOUS,
    ) -> WhatIf:
        """Re-enact one journey, with every occurrence that would have come otherwise. Raises NotFound, DefinitionError."""
        row = await self._journey(journey)
        published, against = await self.tried(row.pathway, source, version)
        _check_renamed(policy, published.structure, against)
        recorded = await self._recorded([row])
        return await asyncio.to_thread(compare, recorded, published.structure, against=against, policy=policy, in_detail=True)

    @needs("journeys:read", "host", "practitioner", "operator")
    async def fit_behaviour(
        self,
        pathway: str | None = None,
        *,
        lived_on: int | None = None,
        since: datetime | None = None,
        limit: int = MOST_JOURNEYS,
        enough: int = ENOUGH,
    ) -> Fitted:
        """How clients behaved in the latest journeys of a pathway, or of all: times and shares, no answers.

        Running journeys count as far as they have come. A practitioner's are their own clients'. Raises NotFound, Refused.
        """
        if pathway is not None:
            await self.versions(pathway)
        statuses = (*_OVER, *_RUNNING)
        recorded = await self._past(pathway, version=lived_on, since=since, statuses=statuses, limit=limit)
        try:
            return await asyncio.to_thread(fit, recorded, until=self._now(), enough=enough)
        except ValueError as error:
            raise Refused("nothing_recorded", "S", str(error)) from None

    @needs("pathways:read", "host", "practitioner", "operator")
    async def tried(self, pathway: str, source: str | bytes | None, version: int | None) -> tuple[Published, str]:
        """What is tried: a text, a version, or the draft, and where there is none the latest version; and what it is called."""
        if source is None and version is None:
            source = await self.draft(pathway)
        if source is not None:
            checked = await self.check(source)
            if checked.published is None:
                raise DefinitionError(checked.errors)
            return checked.published, "the draft"
        published = await self.pathway(pathway, version)
        if published is None:
            raise NotFound(f"there is neither a draft nor a version of {pathway}; save a draft, or name a version")
        return published, f"version {published.structure.version}"

    async def _past(
        self,
        pathway: str | None,
        *,
        version: int | None = None,
        since: datetime | None = None,
        statuses: tuple[str, ...] = _OVER,
        limit: int,
    ) -> list[Recorded]:
        """The latest journeys that fit, as they were lived."""
        if not 1 <= limit <= MOST_JOURNEYS:
            raise Refused("too_many", "S", f"take between 1 and {MOST_JOURNEYS} journeys at once")
        async with self._database.read() as session:
            rows = await past.find(
                session,
                self._tenant,
                pathway=pathway,
                version=version,
                statuses=statuses,
                practitioner=self._practitioner,
                since=since,
                limit=limit,
            )
        return await self._recorded(rows)

    async def _recorded(self, rows: list[JourneyRow]) -> list[Recorded]:
        names = [row.id for row in rows]
        async with self._database.read() as session:
            events = await past.events_of(session, names)
            outcomes = await past.outcomes_of(session, names)
            people = await past.clients_of(session, self._tenant, [row.client for row in rows])
        structures = {key: await self._structure(*key) for key in dict.fromkeys((row.pathway, row.version) for row in rows)}
        return [
            Recorded(
                journey=row.id,
                structure=structures[row.pathway, row.version],
                events=events[row.id],
                quiet_hours=_quiet_hours(people.get(row.client), events[row.id]),
                outcomes=outcomes[row.id],
            )
            for row in rows
            if events[row.id]
        ]

    async def _structure(self, pathway: str, version: int) -> Structure:
        async with self._database.read() as session:
            row = await pathways.get(session, self._tenant, pathway, version)
        if row is None:
            raise NotFound(f"{pathway} version {version} is not in the store any more")
        return published_from(row).structure


def _check_renamed(policy: Policy, structure: Structure, against: str) -> None:
    """Refuse names that fit nothing, as a migration does."""
    names = policy.renamed
    for old, new in names.items():
        if new not in structure.by_id:
            raise Refused("unknown_step", "E2", f"{new} is no step of {against}: say old=new with a new id that is there")
        if old in structure.by_id:
            raise Refused("does_not_fit", "E2", f"{old} is a step of {against} too, and cannot be called {new} there")
    if len(set(names.values())) < len(names):
        raise Refused("does_not_fit", "E2", "two steps cannot become one: give each its own new id")


def _quiet_hours(client: ClientRow | None, events: tuple[object, ...]) -> tuple[TimeWindow | None, ...]:
    """What the client's quiet hours may have been at the start: what they are, none, or any they had in between."""
    between = [one.quiet_hours for one in events if isinstance(one, ClientFactsSet)]
    now = quiet_hours_of(client) if client is not None else None
    candidates = [now, None, *between] if between else [now]
    return tuple(dict.fromkeys(candidates))
