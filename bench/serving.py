"""The HTTP API on a store alone, as one process: `python -m bench.serving DATABASE PORT`. Nobody answers for Temporal."""

import asyncio
import logging
import sys

import structlog
import uvloop
from temporalio.client import Client

from bench.loading import TENANT
from engine.steps import step_types
from stepwell import Stepwell
from stepwell.api.app import create_app
from stepwell.gateway import serving
from stepwell.workers import until_signalled
from store.database import Database
from tests.keys import SampleRoots


async def serve(url: str, port: int) -> None:
    """Until SIGTERM."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    database = Database.open(url, SampleRoots())
    nobody = await Client.connect("127.0.0.1:1", lazy=True)
    try:
        async with serving(create_app(Stepwell(database, nobody, TENANT, step_types())), "127.0.0.1", port):
            await until_signalled()
    finally:
        await database.close()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(sys.argv[1], int(sys.argv[2])))
