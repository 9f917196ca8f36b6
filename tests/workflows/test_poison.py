"""What is poison for one journey harms no other: it is held with a reason, and somebody can put it right (rule G12)."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from datetime import timedelta
from pathlib import Path

import pytest
from temporalio import activity
from temporalio.client import Client, WorkflowUpdateFailedError
from temporalio.contrib.pydantic import pydantic_data_converter

from engine import advance as deciding
from engine.draft import Draft
from engine.steps import step_types
from stepwell import InvalidResponse, Unavailable
from stepwell.step_types import (
    Content,
    Offset,
    Outcome,
    Perform,
    Performed,
    Presentation,
    Reader,
    Response,
    StepType,
    Task,
    VariableType,
)
from tests.pathways import document, step
from tests.workflows import house as houses
from tests.workflows.house import House, house
from workflows.names import LOOK_AGAIN, SUBMIT


class _Content(Content):
    pass


class _Response(Response):
    words: str = ""


async def _raise() -> Outcome:
    raise ValueError("this never works")


async def _hang() -> Outcome:
    await asyncio.sleep(3600)
    return {}


async def _hand_out_three() -> Outcome:
    return {"size": 3, "waste": secrets.token_urlsafe(3 * 1024 * 1024)}


async def _hand_out_six() -> Outcome:
    return {"size": 6, "waste": secrets.token_urlsafe(6 * 1024 * 1024)}


async def _lie() -> Outcome:
    return {"size": "large"}


async def _misdate() -> Outcome:
    return {"day": "some day"}


async def _write_a_book() -> Outcome:
    return {"day": "x" * 1_000_000}


POISONS = {
    "raises": (_raise, "gave up"),
    "hangs": (_hang, "gave up"),
    "three_megabytes": (_hand_out_three, "gave up"),
    "six_megabytes": (_hand_out_six, "gave up"),
    "lies": (_lie, "declared as int"),
    "misdates": (_misdate, "no day like"),
    "writes_a_book": (_write_a_book, "longer than 500 characters"),
}


PUT_RIGHT: set[str] = set()


def _poison(name: str, act: Callable[[], Awaitable[Outcome]]) -> type[StepType[_Content, _Response]]:
    """A step type whose task does this, until it is put right."""

    @activity.defn(name=f"{name}.act")
    async def work(effect: Perform) -> Performed:
        return Performed(completes=True, outcome={"size": 1} if name in PUT_RIGHT else await act())

    class Poison(StepType[_Content, _Response]):
        content_model = _Content
        response_model = _Response
        activities = (work,)

        def outcomes(self, content: _Content) -> Mapping[str, VariableType]:
            return {"size": "int", "day": "string"}

        def dates(self, content: _Content) -> Mapping[str, str]:
            return {"day": "day"}

        def task(self, content: _Content) -> Task:
            return Task(activity=f"{name}.act", completes=True, patience=Offset(minutes=1))

        def judge(self, content: _Content, response: _Response) -> Outcome:
            return {"day": response.words} if response.words else {}

        def present(self, content: _Content, reader: Reader) -> Presentation:
            return Presentation(body="", preview="")

    Poison.name = name
    return Poison


@pytest.fixture
async def poisoned(tmp_path: Path) -> AsyncIterator[House]:
    """A house where all these types are installed."""
    PUT_RIGHT.clear()
    more = {name: _poison(name, act)() for name, (act, _) in POISONS.items()}
    async with house(tmp_path, types={**step_types(), **more}) as up:
        yield up


def _pathway(name: str) -> str:
    one = f"- id: it\n  type: {name}\n  title: It\n  rationale: why\n  instructions: do\n  content: {{}}\n"
    return document(one + step("end")).replace("pathway: trial", f"pathway: p_{name}")


async def _enter(home: House, client: str, source: str) -> str:
    version = await home.stepwell.publish(source)
    await home.stepwell.add_client(id=client, email=f"{client}@example.org")
    return (await home.stepwell.start(client, version.pathway)).id


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """A minute of patience is three seconds: no clock is moved on while an activity is under way."""
    monkeypatch.setattr(Offset, "roughly", property(lambda self: timedelta(seconds=3 * self.minutes)))


async def test_RT22_whatever_a_task_does_its_journey_alone_is_held(poisoned: House, hurried: None) -> None:
    """With a reason, when its patience is over at the latest; a neighbour goes to its end; it is tried again, or excused."""
    home = poisoned
    journeys = {name: await _enter(home, name, _pathway(name)) for name in POISONS}
    neighbour = await _enter(home, "neighbour", document(step("only")))
    await home.recorded(neighbour, "step_delivered")
    await home.stepwell.respond(neighbour, "only.1")
    await home.closed(neighbour)
    for name, journey in journeys.items():
        history = await home.recorded(journey, "task_held")
        (held,) = [one for one in history if one.kind == "task_held"]
        assert POISONS[name][1] in held.reason, (name, held.reason)
        (trouble,) = [one for one in await home.stepwell.troubles(journey) if one.kind == "task_held"]
        assert held.reason in trouble.cause
        assert "xxx" not in trouble.cause
    assert {one.id for one in await home.stepwell.journeys(held=True)} == set(journeys.values())
    for number, (name, journey) in enumerate(journeys.items()):
        if number % 2:
            await home.stepwell.excuse(journey, "it.1", reason="its type is broken")
        else:
            PUT_RIGHT.add(name)
            await home.stepwell.retry(journey, "it.1")
        await home.recorded(journey, "step_delivered", 2)
        await home.stepwell.respond(journey, "end.1")
        await home.closed(journey)
    assert await home.stepwell.verify() == []


async def test_RT22_an_answer_that_its_type_draws_nonsense_from_is_refused_before_it_is_kept(poisoned: House) -> None:
    """The journey never hears of it, and the next answer is taken."""
    home = poisoned
    journey = await _enter(home, "ann", _pathway("hangs"))
    await home.recorded(journey, "step_delivered")
    for words in ("some day", "x" * 501):
        with pytest.raises(InvalidResponse, match="the outcome 'day'"):
            await home.stepwell.respond(journey, "it.1", {"words": words})
    assert await home.stepwell.responses(journey, "it.1") == []
    await home.stepwell.respond(journey, "it.1", {"words": "2026-12-01"})
    await home.recorded(journey, "step_delivered", 2)
    assert (await home.stepwell.state(journey)).dates.keys() == {"day"}


@pytest.fixture
async def outspoken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[House]:
    """A house whose server lists a workflow that fails at its second try, not at its fifth."""
    soon = "system.numConsecutiveWorkflowTaskProblemsToTriggerSearchAttribute=2"
    monkeypatch.setattr(houses, "_SERVER", [*houses._SERVER, "--dynamic-config-value", soon])
    async with house(tmp_path) as up:
        yield up


async def test_RT22_a_bug_freezes_its_journey_visibly_until_it_is_fixed(
    outspoken: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its place is kept and operators see it; a neighbour goes to its end; with the fix it goes on by itself, nothing lost."""
    home, real = outspoken, deciding.settle
    frozen: set[str] = set()

    def settle(draft: Draft) -> None:
        if draft.journey.id in frozen and draft.journey.occurrences:
            raise KeyError("a bug")
        real(draft)

    monkeypatch.setattr(deciding, "settle", settle)
    later = "regardless: true\ndeliver: {after: journey.started, offset: 1 day}"
    journey = await _enter(home, "ann", document(step("first") + step("second", later)))
    await home.recorded(journey, "step_delivered")
    assert (await home.stepwell.workflow_trouble(journey), await home.stepwell.stuck()) == (None, [])
    frozen.add(journey)
    passing = asyncio.create_task(home.pass_time(journey, timedelta(days=1, minutes=1)))

    async def is_seen() -> bool:
        trouble = await home.stepwell.workflow_trouble(journey)
        return trouble is not None and trouble.kind == "workflow_stuck" and await home.stepwell.stuck() == [journey]

    await home.until(is_seen, "the trouble")
    home.stepwell.patience = timedelta(seconds=2)
    with pytest.raises(Unavailable):
        await home.stepwell.respond(journey, "first.1", submission_id="s1")
    neighbour = await _enter(home, "neighbour", document(step("only")).replace("pathway: trial", "pathway: other"))
    await home.recorded(neighbour, "step_delivered")
    await home.stepwell.respond(neighbour, "only.1")
    await home.closed(neighbour)
    frozen.clear()
    await home.recorded(journey, "step_delivered", 2)
    await passing
    for number, name in enumerate(("first.1", "second.1")):
        await home.stepwell.respond(journey, name, submission_id=f"s{number + 1}")
    await home.closed(journey)
    assert await home.stepwell.verify() == []


async def test_RT22_what_cannot_be_read_is_refused_alone(home: House) -> None:
    """Messages in the clear, of no form, of no known kind, and signals that mean nothing: the journey and its owner go on."""
    journey = await _enter(home, "ann", document(step("first")))
    await home.recorded(journey, "step_delivered")
    stranger = await Client.connect(home.client.service_client.config.target_host, data_converter=pydantic_data_converter)
    ours = home.client
    for connection, name, argument in (
        (stranger, SUBMIT, {"message": {"kind": "stop_journey", "id": "x", "reason": "forged"}}),
        (stranger, SUBMIT, "nothing"),
        (ours, SUBMIT, {"message": {"kind": "unheard_of", "id": "x"}}),
        (ours, SUBMIT, {"message": {"kind": "respond"}}),
        (ours, SUBMIT, None),
        (ours, "unheard_of", {}),
    ):
        with pytest.raises(WorkflowUpdateFailedError):
            await connection.get_workflow_handle(journey).execute_update(name, argument, rpc_timeout=timedelta(seconds=10))
    for connection in (stranger, ours):
        for signal in (SUBMIT, LOOK_AGAIN, "unheard_of"):
            await connection.get_workflow_handle(journey).signal(signal, {"nobody": ["reads", "this"]})
    assert await home.stepwell.workflow_trouble(journey) is None
    await home.stepwell.respond(journey, "first.1")
    await home.closed(journey)
    assert await home.stepwell.verify() == []
