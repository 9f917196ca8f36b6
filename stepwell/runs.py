"""What Temporal still holds of a journey's recordings, run by run back to where the store ends."""

from collections.abc import AsyncIterator
from typing import NamedTuple

from temporalio.client import Client as Connection
from temporalio.client import WorkflowHistory
from temporalio.converter import WorkflowSerializationContext
from temporalio.service import RPCError, RPCStatusCode

from activities.executions import Executions
from engine.effects import Record


class Kept(NamedTuple):
    """What it holds beyond an event number."""

    records: tuple[Record, ...]
    """In order; the first may begin with events from before it."""
    is_on_its_way: bool
    """Whether the first of them is being recorded at this moment, so that nothing need be done."""


async def kept_beyond(connection: Connection, journey: str, last: int) -> Kept:
    """The recordings of events after that number. Raises RPCError, and what the keyring raises where its key is not here."""
    found: list[Record] = []
    is_on_its_way = False
    async for history in _histories(connection, journey):
        records, waiting = await _recordings(connection, journey, history)
        is_on_its_way = is_on_its_way or (waiting is not None and waiting.events[0].seq <= last + 1)
        found[:0] = [record for record in records if record.events[-1].seq > last]
        if any(record.events[0].seq <= last + 1 for record in records):
            break
    return Kept(tuple(found), is_on_its_way)


async def _histories(connection: Connection, journey: str) -> AsyncIterator[WorkflowHistory]:
    """Of every run that is still there, the latest first."""
    async for run in Executions(connection).chain(journey):
        try:
            yield await connection.get_workflow_handle(journey, run_id=run).fetch_history()
        except RPCError as error:
            if error.status == RPCStatusCode.NOT_FOUND:  # older than what Temporal keeps
                return
            raise


async def _recordings(connection: Connection, journey: str, history: WorkflowHistory) -> tuple[list[Record], Record | None]:
    """Every recording that a run asked for, and the one that is not done yet."""
    context = WorkflowSerializationContext(namespace=connection.namespace, workflow_id=journey)
    converter = connection.data_converter.with_context(context)
    records: dict[int, Record] = {}
    done: set[int] = set()
    for event in history.events:
        asked = event.activity_task_scheduled_event_attributes
        if asked.activity_type.name == "record":
            (record,) = await converter.decode(asked.input.payloads, [Record])
            records[event.event_id] = record
        if event.HasField("activity_task_completed_event_attributes"):
            done.add(event.activity_task_completed_event_attributes.scheduled_event_id)
    waiting = [record for number, record in records.items() if number not in done]
    return list(records.values()), waiting[-1] if waiting else None
