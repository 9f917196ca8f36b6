"""Searching journeys at the front door, and searches with a name."""

import hashlib
from datetime import timedelta

from stepwell.access import needs
from stepwell.authoring import Authoring
from stepwell.desk import plain
from stepwell.errors import Refused
from stepwell.models import Count, JourneyLine, JourneyPage, JourneyQuery, SavedView
from stepwell.steering import summary_from
from store import pathways, search, views
from store.search import BadCursor, Filters
from store.tables import JourneyRow, SavedViewRow

_MOST_COUNTED = 10_000


class Searching(Authoring):
    """Find journeys among many."""

    @needs("journeys:read", "host", "practitioner", "operator")
    async def search(self, query: JourneyQuery, *, limit: int = 50, after: str | None = None) -> JourneyPage:
        """A page of journeys that fit, in the order asked for; a practitioner finds their own.

        Pages are stable: a journey that does not change is on exactly one of them. Raises Refused for another list's cursor.
        """
        filters = await self._filters(query)
        mark = hashlib.sha256(query.model_dump_json().encode()).hexdigest()[:16]
        async with self._database.read() as session:
            try:
                rows, cursor = await search.find(session, self._tenant, filters, limit=limit, after=after, mark=mark)
            except BadCursor:
                raise Refused("bad_cursor", "A", "the cursor is not of this list; begin again without one") from None
            opened = await search.open_counts(session, [row.id for row in rows])
        return JourneyPage(items=tuple(line_from(row, opened.get(row.id, 0)) for row in rows), next=cursor)

    @needs("journeys:read", "host", "practitioner", "operator")
    async def count(self, query: JourneyQuery) -> Count:
        """How many journeys fit, up to ten thousand."""
        filters = await self._filters(query)
        async with self._database.read() as session:
            found = await search.count(session, self._tenant, filters, most=_MOST_COUNTED + 1)
        return Count(number=min(found, _MOST_COUNTED), is_capped=found > _MOST_COUNTED)

    async def _filters(self, query: JourneyQuery) -> Filters:
        chosen = [query.pathway] if query.pathway else None
        if query.tag:
            async with self._database.read() as session:
                tagged = await pathways.tagged(session, self._tenant, query.tag)
            chosen = [one for one in tagged if query.pathway in (None, one)]
        return Filters(
            text=plain(query.text, "a search", "A", 200),
            client=query.client,
            pathways=chosen,
            version=query.version,
            statuses=query.statuses,
            held=query.held,
            owed_before=self._now() - timedelta(days=query.overdue_days) if query.overdue_days is not None else None,
            failed_since=query.failed_since,
            practitioner=query.practitioner,
            also=self._practitioner,
            group=query.group,
            by=query.sort,
        )

    @needs("journeys:read", "operator")
    async def views(self) -> list[SavedView]:
        """The searches with a name."""
        async with self._database.read() as session:
            return [SavedView.model_validate(one.model_dump()) for one in await views.find(session, self._tenant)]

    @needs("journeys:read", "operator")
    async def keep_view(self, name: str, query: str) -> None:
        """Give a search a name; one that has it is replaced."""
        named = plain(name.strip(), "a name", "A", 100)
        if not named:
            raise Refused("unnamed", "A", "give the search a name")
        row = SavedViewRow(
            tenant=self._tenant,
            name=named,
            query=plain(query, "a search", "A", 2000),
            created_at=self._now(),
            created_by=self._caller.name,
        )
        async with self._database.begin() as session:
            await views.keep(session, row)

    @needs("journeys:read", "operator")
    async def forget_view(self, name: str) -> None:
        """Forget a search with a name."""
        async with self._database.begin() as session:
            await views.drop(session, self._tenant, name)


def line_from(row: JourneyRow, open_steps: int) -> JourneyLine:
    """A stored journey as one line of a list of many."""
    more = {"created_at": row.created_at, "owed_since": row.owed_since, "failed_at": row.failed_at, "open_steps": open_steps}
    return JourneyLine.model_validate(summary_from(row).model_dump() | more)
