"""Processes that a test starts, kills and starts again: the worker as it is deployed, the command line as it is typed."""

import itertools
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from typing import TypeVar

from temporalio.client import Client

from stepwell.devserver import DevServer
from stepwell.mailcatcher import MailCatcher
from store.database import Database
from tests.keys import made_in

ROOT = Path(__file__).parents[2]
STEPWELL = Path(sys.executable).with_name("stepwell")
_Catcher = TypeVar("_Catcher", bound=MailCatcher)


_ports = itertools.cycle(range(10_000 + os.getpid() * 97 % 20_000, 32_000))
"""Below those that the system gives to connections by itself: one that is free stays so until it is listened on."""


def free_port() -> int:
    """A port that nothing listens on, and that is given to nobody else."""
    for port in _ports:
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise AssertionError("cycles do not end")


PORTS = ("--port", "--ui-port", "--mail-port", "--http-port")
"""The options that say where `stepwell up` listens."""


def free_ports() -> list[str]:
    """Options for `stepwell up` on ports that nothing listens on."""
    return [word for name in PORTS for word in (name, str(free_port()))]


def environment(**settings: object) -> dict[str, str]:
    """What a process of ours is started with: nothing of the caller's but the path, and these settings."""
    return {
        "PATH": f"{STEPWELL.parent}:{os.environ['PATH']}",
        "LC_ALL": "C.UTF-8",
        **{f"STEPWELL_{name.upper()}": str(value) for name, value in settings.items()},
    }


def store_in(folder: Path) -> dict[str, str]:
    """Settings: a store in a folder, and its keys beside it, made where there are none."""
    made_in(folder / "keys")
    return {"database": f"sqlite:///{folder / 'stepwell.db'}", "keys": str(folder / "keys")}


async def store_and_server(stack: AsyncExitStack, folder: Path) -> tuple[Database, DevServer, Client]:
    """A migrated store and a running Temporal in a folder, with a connection to it; both are gone with the stack."""
    database = Database.open(store_in(folder)["database"], made_in(folder / "keys"))
    stack.push_async_callback(database.close)
    await database.migrate()
    server = DevServer(folder, free_port(), free_port(), database.keys)
    connection = await server.start()
    stack.push_async_callback(server.stop)
    return database, server, connection


async def catch_mail(stack: AsyncExitStack, catcher: _Catcher) -> _Catcher:
    """Have a mail server take mails for as long as the stack lasts."""
    await catcher.start()
    stack.push_async_callback(catcher.stop)
    return catcher


def worker_in(stack: AsyncExitStack, folder: Path, server: DevServer, name: str = "worker", **settings: object) -> "Child":
    """A worker as it is deployed, on the store in a folder, not started yet; it is gone with the stack."""
    surroundings = environment(**store_in(folder), temporal=server.address, **settings)
    worker = Child([sys.executable, str(ROOT / "worker.py")], surroundings, folder, name)
    stack.callback(worker.stop)
    return worker


def gateway_in(stack: AsyncExitStack, folder: Path, server: DevServer, **settings: object) -> tuple["Child", str]:
    """A gateway as it is deployed, on the store in a folder, not started yet, and where it will be; it is gone with the stack."""
    port = str(free_port())
    surroundings = environment(**store_in(folder), temporal=server.address, **settings)
    gateway = Child([str(STEPWELL), "serve", "--http-port", port], surroundings, folder, "gateway")
    stack.callback(gateway.stop)
    return gateway, f"http://127.0.0.1:{port}"


class Child:
    """A process that can be killed and started again."""

    def __init__(self, command: list[str], surroundings: Mapping[str, str], folder: Path, name: str) -> None:
        self._command = command
        self._surroundings = dict(surroundings)
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self.log: Path = folder / f"{name}.log"

    def given(self, **variables: str) -> "Child":
        """The same, with these in its environment too."""
        self._surroundings |= variables
        return self

    def start(self) -> None:
        """Start it, also where it ran before; what it says goes to its log."""
        self.stop()
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command, env=self._surroundings, cwd=self._folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )

    def end(self, how: signal.Signals) -> int:
        """Send a signal and wait until it is gone; the exit code."""
        assert self._process is not None
        self._process.send_signal(how)
        return self._process.wait(30)

    def stop(self) -> None:
        """Make sure it is gone."""
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait()

    def wait_for(self, words: str, patience: float = 90) -> None:
        """Wait until its log holds these words."""
        give_up_at = time.monotonic() + patience
        while words not in self.text:
            assert self._process is not None
            assert self._process.poll() is None, self.text
            assert time.monotonic() < give_up_at, self.text
            time.sleep(0.1)

    @property
    def text(self) -> str:
        """What it has said so far."""
        return self.log.read_text() if self.log.exists() else ""
