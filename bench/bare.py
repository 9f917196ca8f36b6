"""A Temporal server with nothing of ours on it, with the settings of ours, and worker processes that a measure starts beside it."""

import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import NamedTuple

from temporalio.client import Client

from stepwell.devserver import DevServer
from store.database import Database
from tests.e2e.processes import free_port
from tests.keys import SampleRoots


class Bare(NamedTuple):
    """One that runs: a connection that encrypts nothing, its address and process, and a folder that is gone with it."""

    connection: Client
    address: str
    process: int
    folder: Path


@asynccontextmanager
async def bare_server() -> AsyncIterator[Bare]:
    """One of a measure's own."""
    with tempfile.TemporaryDirectory(prefix="stepwell-bench-") as folder:
        home = Path(folder)
        nobodys = Database.open(f"sqlite:///{home / 'none.db'}", SampleRoots())  # our way to start one asks for keys
        server = DevServer(home, free_port(), free_port(), nobodys.keys)
        await server.start()
        try:
            assert server.pid is not None
            yield Bare(await Client.connect(server.address), server.address, server.pid, home)
        finally:
            await server.stop()
            await nobodys.close()


@contextmanager
def process(module: str, *words: str, folder: Path) -> Iterator[int]:
    """The id of a process that runs a module of ours until the end."""
    with (folder / f"{module}.log").open("ab") as log:
        started = subprocess.Popen([sys.executable, "-m", module, *words], stdout=log, stderr=log)
    try:
        yield started.pid
    finally:
        started.kill()  # nothing of it is wanted any more
        started.wait()
