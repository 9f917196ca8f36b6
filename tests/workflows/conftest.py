"""The house as a fixture."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.store.conftest import database, ready
from tests.workflows.house import House, house

__all__ = ["database", "ready"]


@pytest.fixture
async def home(tmp_path: Path) -> AsyncIterator[House]:
    """A whole Stepwell with a virtual clock."""
    async with house(tmp_path) as up:
        yield up
