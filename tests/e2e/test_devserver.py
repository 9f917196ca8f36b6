"""The server that is started with everything, where a port it found is taken from it again."""

import asyncio
import socket
from pathlib import Path

import pytest

from stepwell.devserver import DevServer
from stepwell.errors import NotRunning
from store.database import Database
from tests.e2e.processes import free_port, store_in

_TAKEN = b"address already in use"


async def test_it_begins_again_where_a_port_was_taken(tmp_path: Path) -> None:
    """It runs once the other program has gone."""
    with socket.socket() as other:
        server = _server_at(other, tmp_path)
        begun = asyncio.create_task(server.start())
        while not (log := tmp_path / "temporal.log").exists() or _TAKEN not in log.read_bytes():  # noqa: ASYNC110 - a file
            await asyncio.sleep(0.01)
    try:
        assert (await begun).namespace == "default"
    finally:
        await server.stop()


async def test_it_gives_up_where_the_port_stays_taken(tmp_path: Path) -> None:
    """And says where to read why."""
    with socket.socket() as other:
        server = _server_at(other, tmp_path)
        with pytest.raises(NotRunning, match=r"temporal\.log"):
            await server.start()
    assert (tmp_path / "temporal.log").read_bytes().count(_TAKEN) == 3


def _server_at(other: socket.socket, folder: Path) -> DevServer:
    """One that wants the port of a socket for something inside it."""
    other.bind(("127.0.0.1", 0))
    other.listen()
    database = Database.open(store_in(folder)["database"])
    return DevServer(folder, free_port(), free_port(), database.keys, ("--http-port", str(other.getsockname()[1])))
