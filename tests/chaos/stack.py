"""Everything that runs in one run: server, store, workers, gateways, witnesses, each a process, with links between them."""

import asyncio
import re
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from temporalio.client import Client

from stepwell import Stepwell
from stepwell.devserver import DevServer
from stepwell.rollout import Rollout
from stepwell.settings import Settings
from store.database import Database
from store.keyring import Keyring
from tests.chaos.links import Link
from tests.chaos.pathways import Pathway, texts
from tests.chaos.witnesses import LINK, Manners
from tests.e2e.processes import ROOT, Child, environment, free_port
from tests.faketime import wrong_by
from tests.keys import made_in
from tests.postgres import Postgres

_ENTRY = Path("tests") / "chaos" / "entry.py"
DEPLOYMENT = "chaos"
"""Of workers that have versions."""
GRACE = 50.0
"""Seconds that a worker may take to end; what docs/running.md promises."""


class Member(Child):
    """A process of the run that may also be held still."""

    def send(self, how: signal.Signals) -> None:
        """Send a signal and wait for nothing."""
        assert self._process is not None
        self._process.send_signal(how)

    async def ended(self, patience: float = GRACE + 10) -> int | None:
        """Its exit code once it is gone; None where it does not go."""
        assert self._process is not None
        give_up_at = time.monotonic() + patience
        while (code := self._process.poll()) is None and time.monotonic() < give_up_at:  # noqa: ASYNC110 - a process
            await asyncio.sleep(0.05)
        return code

    async def is_there(self, words: str, patience: float = 120) -> None:
        """Wait until it says that it is ready."""
        give_up_at = time.monotonic() + patience
        while not self.has_said(words):
            assert not self.is_gone, f"{self.log.stem} ended: {self.text[-2000:]}"
            assert time.monotonic() < give_up_at, f"{self.log.stem} does not start: {self.text[-2000:]}"
            await asyncio.sleep(0.1)

    def has_said(self, words: str) -> bool:
        """Whether it has, since it was started last."""
        return words in self.text[self._said :]

    @property
    def build(self) -> str:
        """Of which build it says that it is."""
        return re.findall(r'"build": "(\w+)"', self.text)[-1]

    @property
    def is_gone(self) -> bool:
        """Whether it has ended."""
        return self._process is None or self._process.poll() is not None

    def start(self) -> None:
        """Start it; what it says from now on counts for `has_said`."""
        self._said = len(self.text)
        super().start()

    _said = 0


@dataclass
class Stack:
    """What runs, and how to reach it."""

    folder: Path
    server: DevServer
    postgres: Postgres | None
    workers: dict[str, Member]
    gateways: dict[str, Member]
    urls: dict[str, str]
    links: dict[str, Link]
    manners: Manners
    handle: Stepwell
    connection: Client
    secret: str
    endpoint: str
    rollout: Rollout
    """Of workers that have versions."""
    members: dict[str, Member] = field(default_factory=dict)


@asynccontextmanager
async def running(
    folder: Path,
    pathways: list[Pathway],
    *,
    store: str,
    mutant: str = "",
    loses: float = 0.0,
    rotate_at: int = 60,
    clocks: Mapping[str, str] = MappingProxyType({}),
    other: Path | None = None,
) -> AsyncIterator[Stack]:
    """Two workers, two gateways, a server and a store behind links, witnesses outside, and pathways to go through.

    `clocks`: by how much the clock of a worker or gateway is wrong, as faketime takes it, such as `+1h`.
    `other`: where the second worker's release is; then both have versions, and the first one's is current.
    """
    async with AsyncExitStack() as stack:
        postgres, url, keys = await _store(stack, folder, store)
        server = DevServer(folder, free_port(), free_port(), keys)
        connection = await server.start()
        stack.push_async_callback(server.stop)
        links = await _links(stack, server, postgres)
        mail, hook = free_port(), free_port()
        settings = {
            "keys": folder / "keys",
            "smtp_port": mail,
            "client_link": LINK,
            "outbound_allow": f"127.0.0.1:{hook}",
            "crisis_text": "Call 112.",
            "notice_text": "Nobody watches.",
            "rate_host": 2000,
            "log_level": "DEBUG",
        }
        surroundings = {
            "CHAOS_MUTANT": mutant,
            "CHAOS_LOSES": str(loses),
            "CHAOS_ROTATE_AT": str(rotate_at),
        }

        versions = {"deployment": DEPLOYMENT} if other else {}
        roots = {"worker-2": other or ROOT}

        def process(name: str, side: str, *words: str, **more: str) -> Member:
            through = {
                "temporal": f"127.0.0.1:{links[f'{side}-temporal'].port}",
                "database": _through(url, links.get(f"{side}-store")),
            }
            clock = wrong_by(clocks[name]) if name in clocks else {}
            root = roots.get(name, ROOT)
            given = environment(**settings, **through, **more) | surroundings | {"PYTHONPATH": str(root)} | clock
            made = Member([sys.executable, str(root / _ENTRY), *words], given, folder, name)
            stack.callback(made.stop)
            return made

        witness = ["-m", "tests.chaos.witnesses", str(folder), str(mail), str(hook)]
        outside = Member([sys.executable, *witness], environment() | {"PYTHONPATH": str(ROOT)}, folder, "witnesses")
        stack.callback(outside.stop)
        workers = {f"worker-{number}": process(f"worker-{number}", "worker", "worker", **versions) for number in (1, 2)}
        ports = {f"gateway-{number}": free_port() for number in (1, 2)}
        gateways = {name: process(name, "gateway", "gateway", str(port)) for name, port in ports.items()}
        for one in (outside, *workers.values(), *gateways.values()):
            one.start()
        chosen = Settings(
            database=url,
            keys=str(folder / "keys"),
            temporal=server.address,
            **{name: settings[name] for name in ("crisis_text", "notice_text")},
            outbound_allow=(f"127.0.0.1:{hook}",),
        )
        handle = await stack.enter_async_context(Stepwell.connect(chosen))
        await handle.keep_practitioner("dr-grey", email="grey@example.org")
        for text in texts(pathways):
            await handle.publish(text)
        endpoint = await handle.add_endpoint(f"http://127.0.0.1:{hook}/events")
        secret = (await handle.add_key("host")).secret
        await outside.is_there("standing")
        for member in workers.values():
            await member.is_there("working")
        for member in gateways.values():
            await member.is_there("serving")
        rollout = Rollout(connection, DEPLOYMENT)
        if other:
            await rollout.promote(workers["worker-1"].build)
        urls = {name: f"http://127.0.0.1:{port}" for name, port in ports.items()}
        members = {**workers, **gateways}
        yield Stack(
            folder,
            server,
            postgres,
            workers,
            gateways,
            urls,
            links,
            Manners(folder),
            handle,
            connection,
            secret,
            endpoint.id,
            rollout,
            members,
        )


async def _store(stack: AsyncExitStack, folder: Path, store: str) -> tuple[Postgres | None, str, Keyring]:
    if store == "sqlite":
        url, postgres = f"sqlite:///{folder / 'stepwell.db'}", None
    else:
        home = Path(tempfile.mkdtemp(prefix="stepwell-chaos-pg-"))
        stack.callback(shutil.rmtree, home)
        home.chmod(0o755)  # noqa: ASYNC240 - at once; the server runs as somebody else
        postgres = Postgres(home, fsync="on", full_page_writes="on", synchronous_commit="on")
        postgres.create()
        postgres.start()
        stack.callback(postgres.stop)
        url = await postgres.empty()
    database = Database.open(url, made_in(folder / "keys"))
    await database.migrate()
    await database.close()
    return postgres, url, database.keys


async def _links(stack: AsyncExitStack, server: DevServer, postgres: Postgres | None) -> dict[str, Link]:
    targets = {"temporal": server.port, **({"store": postgres.port} if postgres else {})}
    links = {
        f"{side}-{to}": Link(f"{side}-{to}", free_port(), port)
        for side in ("worker", "gateway")
        for to, port in targets.items()
    }
    for link in links.values():
        await link.start()
        stack.push_async_callback(link.stop)
    return links


def _through(url: str, link: Link | None) -> str:
    if link is None:
        return url
    head, _, rest = url.rpartition(":")
    return f"{head}:{link.port}/{rest.partition('/')[2]}"
