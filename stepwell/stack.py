"""The whole of Stepwell in one process: server, store, mail catcher, worker, on loopback, with its state in one folder."""

import fcntl
import json
import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING

from stepwell.access import SCOPES, process
from stepwell.api.app import create_app
from stepwell.care import care_from
from stepwell.console.surroundings import surroundings_from
from stepwell.devserver import DevServer, refuse_taken
from stepwell.errors import NotRunning
from stepwell.gateway import serving, terms_from
from stepwell.gauges import gauging
from stepwell.handle import Stepwell
from stepwell.housekeeping import tidying
from stepwell.keys import caller_of_key
from stepwell.packages import installed_types
from stepwell.settings import (
    Settings,
    allowed_targets,
    given_settings,
    key_folder,
    keys_folder,
    operator_key_file,
    stack_file,
)
from stepwell.watchman import watching
from stepwell.workers import build_workers
from store.database import Database

if TYPE_CHECKING:
    from stepwell.mailcatcher import MailCatcher

SCOPES_OF_OPERATOR = tuple(one for one in SCOPES if one != "act")
"""Of the embedded stack's own operator: everything, `reveal` too."""

_DEPLOYERS = (
    *("client_link", "link_days", "staff", "crisis_text", "notice_text", "host_url", "host_secret", "outbound_allow"),
    *("contacts_a_day", "contacts_a_week", "codec_origins"),
    *(name for name in Settings.model_fields if name.startswith(("oidc_", "rate_"))),
    "wrong_credentials",
)
"""What the environment may say although everything else is the stack's own."""


class Ports:
    """Where the embedded stack listens, all on 127.0.0.1."""

    def __init__(self, temporal: int = 7233, ui: int | None = None, mail: int = 1025, http: int = 8080) -> None:
        self.temporal = temporal
        self.http = http
        self.ui = ui if ui is not None else temporal + 1000
        self.mail = mail


class Stack:
    """A running stack: its settings, for others to reach it, and a handle of its own."""

    def __init__(self, settings: Settings, handle: Stepwell, server: DevServer, mail: "MailCatcher") -> None:
        self.settings = settings
        self.handle = handle
        self.server = server
        self.mail = mail


@asynccontextmanager
async def running_stack(folder: Path, ports: Ports, *, works: bool = True) -> AsyncIterator[Stack]:
    """Start everything in a folder and stop it at the end; started again, the journeys go on. Raises NotRunning.

    `works` False leaves the workers to other processes.
    """
    async with AsyncExitStack() as stack:
        stack.enter_context(_locked(folder))
        refuse_taken(ports.mail, "the mail catcher", "--mail-port")
        refuse_taken(ports.http, "the HTTP API", "--http-port")
        database = await _open_store(folder)
        stack.push_async_callback(database.close)
        mail = _mail_catcher(folder, ports)
        await mail.start()
        stack.push_async_callback(mail.stop)
        server = DevServer(folder, ports.temporal, ports.ui, database.keys)
        stack.push_async_callback(server.stop)
        connection = await server.start()
        settings = Settings(
            database=_store(folder),
            keys=str(keys_folder(folder)),
            temporal=server.address,
            smtp_port=mail.port,
            mail_from="stepwell@stepwell.invalid",
            ui=server.ui,
            public_url=f"http://127.0.0.1:{ports.http}",
            mail_folder=str(mail.folder),
            **given_settings(*_DEPLOYERS),
        )
        if works:
            for worker in build_workers(connection, database, settings):
                await stack.enter_async_context(worker)
            await stack.enter_async_context(watching(database, connection, installed_types()))
            await stack.enter_async_context(gauging(database, connection))
        await stack.enter_async_context(tidying(database))
        trusted = allowed_targets(settings)
        handle = Stepwell(database, connection, settings.tenant, installed_types(), care_from(settings), allowed=trusted)
        await stack.enter_async_context(
            serving(
                create_app(handle.called_by(process(settings.tenant)), terms_from(settings), surroundings_from(settings)),
                "127.0.0.1",
                ports.http,
            )
        )
        await _keep_operator_key(folder, handle)
        _announce(folder, settings)
        stack.callback(lambda: stack_file(folder).unlink(missing_ok=True))
        yield Stack(settings, handle, server, mail)


def _mail_catcher(folder: Path, ports: Ports) -> "MailCatcher":
    """Imported here alone: who runs no stack of their own need not have it."""
    try:
        from stepwell.mailcatcher import MailCatcher
    except ModuleNotFoundError:
        raise NotRunning("the mail catcher is not installed: pip install 'stepwell[embedded]'") from None
    return MailCatcher(folder / "mail", port=ports.mail)


def _store(folder: Path) -> str:
    return f"sqlite:///{folder / 'stepwell.db'}"


async def _open_store(folder: Path) -> Database:
    """The store and its keys, both made where there are none. Raises KeysUnavailable where there is a store without its keys."""
    secrets = Settings(database=_store(folder), **given_settings("host_secret"))
    roots = key_folder(keys_folder(folder), secrets)
    database = Database.open(_store(folder), roots)
    try:
        await database.migrate()
        if not roots.exist() and not await database.keys.are_used():
            roots.make()
        roots.check()
        await database.keys.check()
    except BaseException:
        await database.close()
        raise
    return database


def _announce(folder: Path, settings: Settings) -> None:
    """Say where everything is, so that other commands in this folder find it."""
    file = stack_file(folder)
    unfinished = file.with_suffix(".part")
    unfinished.write_text(
        json.dumps(settings.model_dump(exclude_none=True, exclude={"host_secret", "smtp_password"}), indent=2)
    )
    unfinished.chmod(0o600)
    unfinished.rename(file)


async def _keep_operator_key(folder: Path, handle: Stepwell) -> None:
    """Have a good operator's key in the folder: whoever may read that has everything else in it too."""
    file = operator_key_file(folder)
    if file.exists():
        known = await caller_of_key(handle.database, file.read_text().strip())
        if known is not None and known.kind == "operator":
            return
    made = await handle.add_key("operator", subject="operator", scopes=SCOPES_OF_OPERATOR)
    unfinished = file.with_suffix(".part")
    unfinished.touch(mode=0o600)
    unfinished.chmod(0o600)
    unfinished.write_text(f"{made.secret}\n")
    unfinished.rename(file)


class _locked:
    """The folder for one stack alone. The system lets go of the lock with the process, so it is never stale."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file: IO[str] | None = None

    def __enter__(self) -> None:
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._file = (self._folder / "lock").open("a+")
        except OSError as error:
            raise NotRunning(
                f"the data folder {self._folder} cannot be used: {error.strerror}; choose another with --folder"
            ) from None
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._file.seek(0)
            holder = self._file.read().strip() or "another process"
            self._file.close()
            raise NotRunning(
                f"a stack already runs in {self._folder} ({holder}); use it, or choose another with --folder"
            ) from None
        self._file.truncate(0)
        self._file.write(f"process {os.getpid()}")
        self._file.flush()

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()
