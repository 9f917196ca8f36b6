"""One contact a day while the worker is killed between sending and recording: the same mail may come again, another never."""

import asyncio
import signal
from collections import Counter, defaultdict
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path

from engine.steps import step_types
from stepwell import Stepwell
from stepwell.caughtmail import read_mails
from stepwell.mailcatcher import MailCatcher
from stepwell.models import ClientChanges
from tests.e2e.processes import Child, catch_mail, store_and_server, worker_in
from tests.pathways import document, step

CLIENTS = 12
KILLS = 2
SOON = "window: {finish_by: 4 minutes}\non_expiry: continue\ndeliver: {after: journey.started}\nregardless: true"
"""They close before anything could be waited for, so that their mails go at once."""


class KillingCatcher(MailCatcher):
    """Keeps a mail, and has whoever sent it killed before they hear that it was taken."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.worker: Child | None = None
        self.kills = 0

    def kill(self) -> None:
        """As a machine would that loses power at this moment."""
        if self.worker is not None and self.kills < KILLS:
            self.kills += 1
            self.worker.end(signal.SIGKILL)

    @property
    def manner(self) -> str:  # type: ignore[override]  # asked for once for each mail, just before it is kept
        self.kill()
        return "accept"

    @manner.setter
    def manner(self, _: str) -> None:
        return


def at_noon() -> str:
    """A zone where no day ends while this runs."""
    hours = 12 - datetime.now(UTC).hour
    return f"Etc/GMT{-hours:+d}" if hours else "UTC"


async def test_R4_one_contact_a_day_survives_kills_between_sending_and_recording(tmp_path: Path) -> None:
    """Two pathways a client, steps at once on both, a cap of one: at the mail server never two different mails for anybody."""
    async with AsyncExitStack() as stack:
        mail = await catch_mail(stack, KillingCatcher(tmp_path / "mail"))
        database, server, connection = await store_and_server(stack, tmp_path)
        worker = worker_in(stack, tmp_path, server, smtp_port=mail.port)

        handle = Stepwell(database, connection, "default", step_types())
        for name in ("one", "two"):
            steps = "".join(step(f"{name}{number}", SOON) for number in range(2))
            await handle.publish(document(steps + step("later")).replace("pathway: trial", f"pathway: {name}"))
        for number in range(CLIENTS):
            client = f"c{number}"
            await handle.add_client(id=client, email=f"{client}@example.org", zone=at_noon())
            await handle.change_client(client, ClientChanges(contacts_a_day=1))
        worker.start()
        await asyncio.to_thread(worker.wait_for, "working")
        mail.worker = worker
        entering = asyncio.create_task(_enter_all(handle))
        async with asyncio.timeout(300):
            for number in range(1, KILLS + 1):
                while mail.kills < number:  # noqa: ASYNC110 - what it waits for happens in another process
                    await asyncio.sleep(0.05)
                worker.start()
            await entering
            while not await _all_noted(handle):  # noqa: ASYNC110
                await asyncio.sleep(0.5)
        mails = read_mails(mail.folder)
        by_client = defaultdict(set)
        for one in mails:
            by_client[one.to].add(one.message_id)
        assert {client: len(ids) for client, ids in by_client.items()} == {
            f"c{number}@example.org": 1 for number in range(CLIENTS)
        }
        again = [name for name, times in Counter(one.message_id for one in mails).items() if times > 1]
        assert len(again) >= 1, "the kills came too late to mean anything"


async def _enter_all(handle: Stepwell) -> None:
    for number in range(CLIENTS):
        for name in ("one", "two"):
            await handle.start(f"c{number}", name)


async def _all_noted(handle: Stepwell) -> bool:
    """Each has had one, and nothing is still on its way."""
    seen = [await handle.contacts(f"c{number}") for number in range(CLIENTS)]
    return all(one.today >= 1 and all(other.why != "sending" for other in one.waiting) for one in seen)
