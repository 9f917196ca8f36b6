"""The front door as a fixture."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.api.front import Front, front


@pytest.fixture
async def door(tmp_path: Path) -> AsyncIterator[Front]:
    """A gateway of the test's own."""
    async with front(tmp_path) as up:
        yield up
