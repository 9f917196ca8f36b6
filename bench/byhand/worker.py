"""Its worker, as the samples start one: `python -m bench.byhand.worker ADDRESS DATABASE SMTP_PORT`."""

import asyncio
import sys

import aiosqlite
from temporalio.client import Client
from temporalio.worker import Worker

from bench.byhand.activities import TABLE, Activities
from bench.byhand.workflows import Course

QUEUE = "courses"


async def work(address: str, database: str, smtp_port: int) -> None:
    """Until the process is ended."""
    async with aiosqlite.connect(database) as connection:
        await connection.execute("PRAGMA journal_mode=WAL")
        await connection.execute("PRAGMA synchronous=FULL")
        await connection.execute(TABLE)
        hands = Activities(connection, smtp_port)
        client = await Client.connect(address)
        await Worker(client, task_queue=QUEUE, workflows=[Course], activities=[hands.notify, hands.keep]).run()


if __name__ == "__main__":
    asyncio.run(work(sys.argv[1], sys.argv[2], int(sys.argv[3])))
