"""The activities' tests run on a SQLite file and on a PostgreSQL server, with a mail server that keeps what it gets."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from stepwell.mailcatcher import MailCatcher
from store.database import Database
from tests.activities.practice import Practice
from tests.store.conftest import database

__all__ = ["database"]


@pytest_asyncio.fixture
async def mail(tmp_path: Path) -> AsyncIterator[MailCatcher]:
    """A mail server of the test's own."""
    catcher = MailCatcher(tmp_path / "mail")
    await catcher.start()
    yield catcher
    await catcher.stop()


@pytest_asyncio.fixture
async def practice(database: Database, mail: MailCatcher) -> Practice:
    """Ann has been on the trial for a moment: its first two steps are open, and no mail has gone out."""
    practice = Practice(database, mail)
    await practice.open()
    return practice
