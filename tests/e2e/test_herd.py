"""A herd: everybody is to be reminded at the same instant, and for a while nobody works."""

import asyncio
import os
import signal
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

from engine.steps import step_types
from stepwell import Settings, Stepwell
from stepwell.caughtmail import CaughtMail, read_mails
from stepwell.mailcatcher import MailCatcher
from stepwell.workers import build_workers
from tests.e2e.processes import catch_mail, store_and_server, store_in, worker_in
from tests.pathways import document, step

HERD = int(os.environ.get("HERD", "150"))
RATE = 4
_SESSION = """
- id: session
  type: appointment
  title: Session
  content: {date: first, place: Room 4}
  reminders: {from: date first, after: [-1 day, -1439 minutes]}
"""
"""Reminded of at one instant, and once more a minute later."""
_REMINDER = "A reminder: something is still waiting for you"


async def _until(question: Callable[[], Awaitable[bool]]) -> None:
    while not await question():  # noqa: ASYNC110 - what it waits for happens in another process
        await asyncio.sleep(0.2)


async def _each(names: list[str], job: Callable[[str], Awaitable[object]], at_once: int = 8) -> None:
    gate = asyncio.Semaphore(at_once)

    async def one(name: str) -> None:
        async with gate:
            await job(name)

    await asyncio.gather(*(one(name) for name in names))


class _Herd:
    """Clients with one journey each, and what they were mailed."""

    def __init__(self, handle: Stepwell, mail: MailCatcher) -> None:
        self.handle = handle
        self.mail = mail
        self.names = [f"c{number}" for number in range(HERD)]
        self.journeys: dict[str, str] = {}

    async def enter(self, name: str) -> None:
        """Be added, and begin."""
        await self.handle.add_client(id=name, email=f"{name}@example.org")
        self.journeys[name] = (await self.handle.start(name, "trial")).id

    async def meet_at(self, when: datetime) -> None:
        """Everybody's session is then."""
        await _each(self.names, lambda name: self.handle.set_date(self.journeys[name], "first", when))

    def reminders(self) -> list[CaughtMail]:
        """Those that have come."""
        return [one for one in read_mails(self.mail.folder) if one.subject == _REMINDER]

    async def all_reminded(self) -> bool:
        """Whether everybody has been, at least once. Nothing is read before: the catcher must not be kept waiting."""
        if not await self.have_come(2):
            return False
        return len({one.to for one in await asyncio.to_thread(self.reminders)}) == HERD

    async def have_come(self, each: int) -> bool:
        """Whether there are so many mails for each."""
        return len(list(self.mail.folder.glob("*.eml"))) >= each * HERD

    async def has_one_reminder(self, name: str) -> None:
        """Raise where the ledger has another number of them, or one that was not taken."""
        ledger = await self.handle.notifications(self.journeys[name])
        assert [one.accepted_at is not None for one in ledger if one.purpose == "reminder"] == [True], ledger


async def test_RT17_a_herd_that_falls_due_while_nobody_works_is_reminded_once_each(tmp_path: Path) -> None:
    """Nobody early, nobody left out, and nobody twice, although two reminders of each were due meanwhile."""
    async with AsyncExitStack() as stack:
        mail = await catch_mail(stack, MailCatcher(tmp_path / "mail"))
        database, server, connection = await store_and_server(stack, tmp_path)
        worker = worker_in(stack, tmp_path, server, smtp_port=mail.port)
        worker.start()
        handle = Stepwell(database, connection, "default", step_types())
        await handle.publish(document(_SESSION))
        herd = _Herd(handle, mail)
        began = time.monotonic()
        await _each(herd.names, herd.enter)
        await _until(lambda: herd.have_come(1))
        took = timedelta(seconds=time.monotonic() - began)
        due_at = datetime.now(UTC) + 1.5 * took
        await herd.meet_at(due_at + timedelta(days=1))
        assert datetime.now(UTC) < due_at, "the last were told too late to mean anything"
        assert herd.reminders() == []
        worker.end(signal.SIGKILL)
        both_at = due_at + timedelta(minutes=1, seconds=2)
        await asyncio.sleep((both_at - datetime.now(UTC)).total_seconds())
        assert herd.reminders() == [], "nobody is at work"
        worker.start()
        async with asyncio.timeout(60 + HERD):
            await _until(herd.all_reminded)
        print("the last was out", max(one.received_at for one in herd.reminders()) - both_at, "after work could go on")
        await _each(herd.names, herd.has_one_reminder)
        reminders = herd.reminders()
        assert min(one.received_at for one in reminders) >= due_at
        assert len({(one.to, one.message_id) for one in reminders}) == HERD, (
            "one each; a try that was not heard of may repeat it"
        )


async def test_RT17_the_mail_server_gets_no_more_a_second_than_it_is_to_get(tmp_path: Path) -> None:
    """What has piled up goes out at that pace, all of it; three seconds' worth may come at once as work begins."""
    async with AsyncExitStack() as stack:
        mail = await catch_mail(stack, MailCatcher(tmp_path / "mail"))
        database, server, connection = await store_and_server(stack, tmp_path)
        handle = Stepwell(database, connection, "default", step_types())
        await handle.publish(document(step("read")))
        for number in range(10 * RATE):
            await handle.add_client(id=f"c{number}", email=f"c{number}@example.org")
            await handle.start(f"c{number}", "trial")
        settings = Settings(**store_in(tmp_path), temporal=server.address, smtp_port=mail.port, smtp_rate=RATE)
        for worker in build_workers(connection, database, settings):
            await stack.enter_async_context(worker)
        async with asyncio.timeout(120):
            await _until(lambda: _have_come(mail, 10 * RATE))
    times = [one.received_at for one in read_mails(mail.folder)]
    five = timedelta(seconds=5)
    assert max(sum(one <= other < one + five for other in times) for one in times) <= 8 * RATE, times
    assert times[-1] - times[0] >= five


async def _have_come(mail: MailCatcher, count: int) -> bool:
    return len(list(mail.folder.glob("*.eml"))) >= count
