"""A process that carries an endpoint's events until it is killed: `python -m tests.activities.carrying DATABASE ENDPOINT ALLOWED`."""

import asyncio
import sys

from temporalio.testing import ActivityEnvironment

from activities.courier import Courier
from activities.outbound import Outbound
from store.database import Database
from tests.keys import SampleRoots


async def main(url: str, endpoint: str, allowed: str) -> None:
    """Carry."""
    await ActivityEnvironment().run(Courier(Database.open(url, SampleRoots()), Outbound([allowed])).carry, endpoint)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
