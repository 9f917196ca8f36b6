"""A whole Stepwell for one test: real server with a virtual clock, real store (`tests/stores.py`), mail server, workers."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.converter import DataConverter
from temporalio.testing import TimeSkippingConfig, WorkflowEnvironment
from temporalio.worker import Worker

from activities import (
    bulk_activities,
    erasure_activities,
    group_activities,
    notify_activities,
    record_activities,
    retention_activities,
    task_activities,
    webhook_activities,
)
from activities.channels.email import EmailChannel, EmailSettings
from activities.host import Host
from activities.outbound import Outbound
from activities.targets import named_in
from engine.events import Event
from engine.steps import StepTypes, step_types
from stepwell import Stepwell
from stepwell.acting import Acting
from stepwell.beginning import Beginning
from stepwell.care import Care
from stepwell.children import Children
from stepwell.codec import encrypting
from stepwell.contacts import Owners
from stepwell.devserver import find_binary
from stepwell.mailcatcher import MailCatcher
from stepwell.retention import Departing
from stepwell.workers import WORKFLOWS
from store.database import Database
from store.keyring import Keyring
from store.retention import Keep
from tests.e2e.processes import catch_mail
from tests.keys import made_in
from tests.stores import a_store, held
from tests.workflows.hosts import SECRET, FakeHost, Receiver, listening_host, receiving
from workflows.names import JOURNEYS, NOTIFICATIONS, RECORDS, SEARCH_ATTRIBUTES, TASKS, WEBHOOKS
from workflows.plugin import workflow_runner

_SERVER = [
    *("--dynamic-config-value", "frontend.WorkflowTimeSkippingEnabled=true"),
    *("--dynamic-config-value", 'history.timerProcessorMaxTimeShift="20ms"'),
    # how often it looks whether what has just ended may be deleted: half a minute otherwise
    *("--dynamic-config-value", 'history.transferProcessorUpdateAckInterval="100ms"'),
    *("--dynamic-config-value", 'history.visibilityProcessorUpdateAckInterval="100ms"'),
]

STAFF = {"on_call": "duty@example.org"}
CARE = Care({"en": "Call 112.", "de": "Rufen Sie 112."}, "Nobody watches this around the clock.", tuple(STAFF))


class House:
    """What a test has in hand."""

    def __init__(
        self,
        env: WorkflowEnvironment,
        database: Database,
        database_url: str,
        keys: Path,
        mail: MailCatcher,
        host: FakeHost,
        receivers: Sequence[Receiver],
        types: StepTypes,
    ) -> None:
        self.env = env
        self.client: Client = env.client
        self.database = database.of_every_tenant()
        self.database_url = database_url
        self.keys = keys
        """The folder of the root keys."""
        self.mail = mail
        self.host = host
        self.receivers = receivers
        allowed = [named_in(one.url) for one in receivers]
        self.stepwell = Stepwell(database, env.client, "default", types, CARE, allowed=allowed)

    async def held(self) -> bytes:
        """Whatever stands in the files of the store."""
        return await held(self.keys.parent, self.database_url)

    async def pass_time(self, journey: str, length: timedelta) -> None:
        """Move the journey's clock on."""
        await self.env.fast_forward(self.client.get_workflow_handle(journey), length)

    async def now(self, journey: str) -> datetime:
        """The journey's clock."""
        return await self.env.get_current_time(self.client.get_workflow_handle(journey))

    async def until(self, question: Callable[[], Any], what: str = "it") -> Any:
        """Ask again until the answer is true, or fail after a while."""
        give_up_at = time.monotonic() + 30
        while True:
            answer = await question()
            if answer:
                return answer
            assert time.monotonic() < give_up_at, f"{what} did not happen"
            await asyncio.sleep(0.05)

    async def recorded(self, journey: str, kind: str, count: int = 1) -> list[Event]:
        """Wait until the store holds so many events of a kind, and return the whole history."""

        async def enough() -> list[Event] | None:
            history = await self.stepwell.history(journey)
            return history if sum(event.kind == kind for event in history) >= count else None

        found: list[Event] = await self.until(enough, f"{count} × {kind}")
        return found

    async def idle(self, journey: str) -> int:
        """Wait until nothing is on its way, and return the length of the workflow's history."""
        handle = self.client.get_workflow_handle(journey)

        async def is_idle() -> int:
            before = (await handle.describe()).raw_description
            await asyncio.sleep(0.1)
            after = (await handle.describe()).raw_description
            length = after.workflow_execution_info.history_length
            busy = after.pending_activities or after.HasField("pending_workflow_task")
            return 0 if busy or before.workflow_execution_info.history_length != length else length

        length: int = await self.until(is_idle, "rest")
        return length

    async def closed(self, journey: str) -> None:
        """Wait until the journey's workflow is completed."""

        async def is_closed() -> bool:
            status = (await self.client.get_workflow_handle(journey).describe()).status
            assert status in (WorkflowExecutionStatus.RUNNING, WorkflowExecutionStatus.COMPLETED), status
            return status == WorkflowExecutionStatus.COMPLETED

        await self.until(is_closed, "the workflow's end")


@asynccontextmanager
async def house(
    folder: Path,
    *,
    records: Sequence[Callable[..., Any]] | None = None,
    types: StepTypes | None = None,
    email: Mapping[str, Any] | None = None,
    keyring: Callable[[Database], Keyring] | None = None,
    converter: DataConverter | None = None,
    server_file: Path | None = None,
) -> AsyncIterator[House]:
    """Everything up, and down again afterwards. `records` may replace the recording activity, `types` adds step types,
    `email` says more of how mail is sent; other keys, or none at all with another `converter`; where the server keeps its state.
    """
    known = types if types is not None else step_types()
    async with AsyncExitStack() as stack:
        database_url, keys = await stack.enter_async_context(a_store(folder)), folder / "keys"
        database = Database.open(database_url, made_in(keys))
        stack.push_async_callback(database.close)
        database.keys = keyring(database) if keyring else database.keys
        if database.is_sqlite:
            await database.migrate()
        mail = await catch_mail(stack, MailCatcher(folder / "mail"))
        env = await stack.enter_async_context(
            await WorkflowEnvironment.start_time_skipping_v2(
                ts_config=TimeSkippingConfig(enabled=False, max_session_skip_count=5000),
                dev_server_existing_path=find_binary(),
                dev_server_extra_args=_SERVER,
                dev_server_log_level="error",
                search_attributes=list(SEARCH_ATTRIBUTES),
                data_converter=converter or encrypting(database.keys),
                dev_server_database_filename=str(server_file) if server_file else None,
            )
        )
        email = EmailChannel(
            EmailSettings.model_validate({"port": mail.port, "timeout": 5, "sender": "stepwell@practice.test", **(email or {})})
        )
        host = await stack.enter_async_context(listening_host())
        receivers = [await stack.enter_async_context(receiving()) for _ in range(2)]
        outbound = Outbound([named_in(one.url) for one in receivers])
        children = Children(database, env.client, known, CARE)
        tasks = task_activities(database, known, children, Host(host.url, SECRET))
        tasks += bulk_activities(database, Acting(database, env.client, known, CARE))
        tasks += erasure_activities(database, env.client)
        keep = Keep(clients=timedelta(days=365))
        tasks += retention_activities(database, Departing(database, env.client, known), keep)
        tasks += group_activities(database, Beginning(database, env.client, known, CARE))
        tasks += [one for step_type in known.values() for one in step_type.activities]
        owners = Owners(env.client)
        notifications = notify_activities(database, email, STAFF, owners=owners, journeys=owners)
        recording = records or record_activities(database)
        workers = (
            Worker(
                env.client,
                task_queue=JOURNEYS,
                workflows=WORKFLOWS,
                workflow_runner=workflow_runner(),
            ),
            Worker(env.client, task_queue=RECORDS, activities=recording),
            Worker(env.client, task_queue=TASKS, activities=tasks),
            Worker(env.client, task_queue=NOTIFICATIONS, activities=notifications),
            Worker(env.client, task_queue=WEBHOOKS, activities=webhook_activities(database, outbound)),
        )
        for worker in workers:
            await stack.enter_async_context(worker)
        yield House(env, database, database_url, keys, mail, host, receivers, known)
