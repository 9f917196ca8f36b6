"""Which store a test's house stands on: SQLite or PostgreSQL, by the name of the test's file, or as `STEPWELL_TEST_STORE` says.

By the file's name, so that it is the same today, tomorrow and beside other files. A failure says which it was.
"""

import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from zlib import crc32

import pytest

from tests.postgres import Postgres

SETTING = "STEPWELL_TEST_STORE"
KINDS = ("sqlite", "postgres")
_HERE = Path(__file__).parent
_CHOOSING = [_HERE / name for name in ("workflows", "api")]
"""Whose tests stand on either; elsewhere it is SQLite, or what the test itself asks for."""
_server: Postgres | None = None
"""What a house of the running test is kept in; None: a file in its folder."""


def kind_of(file: Path, said: str = "") -> str:
    """`sqlite` or `postgres` for the tests of a file."""
    if said and said not in KINDS:
        raise pytest.UsageError(f"{SETTING} is {said!r}; it has to be one of: {', '.join(KINDS)}")
    if file.parent not in _CHOOSING:
        return "sqlite"
    return said or KINDS[crc32(file.name.encode()) % 2]


def pytest_configure() -> None:
    """Refuse a store that is none before any test runs."""
    kind_of(_HERE, os.environ.get(SETTING, ""))


@pytest.fixture(autouse=True)
def store_of_the_file(request: pytest.FixtureRequest) -> Iterator[None]:
    """Have every house of a test stand on the store that its file has."""
    kind = kind_of(request.node.path, os.environ.get(SETTING, ""))
    request.node.add_report_section("setup", "store", kind)
    with standing_on(request.getfixturevalue("postgres") if kind == "postgres" else None):
        yield


@contextmanager
def standing_on(server: Postgres | None) -> Iterator[None]:
    """Have every house stand on a server, or on a file where there is none."""
    global _server
    before, _server = _server, server
    try:
        yield
    finally:
        _server = before


@asynccontextmanager
async def a_store(folder: Path) -> AsyncIterator[str]:
    """The address of a store of a house's own. What PostgreSQL's files held of it is left in the folder, for the canaries."""
    server = _server
    if server is None:
        yield f"sqlite:///{folder / 'store.db'}"
        return
    url = await server.fresh()
    try:
        yield url
        (folder / f"{url.rpartition('/')[2]}.held").write_bytes(await server.held(url))
    finally:
        await server.drop(url)


async def held(folder: Path, url: str) -> bytes:
    """Whatever stands in the files of a running house's store."""
    if _server is not None:
        return await _server.held(url)
    return _in_file(folder)


def _in_file(folder: Path) -> bytes:
    return b"".join(one.read_bytes() for one in folder.glob("store.db*"))
