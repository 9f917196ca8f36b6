"""Giving work to people: one step that stands alone, or one pathway to several clients."""

from collections.abc import Sequence
from datetime import date, datetime

from engine import instruments
from engine.loading import dump
from stepwell.access import needs
from stepwell.authoring import Authoring
from stepwell.errors import NotFound, StepwellError
from stepwell.models import JourneySummary, Started
from stepwell.people import People


class Assigning(Authoring, People):
    """Assign a single step, or a pathway to a group."""

    @needs("journeys:write", "host", "practitioner")
    async def assign(
        self, client: str, library_step: str, *, practitioner: str | None = None, request_id: str | None = None
    ) -> JourneySummary:
        """Give a client one step of the library by itself, as a pathway of one step (D20). Raises NotFound, DefinitionError.

        The same step may be given again and again; the same `request_id` is the same assignment.
        """
        await self._client(client)
        async with self._database.read() as session:
            known = instruments.library() | dict((await self._practice(session)).library)
        if library_step not in known:
            raise NotFound(f"the library has no step {library_step!r}; keep it there first")
        name = f"only-{library_step}"[:63]
        title = known[library_step].get("title", library_step)
        steps = [{"id": library_step.replace("-", "_"), "use": library_step}]
        document = {"pathway": name, "title": title, "alerts": {"to": "practitioner"}, "steps": steps}
        version = await self.publish(dump(document))
        return await self.start(
            client, name, version=version.number, again="parallel", practitioner=practitioner, request_id=request_id
        )

    @needs("journeys:write", "host", "practitioner")
    async def start_all(
        self,
        clients: Sequence[str],
        pathway: str,
        *,
        practitioner: str | None = None,
        dates: dict[str, date | datetime] | None = None,
    ) -> list[Started]:
        """Enter several clients on a pathway, a couple or a course: each on a journey of their own, with answers of their
        own (D18). One that fails does not keep the others; enter the failed ones again with the same call.
        """
        results = []
        for client in dict.fromkeys(clients):
            try:
                entered = await self.start(client, pathway, again="use_existing", practitioner=practitioner, dates=dates)
                results.append(Started(client=client, journey=entered.id))
            except StepwellError as error:
                results.append(Started(client=client, error=str(error)))
        return results
