"""A workflow that is a timer and nothing else, and its worker: `python -m bench.timers ADDRESS`."""

import asyncio
import sys

from temporalio import workflow
from temporalio.client import Client
from temporalio.worker import Worker

QUEUE = "timers"


@workflow.defn
class Timer:
    """Sleep until an instant."""

    @workflow.run
    async def run(self, until: float) -> None:
        """`until`: seconds since 1970."""
        await workflow.sleep(max(0.0, until - workflow.now().timestamp()))


async def work(address: str) -> None:
    """Until the process is ended."""
    await Worker(await Client.connect(address), task_queue=QUEUE, workflows=[Timer], max_cached_workflows=2000).run()


if __name__ == "__main__":
    asyncio.run(work(sys.argv[1]))
