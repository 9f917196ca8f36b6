"""A worker without encryption, to measure what that costs: `python -m bench.plain_worker`. The product has no way to be run so."""

import asyncio

from stepwell import connection
from worker import main
from workflows.plugin import DATA_CONVERTER

if __name__ == "__main__":
    connection.encrypting = lambda _: DATA_CONVERTER
    asyncio.run(main())
