"""The front door as a fixture, empty or with a practice behind it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from stepwell.api.terms import Terms
from tests.api.front import Front, front
from tests.api.world import World
from tests.postgres import Postgres
from tests.stores import standing_on

_PLENTY = Terms(rates=dict.fromkeys(("host", "practitioner", "client", "operator"), 10_000), most_wrong=1_000_000)


@pytest.fixture
async def door(tmp_path: Path) -> AsyncIterator[Front]:
    """A gateway of the test's own."""
    async with front(tmp_path) as up:
        yield up


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """A practice, with limits that nothing here reaches."""
    async with front(tmp_path, _PLENTY) as up:
        made = World(up)
        await made.build()
        yield made


@pytest.fixture
async def guarded_world(tmp_path: Path, postgres: Postgres) -> AsyncIterator[World]:
    """The same in a database that keeps tenants apart by itself."""
    with standing_on(postgres):
        async with front(tmp_path, _PLENTY) as up:
            made = World(up)
            await made.build()
            yield made
