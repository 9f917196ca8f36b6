"""Trying a pathway on simulated clients before anybody real is put on it."""

import asyncio
from collections.abc import Callable
from datetime import date

from engine.publishing import Published
from stepwell.access import needs
from stepwell.behaviour import NAMES
from stepwell.desk import Desk
from stepwell.errors import Refused
from stepwell.simulation import Simulation, simulate

MOST_CLIENTS = 500
"""At once, through the front door; the command line has no such bound."""


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
        progress: Callable[[int], None] = lambda done: None,
    ) -> Simulation:
        """Put so many simulated clients on a pathway, and say what came of it. Raises Refused for too many of them."""
        if not 1 <= clients <= MOST_CLIENTS:
            raise Refused("too_many", "S", f"simulate between 1 and {MOST_CLIENTS} clients at once")
        if behaviour not in NAMES:
            raise Refused("unknown_behaviour", "S", f"simulated clients are one of: {', '.join(NAMES)}")
        return await asyncio.to_thread(
            simulate,
            published,
            self._types,
            clients=clients,
            behaviour_name=behaviour,
            seed=seed,
            start=start,
            zone=published.structure.zone,
            progress=progress,
        )
