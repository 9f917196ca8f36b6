"""Whole lists as streams of plain rows, for spreadsheets and warehouses: nothing is gathered before it is sent."""

from collections.abc import AsyncIterator
from typing import Any

from pydantic import BaseModel

from stepwell.access import needs
from stepwell.reading import Reading

Row = dict[str, Any]
_AT_ONCE = 200


class Exporting(Reading):
    """Export what the caller may see, journey by journey, in order of their ids."""

    @needs("journeys:read", "host", "practitioner", "operator")
    async def export_journeys(self) -> AsyncIterator[Row]:
        """One row a journey."""
        async for summary in self._every_journey():
            yield summary

    @needs("journeys:read", "host", "practitioner", "operator")
    async def export_occurrences(self) -> AsyncIterator[Row]:
        """One row for each step that was delivered or settled, without its title."""
        async for summary in self._every_journey():
            detail = await self.journey(summary["id"])
            for one in detail.occurrences:
                yield {"journey": detail.id, "client": detail.client, "pathway": detail.pathway, **_row(one, leave={"title"})}

    @needs("journeys:read", "host", "practitioner", "operator")
    async def export_notifications(self) -> AsyncIterator[Row]:
        """One row for each message of the ledger (rule N2)."""
        async for summary in self._every_journey():
            for one in await self.notifications(summary["id"]):
                yield {"journey": summary["id"], **_row(one)}

    @needs("journeys:read", "host", "practitioner", "operator")
    async def export_history(self) -> AsyncIterator[Row]:
        """One row for each event of each journey."""
        async for summary in self._every_journey():
            for one in await self.history(summary["id"]):
                yield {"journey": summary["id"], **_row(one)}

    @needs("answers:read", "host", "practitioner")
    async def export_responses(self) -> AsyncIterator[Row]:
        """One row for each response that the caller may read (rule V1); it is noted that it was read."""
        async for summary in self._every_journey():
            detail = await self.journey(summary["id"])
            for occurrence in detail.occurrences:
                for one in await self.responses(detail.id, occurrence.id):
                    yield {"journey": detail.id, "client": detail.client, **_row(one)}

    async def _every_journey(self) -> AsyncIterator[Row]:
        after = ""
        while page := await self.journeys(limit=_AT_ONCE, after=after):
            for one in page:
                yield _row(one)
            after = page[-1].id


def _row(model: BaseModel, leave: set[str] | None = None) -> Row:
    return model.model_dump(mode="json", exclude=leave)
