"""The console as a fixture."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.console.desk import Console, console_of


@pytest.fixture
async def console(tmp_path: Path) -> AsyncIterator[Console]:
    """A console of the test's own."""
    async with console_of(tmp_path) as up:
        yield up
