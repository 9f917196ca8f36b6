"""What is left of a run: the history, what the witnesses saw, the store as the API shows it, and Temporal's own state."""

import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from temporalio.client import Client, WorkflowExecution, WorkflowExecutionStatus

from tests.chaos.clients import Door, Person
from tests.chaos.history import Operation, lines_of, operations_of
from tests.chaos.pathways import MAILS, PERSON, SECRET_WORDS, WORDS
from tests.chaos.stack import Stack
from workflows.names import JOURNEY

_OF_PEOPLE = (WORDS, SECRET_WORDS, PERSON, MAILS)


@dataclass
class Journey:
    """One journey as the store tells of it, and as it says itself."""

    id: str
    client: str
    pathway: str
    status: str
    held: bool
    history: list[dict[str, Any]]
    ledger: list[dict[str, Any]]
    responses: dict[str, list[dict[str, Any]]]
    wake_at: str | None = None
    forecast: list[dict[str, Any]] = field(default_factory=list)


@dataclass
class Evidence:
    """Everything that a run is judged by."""

    people: dict[str, Person]
    operations: list[Operation]
    mails: list[dict[str, Any]]
    hooks: list[dict[str, Any]]
    mails_before: int
    hooks_before: int
    """How many of them had come before the store was read: it must know of these, and tell of nothing but all of them."""
    faults: list[dict[str, Any]]
    journeys: dict[str, Journey]
    alerts: list[dict[str, Any]]
    events: list[dict[str, Any]]
    deliveries: dict[str, str]
    """Of each event sent to the receiver: `delivered`, `waiting` or `dead`."""
    workflows: dict[str, str]
    """How each journey's workflow is: its status, and `BUSY` where it runs and an activity of it is not done."""
    troubled: list[str]
    """Workflows whose tasks fail again and again."""
    mismatches: list[str]
    audit: str
    """What is wrong with the chain of the audit; empty: it holds."""
    logs: dict[str, str]
    planned: list[str]
    """The words of every fault that was to happen."""
    after: list[str] = field(default_factory=list)
    """What did not work at once after the last fault."""
    kept: list[str] = field(default_factory=list)
    """Words of people's that stand in a file of the store's or of Temporal's."""
    gathered_at: float = 0.0
    healed_at: float = 0.0
    is_patient: bool = False
    """Whether it was waited for what takes a minute: a courier whose worker is dead is taken over then."""
    late: list[str] = field(default_factory=list)
    """What had not come to rest in time."""

    def of(self, does: str) -> Iterator[Operation]:
        """The operations of one kind."""
        return (one for one in self.operations if one.does == does)

    def keep(self, folder: Path) -> None:
        """Write it down beside the journals."""
        known = asdict(self) | {"logs": {}, "mails": [], "hooks": []}  # those have files of their own
        (folder / "evidence.json").write_text(json.dumps(known, ensure_ascii=False, indent=1, default=str))


def words_kept(stack: Stack) -> list[str]:
    """Words of people's in the files of the store and of Temporal, as whoever gets hold of a disk would look for them."""
    files = [*stack.folder.glob("temporal.db*"), *stack.folder.glob("stepwell.db*")]
    files += [one for one in stack.postgres.data.rglob("*") if one.is_file()] if stack.postgres else []
    return [f"{mark} stands in {file.name}" for file in files for mark in _OF_PEOPLE if mark.encode() in _bytes(file)]


def _bytes(file: Path) -> bytes:
    with suppress(FileNotFoundError):  # it was a temporary one of the server's
        return file.read_bytes()
    return b""


async def journeys_of(door: Door) -> list[dict[str, Any]]:
    """Every journey there is, whoever began it."""
    found: list[dict[str, Any]] = []
    cursor = ""
    while cursor is not None:
        page = await door.read(f"/journeys?limit=200{f'&cursor={cursor}' if cursor else ''}")
        found += page["items"]
        cursor = page["next"]
    return found


async def look_at(door: Door, listed: dict[str, Any]) -> Journey:
    """One journey with everything about it, its answers as its client reads them."""
    at, client = f"/journeys/{listed['id']}", listed["client"]
    detail = await door.read(at)
    answered = [one["id"] for one in detail["occurrences"] if one["state"] in ("completed", "open", "started", "cancelled")]
    responses = {one: (await door.read(f"{at}/occurrences/{one}/responses", client=client))["items"] for one in answered}
    facts = {name: detail[name] for name in ("id", "client", "pathway", "status", "held")}
    history = (await door.read(f"{at}/history"))["items"]
    ledger = (await door.read(f"{at}/notifications"))["items"]
    found = Journey(**facts, history=history, ledger=ledger, responses=responses)
    if found.status in ("active", "paused"):
        plan = await door.read(f"{at}/forecast")
        found.wake_at, found.forecast = plan["wake_at"], plan["items"]
    return found


async def gather(stack: Stack, door: Door, people: dict[str, Person], planned: list[str], *, patient: bool) -> Evidence:
    """Read everything there is, through the API where it is shown there."""
    mails_before, hooks_before = (sum(1 for _ in lines_of(stack.folder / f"{name}.jsonl")) for name in ("mails", "hooks"))
    journeys = {one["id"]: await look_at(door, one) for one in await journeys_of(door)}
    living = f"WorkflowType = '{JOURNEY}' AND ExecutionStatus != 'ContinuedAsNew'"
    running = [one async for one in stack.connection.list_workflows(living)]
    troubled = [one.id async for one in stack.connection.list_workflows("TemporalReportedProblems IS NOT NULL")]
    names = [*stack.members, "witnesses"]
    chain = await stack.handle.verify_audit()
    events = await _events(door)
    deliveries = await _deliveries(door, stack.endpoint)
    return Evidence(
        people=people,
        operations=operations_of(stack.folder / "history.jsonl"),
        mails=list(lines_of(stack.folder / "mails.jsonl")),
        hooks=list(lines_of(stack.folder / "hooks.jsonl")),
        mails_before=mails_before,
        hooks_before=hooks_before,
        faults=list(lines_of(stack.folder / "faults.jsonl")),
        journeys=journeys,
        alerts=await _pages(door, "/alerts?state=all&limit=200", by="cursor"),
        events=events,
        deliveries=deliveries,
        workflows={one.id: await _state(stack.connection, one) for one in running},
        troubled=troubled,
        mismatches=[f"{one.journey}: {'; '.join(one.differences)}" for one in await stack.handle.verify()],
        audit="" if chain.holds and chain.entries else f"broken at {chain.broken_at}, {chain.entries} entries",
        logs={name: (stack.folder / f"{name}.log").read_text() for name in names},
        planned=planned,
        is_patient=patient,
        gathered_at=datetime.now(UTC).timestamp(),
    )


async def _state(connection: Client, listed: WorkflowExecution) -> str:
    """As it says itself: lists may lag behind."""
    found = await connection.get_workflow_handle(listed.id).describe()
    if found.status == WorkflowExecutionStatus.RUNNING and found.raw_description.pending_activities:
        return "BUSY"
    return found.status.name if found.status is not None else ""


async def _pages(door: Door, path: str, *, by: str) -> list[dict[str, Any]]:
    page = await door.read(path)
    found = list(page["items"])
    while page["next"] is not None and page["items"]:
        page = await door.read(f"{path}&{by}={page['next']}")
        found += page["items"]
    return found


async def _events(door: Door) -> list[dict[str, Any]]:
    """All of them, each page from the position of the last."""
    return await _pages(door, "/events?limit=200", by="after")


async def _deliveries(door: Door, endpoint: str) -> dict[str, str]:
    found = await _pages(door, f"/webhook-endpoints/{endpoint}/deliveries?limit=200", by="after")
    return {one["event"]: one["state"] for one in found}
