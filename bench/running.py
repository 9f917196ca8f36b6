"""A stack of a measure's own: a server, a store with its keys, a worker process; gone afterwards."""

import os
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NamedTuple

from temporalio.client import Client

from engine.steps import step_types
from stepwell import Stepwell
from stepwell.devserver import DevServer
from store.database import Database
from store.rootkeys import KeyFolder
from tests.e2e.processes import free_port
from workflows.plugin import DATA_CONVERTER

_ROOT = Path(__file__).parents[1]


class Running(NamedTuple):
    """One that runs: its handle, the connection behind it, and the ids of its processes."""

    handle: Stepwell
    connection: Client
    worker: int
    server: int
    settings: dict[str, str]
    """What its worker was started with."""


@asynccontextmanager
async def running(*, is_plain: bool = False, store: str | None = None, smtp_port: int | None = None) -> AsyncIterator[Running]:
    """One on a SQLite file unless given another `store`, which is migrated; `is_plain`: nothing that Temporal is given is encrypted."""
    with tempfile.TemporaryDirectory(prefix="stepwell-bench-") as folder:
        home = Path(folder)
        url = store or f"sqlite:///{home / 'stepwell.db'}"
        roots = KeyFolder(home / "keys")
        roots.make()
        database = Database.open(url, roots)
        if store is None:
            await database.migrate()
        server = DevServer(home, free_port(), free_port(), database.keys)
        connection = await server.start()
        if is_plain:
            connection = await Client.connect(server.address, data_converter=DATA_CONVERTER)
        settings = {"STEPWELL_DATABASE": url, "STEPWELL_KEYS": str(home / "keys"), "STEPWELL_TEMPORAL": server.address}
        settings |= {"PATH": os.environ["PATH"], "PYTHONPATH": str(_ROOT), "STEPWELL_LOG_LEVEL": "WARNING"}
        settings |= {"STEPWELL_SMTP_PORT": str(smtp_port)} if smtp_port else {}
        module = "bench.plain_worker" if is_plain else "worker"
        with (home / "worker.log").open("ab") as log:
            worker = subprocess.Popen([sys.executable, "-m", module], env=settings, cwd=home, stdout=log, stderr=log)  # noqa: ASYNC220
        try:
            assert server.pid is not None
            yield Running(Stepwell(database, connection, "default", step_types()), connection, worker.pid, server.pid, settings)
        finally:
            worker.terminate()
            worker.wait(30)
            await server.stop()
            await database.close()
