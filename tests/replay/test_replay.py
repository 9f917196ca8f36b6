"""Journeys recorded on a real server go the same way again, without one: every command, and every word of what they asked for."""

import json
from base64 import b64decode, b64encode
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter
from pydantic_core import to_json
from temporalio.client import WorkflowHistory
from temporalio.worker import Interceptor, Replayer, StartActivityInput, WorkflowInboundInterceptor, WorkflowOutboundInterceptor

from engine.effects import CarryOut, Effect, Erase, SendContacts, StartGroup
from stepwell.workers import WORKFLOWS
from workflows.names import KINDS
from workflows.plugin import DATA_CONVERTER, workflow_runner

HISTORIES = sorted((Path(__file__).parent / "histories").glob("*.json"))
Asked = dict[str, Any]
Events = list[dict[str, Any]]
_Input = Effect | SendContacts | CarryOut | Erase | StartGroup | str
_INPUT: TypeAdapter[_Input] = TypeAdapter(_Input)
_SCHEDULED = "activityTaskScheduledEventAttributes"


class _Listening(Interceptor):
    """Notes what the workflow asks of its activities."""

    def __init__(self) -> None:
        self.asked: Asked = {}

    def workflow_interceptor_class(self, _: Any) -> type[WorkflowInboundInterceptor]:
        asked = self.asked

        class Outbound(WorkflowOutboundInterceptor):
            def start_activity(self, input: StartActivityInput) -> Any:
                name = input.activity_id or str(len(asked) + 1)  # as Temporal names it where the workflow does not
                asked[name] = json.loads(to_json(input.args[0])) if input.args else None
                return super().start_activity(input)

        class Inbound(WorkflowInboundInterceptor):
            def init(self, outbound: WorkflowOutboundInterceptor) -> None:
                super().init(Outbound(outbound))

        return Inbound


async def replay(events: Events) -> tuple[Exception | None, Asked]:
    """Replay a history; what went wrong, and what was asked of activities."""
    listening = _Listening()
    replayer = Replayer(
        workflows=WORKFLOWS,
        data_converter=DATA_CONVERTER,
        workflow_runner=workflow_runner(),
        interceptors=[listening],
    )
    history = WorkflowHistory.from_json("journey", {"events": events})
    found = await replayer.replay_workflow(history, raise_on_replay_failure=False)
    return found.replay_failure, listening.asked


def _events(file: Path) -> Events:
    found: Events = json.loads(file.read_text())["events"]
    return found


async def _recorded(events: Events) -> Asked:
    scheduled = [one[_SCHEDULED] for one in events if _SCHEDULED in one]
    history = WorkflowHistory.from_json("journey", {"events": events})
    payloads = [
        next(iter(event.activity_task_scheduled_event_attributes.input.payloads), None)
        for event in history.events
        if event.HasField("activity_task_scheduled_event_attributes")
    ]
    # through today's model: a field that was added since has its default in what an older version asked for
    inputs = [json.loads(_INPUT.dump_json(_INPUT.validate_json(one.data))) if one else None for one in payloads]
    return {one["activityId"]: given for one, given in zip(scheduled, inputs, strict=True)}


def test_every_workflow_was_recorded() -> None:
    """Whatever a worker runs has a history here: a new one without, and a lost one, are noticed."""
    begun = [_events(file)[0]["workflowExecutionStartedEventAttributes"]["workflowType"]["name"] for file in HISTORIES]
    assert {*begun} == {*KINDS}
    assert len(KINDS) == len(WORKFLOWS)


@pytest.mark.parametrize("file", HISTORIES, ids=lambda file: file.stem)
async def test_a_recorded_journey_goes_the_same_way(file: Path) -> None:
    """The same commands in the same order, and the same events and messages in them."""
    events = _events(file)
    failure, asked = await replay(events)
    assert failure is None
    recorded = await _recorded(events)
    # what is asked in a run's last breath, and taken back as it ends, never comes to the history
    assert {name: asked.get(name) for name in recorded} == recorded
    assert len(asked) <= len(recorded) + 1


def _another_activity(events: Events) -> None:
    """It did something else where it now records."""
    attributes = next(one[_SCHEDULED] for one in events if _SCHEDULED in one)
    attributes["activityType"]["name"] = "something-else"


def _another_order(events: Events) -> None:
    """It recorded before it told somebody, where it now tells first."""
    first = _two_kinds(events)
    assert first is not None
    events[first][_SCHEDULED], events[first + 1][_SCHEDULED] = events[first + 1][_SCHEDULED], events[first][_SCHEDULED]


def _two_kinds(events: Events) -> int | None:
    """Where an activity is followed at once by one of another kind; the order within one kind is not seen."""
    kinds = [one.get(_SCHEDULED, {}).get("activityType", {}).get("name") for one in events]
    return next((at for at in range(len(kinds) - 1) if None not in (pair := kinds[at : at + 2]) and len({*pair}) == 2), None)


_SIBLINGS = [(file, _another_activity) for file in HISTORIES]
_SIBLINGS += [(file, _another_order) for file in HISTORIES if _two_kinds(_events(file)) is not None]


@pytest.mark.parametrize(("file", "change"), _SIBLINGS, ids=lambda one: getattr(one, "stem", None) or one.__name__.strip("_"))
async def test_a_journey_that_went_another_way_is_noticed(file: Path, change: Callable[[Events], None]) -> None:
    """The sibling of each history that must fail: the test above can."""
    events = deepcopy(_events(file))
    change(events)
    failure, _ = await replay(events)
    assert failure is not None
    assert "TMPRL1100" in str(failure)


def _is_told_something(file: Path) -> bool:
    """Whether its first activity is given anything; a look for what is old is not."""
    return "input" in next(one[_SCHEDULED] for one in _events(file) if _SCHEDULED in one)


@pytest.mark.parametrize("file", [*filter(_is_told_something, HISTORIES)], ids=lambda file: file.stem)
async def test_a_journey_that_was_told_otherwise_is_noticed(file: Path) -> None:
    """A history whose first activity was given other words: Temporal does not compare them, the test above does."""
    events = deepcopy(_events(file))
    attributes = next(one[_SCHEDULED] for one in events if _SCHEDULED in one)
    payload = attributes["input"]["payloads"][0]
    given = json.loads(b64decode(payload["data"]))
    otherwise = given | {"tenant": "another"} if isinstance(given, dict) else "another"
    payload["data"] = b64encode(json.dumps(otherwise).encode()).decode()
    failure, asked = await replay(events)
    recorded = await _recorded(events)
    assert failure is None
    assert {name: asked.get(name) for name in recorded} != recorded
