"""`Stepwell`: everything a host application, a practitioner or an operator does, behind one handle."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from engine.steps import StepTypes
from stepwell.answering import Answering
from stepwell.assigning import Assigning
from stepwell.care import care_from
from stepwell.connection import connect_to
from stepwell.conversing import Conversing
from stepwell.measuring import Measuring
from stepwell.packages import installed_types
from stepwell.reading import Reading
from stepwell.settings import Settings, load_settings
from store.database import Database


class Stepwell(Assigning, Answering, Conversing, Reading, Measuring):
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
        database = Database.open(chosen.database)
        try:
            await database.check()
            connection = await connect_to(chosen)
            yield cls(database, connection, chosen.tenant, types if types is not None else installed_types(), care_from(chosen))
        finally:
            await database.close()
