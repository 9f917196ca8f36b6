"""Trying a pathway on simulated clients before anybody real is put on it."""

import asyncio
from collections import Counter
from collections.abc import Callable
from datetime import date

from engine.publishing import Published
from stepwell.access import needs
from stepwell.behaviour import NAMES
from stepwell.desk import Desk
from stepwell.errors import Refused
from stepwell.simulation import Simulation, simulate
from stepwell.whatif.fitting import Fitted
from stepwell.whatif.impact import SAMPLE, Impact, RunningOn, impact
from store import figures

MOST_CLIENTS = 500
"""At once, through the front door; the command line has no such bound."""
MOST_SAMPLED = 300
MOST_A_WEEK = 10_000


class Trying(Desk):
    """Simulate, off the event loop."""

    @needs("pathways:read", "host", "practitioner", "operator")
    async def simulate(
        self,
        published: Published,
        *,
        clients: int,
        behaviour: str,
        seed: int,
        start: date,
        fitted: Fitted | None = None,
        progress: Callable[[int], None] = lambda done: None,
    ) -> Simulation:
        """Put so many simulated clients on a pathway, and say what came of it. Raises Refused for too many of them.

        `fitted`: they behave as clients of the past did, whatever name their behaviour is given.
        """
        if not 1 <= clients <= MOST_CLIENTS:
            raise Refused("too_many", "S", f"simulate between 1 and {MOST_CLIENTS} clients at once")
        self._refuse_unknown(behaviour, fitted)
        return await asyncio.to_thread(
            simulate,
            published,
            self._types,
            clients=clients,
            behaviour_name=behaviour,
            seed=seed,
            start=start,
            zone=published.structure.zone,
            fitted=fitted,
            progress=progress,
        )

    @needs("pathways:read", "host", "practitioner", "operator")
    async def impact(
        self,
        published: Published,
        *,
        per_week: int,
        start: date,
        behaviour: str = "mixed",
        fitted: Fitted | None = None,
        seed: int = 1,
        sample: int = SAMPLE,
        progress: Callable[[int], None] = lambda done: None,
    ) -> Impact:
        """What publishing a pathway would bring if so many clients start in a week, and who runs on older versions.

        Journeys of a practitioner's own clients are counted, to a practitioner. Raises Refused.
        """
        if not 1 <= sample <= MOST_SAMPLED or not 1 <= per_week <= MOST_A_WEEK:
            message = f"simulate between 1 and {MOST_SAMPLED} clients, of between 1 and {MOST_A_WEEK} that start in a week"
            raise Refused("too_many", "S", message)
        self._refuse_unknown(behaviour, fitted)
        found = await asyncio.to_thread(
            impact,
            published,
            self._types,
            per_week=per_week,
            start=start,
            sample=sample,
            behaviour_name=behaviour,
            fitted=fitted,
            seed=seed,
            progress=progress,
        )
        return found.model_copy(update={"running": await self._running_on(published.structure.pathway)})

    def _refuse_unknown(self, behaviour: str, fitted: Fitted | None) -> None:
        if fitted is None and behaviour not in NAMES:
            raise Refused("unknown_behaviour", "S", f"simulated clients are one of: {', '.join(NAMES)}")

    async def _running_on(self, pathway: str) -> tuple[RunningOn, ...]:
        of = figures.Pathway(self._tenant, pathway, None, self._practitioner)
        async with self._database.read() as session:
            found = await figures.per_version(session, of)
        counted: Counter[int] = Counter()
        for version, status, journeys in found:
            counted[version] += journeys if status in ("starting", "active", "paused") else 0
        return tuple(RunningOn(version=version, journeys=number) for version, number in sorted(counted.items()) if number)
