"""Reading from a store with very many journeys: lists, filters, a journey, to-do lists, pages of the console, over HTTP."""

import asyncio
import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from math import ceil
from pathlib import Path
from random import Random
from statistics import median
from time import perf_counter
from typing import Any, NamedTuple
from urllib.parse import urlencode

from bench.asking import Connection, one_by_one
from bench.database import postgres
from bench.loading import TENANT, load
from engine.steps import step_types
from stepwell import Stepwell
from stepwell.console.sessions import COOKIE, Sessions
from store.database import Database
from tests.e2e.processes import free_port
from tests.keys import SampleRoots

SEED = 1
_LIMIT = 0.1
_TO_DO_LIMIT = 200
_SAMPLES = 40
_WARM = 6
_PAGES = 6
_SECONDS = 10
_CONNECTIONS = 8


class Read(NamedTuple):
    """How long one kind of reading takes."""

    name: str
    p50: float
    p95: float
    limit: float = _LIMIT

    @property
    def holds(self) -> bool:
        """Whether it stayed within its limit."""
        return self.p95 <= self.limit


class Rate(NamedTuple):
    """How many readings a second one process answers."""

    name: str
    per_second: float
    p95: float
    cpu: float
    """Seconds of a processor that the server itself spends on one: what is left of it when others use the machine too."""
    limit: float = _TO_DO_LIMIT

    @property
    def holds(self) -> bool:
        """Whether it was enough."""
        return self.per_second >= self.limit


class Served(NamedTuple):
    """A server process on a store, and what a host and an operator come in with."""

    port: int
    host: str
    operator: str
    process: int


class Figures(NamedTuple):
    """Everything about one store."""

    store: str
    rows: dict[str, int]
    loading: float
    reads: list[Read]
    rate: Rate

    @property
    def holds(self) -> bool:
        """Whether every limit was kept."""
        return self.rate.holds and all(one.holds for one in self.reads)


def machine() -> str:
    """What it ran on."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"{platform.machine()}, {cores} cores, Python {platform.python_version()}, seed {SEED}"


async def measure_sqlite(journeys: int) -> Figures:
    """On a SQLite file."""
    with tempfile.TemporaryDirectory(prefix="stepwell-bench-") as folder:
        url = f"sqlite:///{Path(folder) / 'stepwell.db'}"
        database = Database.open(url, SampleRoots())
        await database.migrate()
        await database.close()
        return await _measure(f"SQLite, {journeys:,} journeys", url, journeys)


async def measure_postgres(journeys: int) -> Figures:
    """On a PostgreSQL server of its own."""
    with postgres(fsync="off", full_page_writes="off", shared_buffers="512MB") as (server, _):
        return await _measure(f"PostgreSQL, {journeys:,} journeys", await server.fresh(), journeys)


async def _measure(store: str, url: str, journeys: int) -> Figures:
    begun = perf_counter()
    rows = await load(url, journeys, seed=SEED, now=datetime.now(UTC))
    loading = perf_counter() - begun
    return Figures(store, rows, loading, *await measure(url))


async def measure(url: str) -> tuple[list[Read], Rate]:
    """Every reading of a store that is filled."""
    async with _served(url) as server:
        asked = await _questions(server.port, server.host, Random(SEED))
        reads = [await _read(server.port, server.host, name, paths) for name, paths in asked.items()]
        pages = _pages_of_the_console(asked["journey"])
        reads += [await _read(server.port, server.operator, name, paths) for name, paths in pages.items()]
        return reads, await _rate(server, asked["to-do list"])


async def _read(port: int, credential: str, name: str, paths: Sequence[str]) -> Read:
    await one_by_one(port, credential, paths[:_WARM])
    took = await one_by_one(port, credential, [paths[each % len(paths)] for each in range(_SAMPLES)])
    return Read(name, median(took), _p95(took))


def _pages_of_the_console(journeys: Sequence[str]) -> dict[str, list[str]]:
    """Lists by the filters of its form, and the page of a journey."""
    filters = {
        "all": "",
        "running": "status=running",
        "pathway": "pathway=depression-homework",
        "pathway and paused": "pathway=depression-homework&status=paused",
        "held": "held=1",
        "overdue for 3 days": "overdue=3&sort=overdue",
        "failed in 16 hours": "failed=16&sort=failed",
        "practitioner": "practitioner=dr-7",
        "a client's id begins": "text=c-123",
    }
    lists = {f"console list, {name}": [f"/console/journeys?{query}"] for name, query in filters.items()}
    return lists | {"console journey": [path.replace("/v1/", "/console/") for path in journeys]}


async def _questions(port: int, credential: str, draws: Random) -> dict[str, list[str]]:
    """What is asked, by name: each kind of list on its first pages, journeys and clients all over the store."""
    now = datetime.now(UTC)
    connection = await Connection.to(port, credential)

    async def get(path: str) -> Any:
        return json.loads(await connection.get(path))

    filters: dict[str, dict[str, Any]] = {
        "all": {},
        "pathway": {"pathway": "depression-homework"},
        "pathway and version that nobody is on": {"pathway": "depression-homework", "version": 9},
        "status": {"statuses": "active"},
        "held": {"held": "true"},
        "overdue for 3 days": {"overdue_days": 3},
        "failed in the last day": {"failed_since": (now - timedelta(days=1)).isoformat()},
        "practitioner": {"practitioner": "dr-7"},
        "a client's id begins": {"text": "c-123"},
        "nothing begins so": {"text": "zz"},
        "tag that no pathway has": {"tag": "none"},
        "several": {"statuses": "active", "pathway": "tutorial", "held": "true", "practitioner": "dr-7"},
    }
    asked: dict[str, list[str]] = {}
    for sort in ("newest", "oldest", "overdue", "failed", "client"):
        for name, query in filters.items():
            asked[f"list, {name}, {sort}"] = await _pages(get, {**query, "sort": sort})
    firsts = [line for path in asked["list, all, client"] for line in (await get(path))["items"]]
    firsts += (await get(f"/v1/journeys?{urlencode({'sort': 'newest', 'limit': 200})}"))["items"]
    some = draws.sample(firsts, 100)
    for part in ("", "/history", "/notifications", "/adherence"):
        asked[f"journey{part}"] = [f"/v1/journeys/{line['id']}{part}" for line in some]
    active = (await get(f"/v1/journeys?{urlencode({'statuses': 'active', 'sort': 'client', 'limit': 200})}"))["items"]
    owing = sorted({line["client"] for line in active if line["open_steps"]})
    asked["to-do list"] = [f"/v1/clients/{client}/to-do" for client in owing]
    connection.close()
    return asked


async def _pages(get: Callable[[str], Awaitable[Any]], query: dict[str, Any]) -> list[str]:
    """The first pages of a list, as they are asked for."""
    path: str | None = f"/v1/journeys?{urlencode(query)}"
    found = []
    while path is not None and len(found) < _PAGES:
        found.append(path)
        following = (await get(path))["next"]
        path = f"/v1/journeys?{urlencode({**query, 'cursor': following})}" if following else None
    return found


async def _rate(server: Served, paths: Sequence[str]) -> Rate:
    """To-do lists a second, asked for by a process of its own."""
    command = [sys.executable, "-m", "bench.asking", str(server.port), server.host, str(_SECONDS), str(_CONNECTIONS)]
    asking = await asyncio.create_subprocess_exec(*command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    before = _cpu_of(server.process)
    out, _ = await asking.communicate("\n".join(paths).encode())
    spent = _cpu_of(server.process) - before
    assert asking.returncode == 0, "the asking process failed"
    took: list[float] = json.loads(out)
    return Rate(f"to-do lists on one process, {_CONNECTIONS} connections", len(took) / _SECONDS, _p95(took), spent / len(took))


def _cpu_of(process: int) -> float:
    """Seconds of a processor that it has used; 0 where the system does not say."""
    try:
        said = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except FileNotFoundError:
        return 0.0
    return (int(said[11]) + int(said[12])) / os.sysconf("SC_CLK_TCK")


@asynccontextmanager
async def _served(url: str) -> AsyncIterator[Served]:
    """A server process on a store that is filled."""
    database = Database.open(url, SampleRoots())
    nobody: Any = None
    stepwell = Stepwell(database, nobody, TENANT, step_types())
    key = (await stepwell.add_key("host")).secret
    token = await Sessions(database).open((await stepwell.add_key("operator", subject="bench")).secret, old=None)
    await database.close()
    port = free_port()
    server = await asyncio.create_subprocess_exec(sys.executable, "-m", "bench.serving", url, str(port))
    try:
        await _until_served(port)
        yield Served(port, f"authorization: Bearer {key}", f"cookie: {COOKIE}={token}", server.pid)
    finally:
        server.terminate()
        await server.wait()


async def _until_served(port: int) -> None:
    give_up_at = perf_counter() + 30
    while True:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            assert perf_counter() < give_up_at, "the server does not come up"
            await asyncio.sleep(0.05)
            continue
        writer.close()
        return


def _p95(took: Sequence[float]) -> float:
    return sorted(took)[ceil(len(took) * 0.95) - 1]
