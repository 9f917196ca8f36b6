"""What workflows have cost a Temporal server: events, bytes, and the actions that Temporal Cloud would bill.

An action is: a workflow started or continued as new, an update, a signal, a timer, each try of an activity, all local activities
of one task, an upsert of search attributes. Heartbeats and queries do not stand in a history and are not counted; fairness keys,
which Cloud bills apart where they are switched on, neither. (docs.temporal.io/cloud/actions)
"""

from dataclasses import astuple, dataclass

from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import Client

_BILLED = {
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED,
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED,
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED,
    EventType.EVENT_TYPE_TIMER_STARTED,
    EventType.EVENT_TYPE_MARKER_RECORDED,
    EventType.EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES,
}


@dataclass(frozen=True)
class Cost:
    """Of one workflow, or of so many on average."""

    events: float
    bytes: float
    actions: float

    def less(self, other: "Cost", parts: int) -> "Cost":
        """What this one cost more than another, by each of so many parts."""
        return Cost(*(round((one - two) / parts, 2) for one, two in zip(astuple(self), astuple(other), strict=True)))


async def runs_of(client: Client, workflow: str) -> list[str]:
    """Every run of a workflow, the first one first."""
    found = []
    run: str | None = (await client.get_workflow_handle(workflow).describe()).raw_info.first_run_id
    while run:
        found.append(run)
        last = [event async for event in client.get_workflow_handle(workflow, run_id=run).fetch_history_events()][-1]
        run = last.workflow_execution_continued_as_new_event_attributes.new_execution_run_id
    return found


async def cost_of(client: Client, workflow: str) -> Cost:
    """Of one workflow, in all its runs."""
    total = Cost(0, 0, 0)
    for run in await runs_of(client, workflow):
        handle = client.get_workflow_handle(workflow, run_id=run)
        events = [event async for event in handle.fetch_history_events()]
        size = (await handle.describe()).raw_info.history_size_bytes
        total = Cost(total.events + len(events), total.bytes + size, total.actions + sum(map(_actions, events)))
    return total


def _actions(event: HistoryEvent) -> int:
    if event.event_type == EventType.EVENT_TYPE_ACTIVITY_TASK_STARTED:
        return event.activity_task_started_event_attributes.attempt
    return int(event.event_type in _BILLED)
