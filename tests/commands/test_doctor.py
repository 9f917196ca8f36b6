"""`stepwell doctor`: what is well is said to be so, and each thing that is broken is named with what helps."""

import asyncio
import json
import subprocess
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from google.protobuf.duration_pb2 import Duration
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest, RegisterNamespaceRequest
from temporalio.client import Client
from temporalio.service import RPCError

from stepwell.doctor import Check, _server, examine
from stepwell.mailcatcher import MailCatcher
from stepwell.settings import Settings
from store.database import Database
from tests.e2e.processes import STEPWELL, catch_mail, environment, free_port, store_and_server, store_in, worker_in
from tests.faketime import wrong_by
from tests.keys import made_in
from tests.postgres import ADMIN, as_role


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def sound(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Settings]:
    """Everything there and at work."""
    folder = tmp_path_factory.mktemp("sound")
    async with AsyncExitStack() as stack:
        _, server, connection = await store_and_server(stack, folder)
        catcher = await catch_mail(stack, MailCatcher(folder / "mail", port=free_port()))
        worker_in(stack, folder, server).start()
        await _bare_namespace(connection)
        settings = {**store_in(folder), "temporal": server.address, "smtp_port": catcher.port}
        yield Settings.model_validate(settings)


async def _bare_namespace(connection: Client) -> None:
    """A namespace as somebody makes one who has read nothing."""
    day = Duration()
    day.FromTimedelta(timedelta(days=1))
    service, name = connection.workflow_service, "bare"
    await service.register_namespace(RegisterNamespaceRequest(namespace=name, workflow_execution_retention_period=day))
    for _ in range(100):
        try:
            await service.describe_namespace(DescribeNamespaceRequest(namespace=name))
        except RPCError:
            await asyncio.sleep(0.1)
        else:
            return


async def _found(settings: Settings) -> dict[str, Check]:
    return {one.of: one async for one in examine(lambda: settings)}


async def _once_at_work(settings: Settings) -> dict[str, Check]:
    """What is found once the worker has come up."""
    async with asyncio.timeout(90):
        while not _works(found := await _found(settings)):  # noqa: ASYNC110 - it comes up in another process
            await asyncio.sleep(0.2)
    return found


def _works(found: dict[str, Check]) -> bool:
    return all(one.state == "well" for name, one in found.items() if name.startswith("queue"))


@pytest.mark.asyncio(loop_scope="module")
async def test_where_all_is_well_it_says_so_of_everything(sound: Settings) -> None:
    """One line for each, and nothing to do."""
    found = await _once_at_work(sound)
    assert {one.state for one in found.values()} == {"well"}, found
    assert {one.do for one in found.values()} == {""}
    assert {"settings", "store", "keys", "clock", "temporal", "retention", "search attributes", "journeys", "mail"} <= set(
        found
    )


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(
    ("broken", "of", "state", "words"),
    [
        ({"temporal": "127.0.0.1:1"}, "temporal", "wrong", "no Temporal server answers at 127.0.0.1:1"),
        ({"smtp_port": 1}, "mail", "wrong", "could not be used"),
        ({"database": "postgresql://nobody@127.0.0.1:1/none"}, "store", "wrong", "does not answer"),
        ({"keys": "/nowhere"}, "keys", "wrong", "/nowhere"),
        ({"namespace": "bare"}, "search attributes", "wrong", "lacks StepwellPathway"),
        ({"namespace": "bare"}, "retention", "warning", "after 24 hours"),
        ({"namespace": "bare"}, "queue stepwell-journeys", "wrong", "nobody works on it"),
        ({"namespace": "none"}, "temporal", "wrong", "none"),
        ({"deployment": "clinic"}, "temporal", "wrong", "no worker of the deployment clinic ever came"),
    ],
)
async def test_what_is_broken_is_named(sound: Settings, broken: dict[str, object], of: str, state: str, words: str) -> None:
    """With what helps; and what stands on it is not called well."""
    found = await _found(sound.model_copy(update=broken))
    assert found[of].state == state, found
    assert words in found[of].says
    assert found[of].do


async def test_keys_of_another_store_and_a_store_without_tables(tmp_path: Path) -> None:
    """Neither is used; nothing is made or changed."""
    database = Database.open(store_in(tmp_path)["database"], made_in(tmp_path / "keys"))
    await database.migrate()
    async with database.of("default").begin() as session:
        await database.keys.of_tenant(session, "default")
    await database.close()
    made_in(tmp_path / "others")
    known = store_in(tmp_path) | {"temporal": "127.0.0.1:1", "smtp_port": 1}
    others = await _found(Settings.model_validate(known | {"keys": str(tmp_path / "others")}))
    assert others["keys"].state == "wrong", others
    empty = await _found(Settings.model_validate(known | {"database": f"sqlite:///{tmp_path / 'empty.db'}"}))
    assert (empty["store"].state, "stepwell store migrate" in empty["store"].says) == ("wrong", True)
    assert empty["temporal"].state == "not looked at"


async def test_a_role_above_the_policies_is_warned_of(postgres_url: str, tmp_path: Path) -> None:
    """A superuser sees every tenant's rows."""
    made_in(tmp_path / "keys")
    given = {
        "database": as_role(ADMIN, postgres_url),
        "keys": str(tmp_path / "keys"),
        "temporal": "127.0.0.1:1",
        "smtp_port": 1,
    }
    found = await _found(Settings.model_validate(given))
    assert (found["role"].state, found["role"].says) == ("warning", "does not keep tenants apart: it is a superuser")


def test_RT19_a_clock_that_is_wrong_is_found(postgres_url: str, tmp_path: Path) -> None:
    """Against that of the store; as it is typed, with an exit code for whoever watches."""
    made_in(tmp_path / "keys")
    given = environment(database=postgres_url, keys=tmp_path / "keys", temporal="127.0.0.1:1", smtp_port=1)
    done = subprocess.run(
        [str(STEPWELL), "doctor", "--json"], env=given | wrong_by("+1h"), capture_output=True, text=True, check=False
    )
    found = {one["of"]: one for one in json.loads(done.stdout)}
    assert (done.returncode, found["clock"]["state"]) == (1, "wrong"), done.stderr
    assert "s apart" in found["clock"]["says"]


@pytest.mark.parametrize(
    ("version", "state"), [("1.31.1", "warning"), ("1.30.9-2", "warning"), ("1.31.2", "well"), ("1.32.0", "well"), ("", "well")]
)
def test_a_server_that_is_too_old_is_warned_of(version: str, state: str) -> None:
    """One that does not say how old it is is left alone."""
    assert _server(version, "here").state == state
