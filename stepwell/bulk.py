"""One action on many journeys: looked at first, then carried out by a workflow of its own."""

from collections.abc import Sequence

from engine.journey import PauseMode
from stepwell.access import needs
from stepwell.models import BulkAction, BulkItemPage, BulkJob, BulkPreview, JourneyQuery
from stepwell.searching import Searching


class Bulk(Searching):
    """Remind, pause, resume, stop or try again many journeys at once."""

    @needs("journeys:read", "practitioner", "operator")
    async def preview(
        self, target: JourneyQuery | Sequence[str], action: BulkAction, *, reason: str = "", mode: PauseMode = "freeze"
    ) -> BulkPreview:
        """What the action would come to for the journeys of a search, or for these ids, as things stand. Raises Refused."""
        raise NotImplementedError

    @needs("journeys:write", "practitioner", "operator")
    async def start_bulk(
        self,
        target: JourneyQuery | Sequence[str],
        action: BulkAction,
        *,
        reason: str = "",
        mode: PauseMode = "freeze",
        request_id: str | None = None,
    ) -> BulkJob:
        """Begin it; the journeys are settled now. The same `request_id` again is the same job. Raises Refused, Unavailable."""
        raise NotImplementedError

    @needs("journeys:read", "practitioner", "operator")
    async def bulk_jobs(self, *, limit: int = 50) -> list[BulkJob]:
        """The latest jobs, the newest first."""
        raise NotImplementedError

    @needs("journeys:read", "practitioner", "operator")
    async def bulk_job(self, job: str) -> BulkJob:
        """How far a job is. Raises NotFound."""
        raise NotImplementedError

    @needs("journeys:read", "practitioner", "operator")
    async def bulk_items(
        self, job: str, *, state: str | None = None, limit: int = 50, after: str | None = None
    ) -> BulkItemPage:
        """What became of each journey of it, in order of their ids. Raises NotFound."""
        raise NotImplementedError

    @needs("journeys:write", "practitioner", "operator")
    async def cancel_bulk(self, job: str) -> BulkJob:
        """Begin no more of it; what is done stays done. Raises NotFound."""
        raise NotImplementedError

    @needs("journeys:write", "practitioner", "operator")
    async def retry_bulk(self, job: str) -> BulkJob:
        """Try again what failed. Raises NotFound, Refused, Unavailable."""
        raise NotImplementedError
