"""What everything that Stepwell stands on is like, one thing after the other: well or not, and what to do about it."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from typing import Literal

from pydantic import BaseModel, ConfigDict
from temporalio.api.operatorservice.v1 import ListSearchAttributesRequest
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest, GetSystemInfoRequest
from temporalio.client import Client
from temporalio.service import RPCError

from activities.channels.email import EmailChannel, PermanentFailure, TemporaryFailure
from engine.errors import StepwellError
from stepwell.builds import build_id
from stepwell.connection import connect_to, where_temporal_is
from stepwell.deployment import Deployment
from stepwell.errors import NotRunning
from stepwell.exposure import is_on_this_machine, lets_anybody_in
from stepwell.handle import Stepwell
from stepwell.packages import BrokenPackage, installed_types
from stepwell.settings import Settings, load_settings, root_keys
from stepwell.workers import email_settings
from store.clock import now_of
from store.database import Database
from store.sealing import KeysUnavailable
from workflows.names import SEARCH_ATTRIBUTES

State = Literal["well", "warning", "wrong", "not looked at"]
_OLDEST = (1, 31, 2)
"""Of Temporal's server: no older one covers its streaming endpoint with authorization (its pull request 9917)."""
_APART = timedelta(seconds=5)
_RETENTION = timedelta(days=7)
_WAITS = 60.0
"""Seconds that something may lie in a queue."""
_PATIENCE = timedelta(seconds=5)


class Check(BaseModel):
    """What one look has found."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    of: str
    state: State
    says: str
    do: str = ""
    """What helps; empty where all is well."""


async def examine(settings_from: Callable[[], Settings] = load_settings) -> AsyncIterator[Check]:
    """Look at everything, the foundation first. What cannot be looked at without something that is away is said to be so."""
    try:
        settings = settings_from()
    except NotRunning as error:
        yield Check(of="settings", state="wrong", says=str(error), do="see docs/running.md for each setting")
        return
    yield _well("settings", f"tenant {settings.tenant}; {_kind_of(settings)}")
    async with AsyncExitStack() as stack:
        checks, database = await _store(settings, stack)
        for one in checks:
            yield one
        async for one in _temporal(settings, database):
            yield one
    yield await _mail(settings)
    for one in _step_types():
        yield one


async def _store(settings: Settings, stack: AsyncExitStack) -> tuple[list[Check], Database | None]:
    """Root keys, tables, whether the keys are those of this store, its role, its clock; and the store where it can be used."""
    try:
        roots = root_keys(settings)
        roots.check()
    except StepwellError as error:
        wrong = Check(of="keys", state="wrong", says=str(error), do="see docs/encryption.md")
        return [wrong, _not_looked_at("store", "it is not opened without its keys")], None
    try:
        database = Database.open(settings.database, roots, is_hurried=True)
        stack.push_async_callback(database.close)
        await database.check()
        found = [_well("store", "answers, with the tables of this version"), await _keys(database), await _clock(database)]
        why = await database.why_unbound()
    except StepwellError as error:
        return [Check(of="store", state="wrong", says=str(error), do="see docs/store.md")], None
    if why is not None:
        says, do = f"does not keep tenants apart: {why}", "give it the role that SECURITY.md says: 'Two roles in PostgreSQL'"
        found.append(Check(of="role", state="warning", says=says, do=do))
    return found, database


async def _keys(database: Database) -> Check:
    try:
        await database.keys.check()
    except KeysUnavailable as error:
        return Check(
            of="keys", state="wrong", says=str(error), do="put back the root keys of this store; see docs/encryption.md"
        )
    return _well("keys", "those that this store was begun with")


async def _clock(database: Database) -> Check:
    async with database.of_every_tenant().glance() as session:
        apart = abs(datetime.now(UTC) - await now_of(session))
    if apart <= _APART:
        return _well("clock", "this machine and the store agree")
    says = f"this machine and the store are {apart.total_seconds():,.0f} s apart"
    return Check(of="clock", state="wrong", says=says, do="have both set by NTP; webhooks and sign-ins depend on it")


async def _temporal(settings: Settings, database: Database | None) -> AsyncIterator[Check]:
    """Connection, server, namespace, search attributes, queues, versions, and what is stuck."""
    config = where_temporal_is(settings)
    where = f"{config.get('target_host')}, namespace {config.get('namespace')}"
    if database is None:
        yield _not_looked_at("temporal", "its payloads are read by the store's keys")
        return
    try:
        connection = await connect_to(settings, database.keys)
        version = (await connection.workflow_service.get_system_info(GetSystemInfoRequest(), timeout=_PATIENCE)).server_version
    except (StepwellError, RPCError) as error:
        yield Check(of="temporal", state="wrong", says=str(error), do="see docs/running.md; nothing moves without it")
        return
    yield _server(version, where)
    if not is_on_this_machine(config.get("target_host", "")) and await lets_anybody_in(config):
        do = "give it mutual TLS, an authorizer and a claim mapper; see docs/deploying.md"
        yield Check(of="exposure", state="warning", says="Temporal lets anybody in who reaches it", do=do)
    try:
        yield await _namespace(connection)
        yield await _search_attributes(connection)
        handle = Stepwell(database, connection, settings.tenant, {})
        for one in await _queues(handle):
            yield one
        yield await _stuck(handle)
        if settings.deployment is not None:
            yield await _version(connection, settings.deployment)
    except (StepwellError, RPCError) as error:
        yield Check(of="temporal", state="wrong", says=str(error), do=f"check {where}, and what its key may do there")


def _server(version: str, where: str) -> Check:
    numbers = tuple(int(one) for one in version.split("-")[0].split(".") if one.isdigit())
    if numbers and numbers < _OLDEST:
        oldest = ".".join(map(str, _OLDEST))
        return Check(of="temporal", state="warning", says=f"server {version} at {where}", do=f"go to {oldest} or later")
    return _well("temporal", f"server {version or 'of unknown version'} at {where}")


async def _namespace(connection: Client) -> Check:
    wanted = DescribeNamespaceRequest(namespace=connection.namespace)
    found = await connection.workflow_service.describe_namespace(wanted, timeout=_PATIENCE)
    kept = found.config.workflow_execution_retention_ttl.ToTimedelta()
    if kept < _RETENTION:
        says = f"Temporal forgets what has ended after {kept.total_seconds() / 3600:,.0f} hours"
        return Check(of="retention", state="warning", says=says, do="give the namespace 30 days or more; see docs/deploying.md")
    return _well("retention", f"what has ended stays in Temporal for {kept.days} days")


async def _search_attributes(connection: Client) -> Check:
    wanted = ListSearchAttributesRequest(namespace=connection.namespace)
    have = (await connection.operator_service.list_search_attributes(wanted, timeout=_PATIENCE)).custom_attributes
    missing = [one.name for one in SEARCH_ATTRIBUTES if have.get(one.name) != int(one.indexed_value_type)]
    if missing:
        do = "add them as deploy/temporal/namespace.sh does; no journey starts before"
        return Check(of="search attributes", state="wrong", says=f"the namespace lacks {', '.join(missing)}", do=do)
    return _well("search attributes", f"all {len(SEARCH_ATTRIBUTES)}")


async def _queues(handle: Stepwell) -> list[Check]:
    found = []
    for one in await handle.queues():
        name = f"queue {one.queue}" + (" (activities)" if one.kind == "activity" else "")
        if not one.pollers:
            says = "nobody works on it" + (f", and {one.backlog:,} wait" if one.backlog else "")
            found.append(Check(of=name, state="wrong", says=says, do="start a worker: stepwell worker"))
        elif one.backlog and one.oldest_seconds > _WAITS:
            says = f"{one.backlog:,} wait, the first for {one.oldest_seconds:,.0f} s"
            found.append(Check(of=name, state="warning", says=says, do="see the workers' logs, or start more of them"))
        else:
            found.append(_well(name, f"{one.pollers} at work, {one.backlog:,} waiting"))
    return found


async def _stuck(handle: Stepwell) -> Check:
    stuck = await handle.stuck()
    if stuck:
        says = f"{len(stuck)} stopped at a fault, {stuck[0]} the first"
        do = f"stepwell journey show {stuck[0]}, then the workers' logs; they go on by themselves once it is put right"
        return Check(of="journeys", state="wrong", says=says, do=do)
    return _well("journeys", "none has stopped at a fault")


async def _version(connection: Client, deployment: str) -> Check:
    current = (await Deployment(connection, deployment).routing()).current
    if current != build_id():
        says = f"work goes to {current or 'no version'}, and this is {build_id()}"
        return Check(of="version", state="warning", says=says, do="see stepwell deploy status; docs/rollout.md")
    return _well("version", f"{current} is current, and this is it")


async def _mail(settings: Settings) -> Check:
    where = f"{settings.smtp_host}:{settings.smtp_port}"
    try:
        await EmailChannel(email_settings(settings)).greet()
    except (TemporaryFailure, PermanentFailure) as error:
        do = "check STEPWELL_SMTP_…; mails wait and are tried again"
        return Check(of="mail", state="wrong", says=f"{where}: {error}", do=do)
    return _well("mail", f"{where} takes our name; no mail was sent")


def _step_types() -> Iterator[Check]:
    try:
        yield _well("step types", f"{len(installed_types())} installed")
    except BrokenPackage as error:
        yield Check(of="step types", state="wrong", says=str(error), do="mend or remove that package; no worker starts with it")


def _kind_of(settings: Settings) -> str:
    return "SQLite: everything on this machine" if settings.database.startswith("sqlite") else "PostgreSQL"


def _well(of: str, says: str) -> Check:
    return Check(of=of, state="well", says=says)


def _not_looked_at(of: str, why: str) -> Check:
    return Check(of=of, state="not looked at", says=why, do="put right what is above first")
