"""`Stepwell`: everything a host application, a practitioner or an operator does, behind one handle."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from temporalio.service import RPCError

from engine.steps import StepTypes
from stepwell.assigning import Assigning
from stepwell.care import care_from
from stepwell.connection import connect_to
from stepwell.contacting import Contacting
from stepwell.conversing import Conversing
from stepwell.decoding import Decoding
from stepwell.deleting import Deleting
from stepwell.errors import Unavailable
from stepwell.exporting import Exporting
from stepwell.figures import Figures
from stepwell.groups import Groups
from stepwell.keys import Keys
from stepwell.links import Links
from stepwell.measuring import Measuring
from stepwell.migrations import Migrations
from stepwell.moving import Moving
from stepwell.opening import opened_store
from stepwell.outgoing import Outgoing
from stepwell.packages import installed_types
from stepwell.recovering import Recovering
from stepwell.settings import Settings, allowed_targets, load_settings
from stepwell.troubles import Troubles
from stepwell.trying import Trying

_HEALTH = timedelta(seconds=3)


class Stepwell(
    Assigning,
    Contacting,
    Deleting,
    Links,
    Conversing,
    Exporting,
    Measuring,
    Migrations,
    Figures,
    Groups,
    Moving,
    Troubles,
    Decoding,
    Trying,
    Recovering,
    Outgoing,
    Keys,
):
    """One tenant's handle: author, steer, watch.

    async with Stepwell.connect() as stepwell:
        journey = await stepwell.start("client-7", "depression-homework")
    """

    @classmethod
    @asynccontextmanager
    async def connect(cls, settings: Settings | None = None, types: StepTypes | None = None) -> AsyncIterator["Stepwell"]:
        """Connect to the store and to Temporal; settings come from the environment or a running stack unless given.

        Raises NotRunning and Unavailable with what to do.
        """
        chosen = settings or load_settings()
        async with opened_store(chosen, is_hurried=True) as database:
            connection = await connect_to(chosen, database.keys)
            known = types if types is not None else installed_types()
            yield cls(database, connection, chosen.tenant, known, care_from(chosen), allowed=allowed_targets(chosen))

    async def check_ready(self) -> None:
        """Raise Unavailable where the store or Temporal does not answer."""
        await self._database.check()
        try:
            await self._connection.service_client.check_health(timeout=_HEALTH)
        except RPCError as error:
            raise Unavailable("Temporal does not answer") from error
