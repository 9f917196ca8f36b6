"""Searching journeys: filters, sorts, pages, counts, and searches that are kept under a name."""

import base64
import binascii
import hashlib
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from stepwell.access import needs
from stepwell.desk import Desk, plain
from stepwell.errors import NotFound, Refused
from stepwell.models import Count, JourneyLine, JourneyQuery, Page, SavedView
from stepwell.steering import summary_from
from store import saved_views, search
from store.search import Wanted
from store.tables import JourneyRow, SavedViewRow

_MOST_COUNTED = 10_000
_MOST_ON_A_PAGE = 500


class Searching(Desk):
    """Find journeys among very many."""

    @needs("journeys:read", "host", "practitioner", "operator")
    async def search(self, query: JourneyQuery, *, limit: int = 50, after: str | None = None) -> Page[JourneyLine]:
        """A page of the journeys that fit all of it, in its order; `after` is where the page before says the next begins.

        A journey that does not change meanwhile is on exactly one page. Raises Refused for the cursor of another search.
        """
        limit = max(1, min(limit, _MOST_ON_A_PAGE))
        asked_at, place = _read_cursor(after, query) if after else (self._now(), None)
        async with self._database.read() as session:
            wanted = await self._wanted(session, query, asked_at)
            found = await search.page(session, wanted, query.sort, limit=limit + 1, after=place)
            lines = await _lines(session, found[:limit])
        more = _cursor(query, asked_at, search.place(found[limit - 1], query.sort)) if len(found) > limit else None
        return Page[JourneyLine](items=lines, next=more)

    @needs("journeys:read", "host", "practitioner", "operator")
    async def count(self, query: JourneyQuery) -> Count:
        """How many journeys fit; beyond ten thousand nobody counts on."""
        async with self._database.read() as session:
            wanted = await self._wanted(session, query, self._now())
            number = await search.count(session, wanted, query.sort, at_most=_MOST_COUNTED)
        return Count(number=min(number, _MOST_COUNTED), is_capped=number > _MOST_COUNTED)

    @needs("journeys:read", "operator")
    async def views(self) -> list[SavedView]:
        """The searches that were kept, by name."""
        async with self._database.read() as session:
            return [_view(row) for row in await saved_views.find(session, self._tenant)]

    @needs("journeys:read", "operator")
    async def keep_view(self, name: str, query: str) -> SavedView:
        """Keep a search under a name for every operator; the same name again replaces it."""
        row = SavedViewRow(
            tenant=self._tenant,
            name=plain(name.strip(), "a name", "F2", 100),
            query=plain(query, "a search", "F2", 2000),
            created_at=self._now(),
            created_by=self._caller.name,
        )
        if not row.name:
            raise Refused("unnamed", "F2", "a kept search needs a name")
        async with self._database.begin() as session:
            await saved_views.keep(session, row)
        return _view(row)

    @needs("journeys:read", "operator")
    async def forget_view(self, name: str) -> None:
        """Forget a kept search. Raises NotFound."""
        async with self._database.begin() as session:
            if not await saved_views.forget(session, self._tenant, name):
                raise NotFound(f"no search is kept as {name!r}")

    async def _wanted(
        self, session: AsyncSession, query: JourneyQuery, asked_at: datetime, ids: Sequence[str] | None = None
    ) -> Wanted:
        """The query as the store reads it, within what is the caller's to see."""
        practitioners = {one for one in (query.practitioner, self._practitioner) if one is not None}
        return Wanted(
            tenant=self._tenant,
            begins=query.text or None,
            client=query.client,
            pathway=query.pathway,
            pathways=await search.tagged(session, self._tenant, query.tag) if query.tag else None,
            version=query.version,
            statuses=query.statuses,
            held=query.held,
            overdue_before=asked_at - query.overdue_for if query.overdue_for is not None else None,
            failed_since=query.failed_since,
            led_by=tuple(sorted(practitioners)),
            ids=tuple(ids) if ids is not None else None,
        )


async def _lines(session: AsyncSession, rows: Sequence[JourneyRow]) -> tuple[JourneyLine, ...]:
    steps = await search.open_steps(session, [row.id for row in rows])
    return tuple(
        JourneyLine(
            **summary_from(row).model_dump(),
            overdue_since=row.overdue_since,
            failed_at=row.failed_at,
            created_at=row.created_at,
            open_steps=steps.get(row.id, 0),
        )
        for row in rows
    )


def _view(row: SavedViewRow) -> SavedView:
    return SavedView.model_validate(row.model_dump(exclude={"tenant"}))


def _mark(query: JourneyQuery) -> str:
    return hashlib.sha256(query.model_dump_json().encode()).hexdigest()[:16]


def _cursor(query: JourneyQuery, asked_at: datetime, place: tuple[Any, str]) -> str:
    """Where the next page begins: of which search, asked when, after which place."""
    key, journey = place
    written = [_mark(query), asked_at.isoformat(), key.isoformat() if isinstance(key, datetime) else key, journey]
    return base64.urlsafe_b64encode(json.dumps(written).encode()).decode().rstrip("=")


def _read_cursor(cursor: str, query: JourneyQuery) -> tuple[datetime, tuple[Any, str]]:
    """When the search was first asked, and after which place to go on. Raises Refused."""
    try:
        mark, asked_at, key, journey = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        read = datetime.fromisoformat(asked_at)
        place = (key if query.sort == "client" else datetime.fromisoformat(key), str(journey))
        naive = read.tzinfo is None or (isinstance(place[0], datetime) and place[0].tzinfo is None)
        is_ours = mark == _mark(query) and not naive and isinstance(place[0], str | datetime)
    except (ValueError, TypeError, binascii.Error):
        is_ours = False
    if not is_ours:
        raise Refused("bad_cursor", "F1", "this cursor is of another search, or of none; begin at the first page")
    return read, place
