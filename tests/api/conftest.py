"""The front door as a fixture, empty or with a practice behind it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from stepwell.api.terms import Terms
from tests.api.front import Front, front
from tests.api.world import World


@pytest.fixture
async def door(tmp_path: Path) -> AsyncIterator[Front]:
    """A gateway of the test's own."""
    async with front(tmp_path) as up:
        yield up


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """A practice, with limits that nothing here reaches."""
    plenty = dict.fromkeys(("host", "practitioner", "client", "operator"), 10_000)
    async with front(tmp_path, Terms(rates=plenty, most_wrong=1_000_000)) as up:
        made = World(up)
        await made.build()
        yield made
