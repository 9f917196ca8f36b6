"""A course on DBOS and the small application around it: `DATABASE_URL=… SMTP_PORT=… python -m bench.ondbos.app PORT`.

It takes lines of JSON on one connection, as its HTTP endpoints would take requests, and answers each when what it asks for cannot be
lost any more.
"""

import asyncio
import json
import os
import sys
from email.message import EmailMessage

import aiosmtplib
from dbos import DBOS, AsyncSQLAlchemyDatasource, SetWorkflowID
from sqlalchemy import text

_DATABASE = os.environ["DATABASE_URL"]
_SMTP_PORT = int(os.environ["SMTP_PORT"])
_WEEK = 7 * 86400
_TABLE = "CREATE TABLE IF NOT EXISTS answers (client text, step integer, words text, PRIMARY KEY (client, step))"

store = asyncio.run(AsyncSQLAlchemyDatasource.create(_DATABASE))
DBOS(config={"name": "course", "system_database_url": _DATABASE, "log_level": "WARNING"})


@DBOS.step(retries_allowed=True, max_attempts=10)
async def notify(client: str, step: int) -> None:
    """Mail that a step is open; the same id with every try."""
    message = EmailMessage()
    message["From"] = "course@example.org"
    message["To"] = f"{client}@example.org"
    message["Subject"] = f"Step {step}"
    message["Message-ID"] = f"<{client}-{step}@example.org>"
    message.set_content("Something is waiting for you.")
    await aiosmtplib.send(message, hostname="127.0.0.1", port=_SMTP_PORT)


@store.transaction
async def keep(client: str, step: int, words: str) -> None:
    """Keep an answer, once: in the transaction that notes that it was done."""
    row = {"client": client, "step": step, "words": words}
    await store.sql_session().execute(text("INSERT INTO answers VALUES (:client, :step, :words)"), row)


@DBOS.workflow()
async def course(client: str, steps: int) -> str:
    """From the first step to the last, or until one stays without an answer."""
    for step in range(1, steps + 1):
        await notify(client, step)
        words = await DBOS.recv_async(f"step-{step}", timeout_seconds=_WEEK)
        if words is None:
            return "expired"
        await keep(client, step, words)
    return "completed"


async def _asked(asked: dict[str, str | int], handles: dict[str, asyncio.Task[str]]) -> None:
    client = str(asked["client"])
    match asked["do"]:
        case "start":
            with SetWorkflowID(client):
                handle = await DBOS.start_workflow_async(course, client, int(asked["steps"]))
            handles[client] = asyncio.create_task(handle.get_result())
        case "answer":
            name = f"step-{asked['step']}"
            await DBOS.send_async(client, asked["words"], name, idempotency_key=f"{client}/{name}")
        case "end":
            assert await handles.pop(client) == "completed"


async def serve(port: int) -> None:
    """Until the process is ended."""
    DBOS.launch()
    async with store.engine.begin() as connection:
        await connection.execute(text(_TABLE))
    handles: dict[str, asyncio.Task[str]] = {}
    working: set[asyncio.Task[None]] = set()

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async def answer(line: bytes) -> None:
            asked = json.loads(line)
            try:
                await _asked(asked, handles)
            except BaseException:
                writer.close()
                raise
            writer.write(b"%d\n" % asked["number"])

        while line := await reader.readline():
            task = asyncio.create_task(answer(line))
            working.add(task)
            task.add_done_callback(working.discard)

    async with await asyncio.start_server(converse, "127.0.0.1", port) as server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
