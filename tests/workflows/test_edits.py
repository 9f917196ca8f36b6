"""The second row of the edit table, live: timing, gates, reminders, order, new and removed steps reach a running journey by
migration alone (rules E1 to E4)."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import NamedTuple

import pytest
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflowservice.v1 import DeleteWorkflowExecutionRequest

from engine.mapping import Mapping
from engine.turn import Answer
from stepwell import DefinitionError, NotFound, Refused
from stepwell.access import Caller
from tests.pathways import document, step
from tests.workflows.house import House
from tests.workflows.test_journeys import enter

BODY = {"content": {"body": "Hello"}}
_OPERATOR = Caller(tenant="default", kind="operator", id="olga")

FIRST = (
    step("done")
    + step("opened", "required: false")
    + step("waiting", "deliver: {after: done.completed, offset: 5 days}")
    + step("ahead", "deliver: {offset: 3 days}")
)


async def _verified(home: House) -> None:
    """What the store says is what the journey says, once everything is recorded."""

    async def is_same() -> bool:
        return await home.stepwell.verify() == []

    await home.until(is_same, "the store to agree with the journey")


async def _begun(home: House, source: str = FIRST) -> str:
    """`done` is done, `opened` open, `waiting` waits, `ahead` is not reached."""
    journey = await enter(home, document(source))
    await home.recorded(journey, "step_delivered")
    await home.stepwell.respond(journey, "done.1")
    await home.recorded(journey, "step_delivered", 2)
    return journey


async def _published(home: House, source: str) -> int:
    return (await home.stepwell.publish(document(source))).number


async def _due(home: House, journey: str) -> dict[str, timedelta | None]:
    """What is still to be delivered, and how long after `done` was."""
    state = await home.stepwell.state(journey)
    done_at = state.occurrences["done.1"].settled_at
    assert done_at is not None
    plan = await home.stepwell.forecast(journey)
    return {one.occurrence: one.at and one.at - done_at for one in plan.items if one.what == "delivery"}


class Edit(NamedTuple):
    """One kind of edit, and what a migration then makes of the three steps that are not done."""

    source: str
    due: dict[str, int]
    """In days after `done`, rounded down, for what is still to be delivered."""


EDITS = {
    "timing": Edit(
        FIRST.replace("offset: 5 days", "offset: 9 days").replace("offset: 3 days", "offset: 6 days"),
        {"waiting.1": 5, "ahead.1": 11},  # the wait that has begun keeps what remains
    ),
    "gates": Edit(
        FIRST.replace("offset: 3 days", "offset: 3 days, after: done.completed") + "  regardless: true\n",
        {"waiting.1": 5, "ahead.1": 3},
    ),
    "order": Edit(
        step("done")
        + step("opened", "required: false")
        + step("ahead", "deliver: {offset: 3 days}")
        + step("waiting", "deliver: {after: done.completed, offset: 5 days}"),
        {"ahead.1": 3, "waiting.1": 5},
    ),
    "a new step": Edit(FIRST + step("new", "deliver: {offset: 1 day}"), {"waiting.1": 5, "ahead.1": 8, "new.1": 9}),
    "a step less": Edit(FIRST.replace(step("ahead", "deliver: {offset: 3 days}"), ""), {"waiting.1": 5}),
}


@pytest.mark.parametrize("name", EDITS)
async def test_E1_an_edit_of_structure_comes_by_migration_and_leaves_what_came_alone(home: House, name: str) -> None:
    """Not reached: new. Waiting on it: what remains. Open and done: untouched. Nothing comes again."""
    journey, edit = await _begun(home), EDITS[name]
    before = await _due(home, journey)
    assert {one: length and length.days for one, length in before.items()} == {"waiting.1": 5, "ahead.1": 8}
    to = await _published(home, edit.source)
    assert await _due(home, journey) == before, "publishing alone moves nobody"
    seen = await home.stepwell.migration(journey, to)
    answer = await home.stepwell.migrate(journey, to, reason="a better version", expects=seen.seq)
    after = await _due(home, journey)
    assert {one: length and length.days for one, length in after.items()} == edit.due
    assert {one.step for one in seen.gains} == {"new"} & {one.partition(".")[0] for one in edit.due}
    assert {one.step for one in seen.loses} == {"ahead"} - {one.partition(".")[0] for one in edit.due}
    moved = {one.occurrence: (one.before, one.after) for one in seen.moves}
    assert moved == {one.occurrence: (one.before, one.after) for one in answer.moved if one.occurrence in moved}
    row = await home.stepwell.journey(journey)
    assert (row.version, {one.id: one.state for one in row.occurrences}) == (
        to,
        {"done.1": "completed", "opened.1": "open"},
    )
    for _ in range(3):
        await home.pass_time(journey, timedelta(days=6))
        for one in (await home.stepwell.journey(journey)).occurrences:
            if one.state == "open" and one.id != "opened.1":
                await home.stepwell.respond(journey, one.id)
    delivered = [one.occurrence for one in await home.stepwell.history(journey) if one.kind == "step_delivered"]
    assert sorted(delivered) == sorted({"done.1", "opened.1", *edit.due})
    await _verified(home)


async def test_E1_reminders_of_an_open_step_come_by_migration(home: House) -> None:
    """The new ones that lie ahead, and none twice."""
    old = step("done") + step("opened", "reminders: {after: [1 day, 6 days]}")
    journey = await _begun(home, old)
    await home.pass_time(journey, timedelta(days=1, hours=1))
    await home.recorded(journey, "reminder_due")
    to = await _published(home, old.replace("[1 day, 6 days]", "[1 day, 3 days]"))
    await home.stepwell.migrate(journey, to, reason="sooner")
    await home.pass_time(journey, timedelta(days=10))
    await home.recorded(journey, "reminder_due", 2)
    sent = [one.at for one in await home.stepwell.history(journey) if one.kind == "reminder_due"]
    assert [round((at - sent[0]) / timedelta(days=1)) for at in sent] == [0, 2]


async def test_E2_an_open_step_that_is_gone_needs_a_word_and_stays_to_be_read(home: House) -> None:
    """Cancelled, shown, exported; the journey goes on, and says which version it was of."""
    journey = await _begun(home)
    to = await _published(home, FIRST.replace(step("opened", "required: false"), ""))
    refused = await home.stepwell.migration(journey, to)
    assert (refused.accepted, refused.rule, refused.code) == (False, "E2", "open_step_removed")
    with pytest.raises(Refused, match="say 'cancel'"):
        await home.stepwell.migrate(journey, to, reason="shorter")
    mapping = Mapping.model_validate({"cancel": ["opened"]})
    seen = await home.stepwell.migration(journey, to, mapping)
    assert [(one.step, one.is_cancelled) for one in seen.loses] == [("opened", True)]
    await home.stepwell.migrate(journey, to, mapping=mapping, reason="shorter")
    shown = {one.id: (one.state, one.title) for one in (await home.stepwell.journey(journey)).occurrences}
    assert shown["opened.1"] == ("cancelled", "opened")
    assert "opened.1" not in {one.occurrence for one in await home.stepwell.to_do("c1")}
    await _verified(home)


async def test_E2_a_renamed_step_keeps_its_answers_and_its_words(home: House) -> None:
    """Under the new name, in every list; what was opened reads as it was opened."""
    journey = await _begun(home)
    await home.stepwell.open(journey, "opened.1")
    new = (
        FIRST.replace("id: done", "id: intro")
        .replace("done.completed", "intro.completed")
        .replace("id: opened", "id: practice")
    )
    to = await _published(home, new.replace("title: opened", "title: Practice"))
    mapping = Mapping.model_validate({"renamed": {"done": "intro", "opened": "practice"}})
    await home.stepwell.migrate(journey, to, mapping=mapping, reason="better names")
    row = await home.stepwell.journey(journey)
    assert {one.id: (one.state, one.title) for one in row.occurrences} == {
        "intro.1": ("completed", "done"),
        "practice.1": ("started", "opened"),
    }
    assert [one.occurrence for one in await home.stepwell.to_do("c1")] == ["practice.1"]
    answers = await home.stepwell.responses(journey, "intro.1")
    assert [one.occurrence for one in answers] == ["intro.1"]
    await home.stepwell.respond(journey, "practice.1")
    with pytest.raises(NotFound):
        await home.stepwell.respond(journey, "opened.1")
    await _verified(home)


async def test_E1_a_difference_that_is_out_of_date_is_refused(home: House) -> None:
    """Somebody agreed to something else."""
    journey = await _begun(home)
    to = await _published(home, EDITS["a new step"].source)
    seen = await home.stepwell.migration(journey, to)
    await home.stepwell.respond(journey, "opened.1")
    with pytest.raises(Refused, match="moved on"):
        await home.stepwell.migrate(journey, to, reason="longer", expects=seen.seq)
    again = await home.stepwell.migration(journey, to)
    assert (await home.stepwell.migrate(journey, to, reason="longer", expects=again.seq)).accepted


async def test_E1_a_version_that_is_not_there_is_not_found(home: House) -> None:
    """With where to look."""
    journey = await _begun(home)
    with pytest.raises(NotFound, match="version 9"):
        await home.stepwell.migrate(journey, 9, reason="no such thing")


# One client's plan (rule E4)


_CHANGES: dict[str, tuple[Callable[[House, str], object], dict[str, int]]] = {
    "drop": (lambda home, journey: home.stepwell.drop_step(journey, "waiting", reason="not now"), {"ahead.1": 8}),
    "shift by": (
        lambda home, journey: home.stepwell.shift_step(journey, "waiting", by_length="2 days", reason="holiday"),
        {"waiting.1": 7, "ahead.1": 10},
    ),
    "move": (
        lambda home, journey: home.stepwell.move_step(journey, "ahead", after="opened", reason="first"),
        {"ahead.1": 3, "waiting.1": 5},
    ),
    "add": (
        lambda home, journey: home.stepwell.add_step(
            journey,
            {"id": "extra", "type": "message", "title": "Extra", "rationale": "for you", "deliver": {"offset": "1 day"}} | BODY,
            after="opened",
            reason="asked for it",
        ),
        {"extra.1": 1, "waiting.1": 5, "ahead.1": 8},
    ),
}


@pytest.mark.parametrize("name", _CHANGES)
async def test_E4_one_clients_plan_is_changed_alone(home: House, name: str) -> None:
    """Shown in the forecast at once, remembered, and nobody else's."""
    journey = await _begun(home)
    await home.stepwell.add_client(id="other", email="other@example.org")
    other = (await home.stepwell.start("other", "trial")).id
    change, due = _CHANGES[name]
    answer = await change(home, journey)  # type: ignore[misc]
    assert isinstance(answer, Answer)
    assert answer.moved
    after = await _due(home, journey)
    assert {one: length and length.days for one, length in after.items()} == due
    assert (await home.stepwell.state(other)).deviations == ()
    assert len((await home.stepwell.state(journey)).deviations) == 1
    await _verified(home)


async def test_E4_an_added_step_is_a_step_like_any_other(home: House) -> None:
    """It is delivered, shown, answered, reminded of, and kept through a migration."""
    journey = await _begun(home)
    extra = {
        "id": "extra",
        "type": "questionnaire",
        "title": "Sleep",
        "rationale": "because you asked",
        "content": {"items": [{"id": "nights", "type": "number", "text": "How many bad nights?", "min": 0, "max": 7}]},
    }
    await home.stepwell.add_step(journey, extra, after="opened", reason="sleeps badly")
    await home.recorded(journey, "step_delivered", 3)
    shown = next(one for one in await home.stepwell.to_do("c1") if one.occurrence == "extra.1")
    assert (shown.title, shown.type) == ("Sleep", "questionnaire")
    to = await _published(home, EDITS["a new step"].source)
    await home.stepwell.migrate(journey, to, reason="longer")
    await home.stepwell.respond(journey, "extra.1", {"answers": {"nights": 3}})
    answers = await home.stepwell.responses(journey, "extra.1")
    assert [one.payload for one in answers] == [{"answers": {"nights": 3}}]
    assert {"extra.1"} <= {one.id for one in (await home.stepwell.journey(journey)).occurrences}
    await _verified(home)


async def test_E4_steps_of_two_clients_that_are_called_alike_are_two(home: House) -> None:
    """Each reads and answers their own, whoever was shown first."""
    first = await _begun(home)
    await home.stepwell.add_client(id="c2", email="c2@example.org")
    second = (await home.stepwell.start("c2", "trial")).id
    await home.recorded(second, "step_delivered")
    await home.stepwell.respond(second, "done.1")
    await home.recorded(second, "step_delivered", 2)
    for journey, words in ((first, "Only for one"), (second, "Only for two")):
        extra = {"id": "extra", "type": "message", "title": words, "rationale": "r", "content": {"body": words}}
        await home.stepwell.add_step(journey, extra, after="opened", reason="asked")
        await home.recorded(journey, "step_delivered", 3)
    for client, words in (("c1", "Only for one"), ("c2", "Only for two")):
        shown = next(one for one in await home.stepwell.to_do(client) if one.occurrence == "extra.1")
        assert (shown.title, shown.body) == (words, words)
        assert words in str(shown.content)


async def test_E4_what_is_wrong_with_an_added_step_is_said_at_once(home: House) -> None:
    """By the checks that every author's step goes through; nothing is kept of it."""
    journey = await _begun(home)
    with pytest.raises(DefinitionError) as wrong:
        await home.stepwell.add_step(journey, {"id": "extra", "type": "mesage", "title": "x"}, after="opened", reason="r")
    assert "unknown-step-type" in {one.code for one in wrong.value.findings}
    with pytest.raises(Refused, match="already"):
        await home.stepwell.add_step(
            journey, {"id": "waiting", "type": "message", "title": "x", "rationale": "y"} | BODY, after="done", reason="r"
        )
    assert (await home.stepwell.state(journey)).deviations == ()


async def test_E4_who_may_change_a_plan(home: House) -> None:
    """A practitioner and an operator with a reason; the history says who."""
    journey = await _begun(home)
    door = home.stepwell.called_by(_OPERATOR)
    await door.drop_step(journey, "ahead", reason="agreed by phone")
    await home.recorded(journey, "plan_changed")
    event = next(one for one in await home.stepwell.history(journey) if one.kind == "plan_changed")
    assert (event.by.role, event.by.id, event.reason, event.change) == ("operator", "olga", "agreed by phone", "drop")
    with pytest.raises(Refused, match="reason"):
        await door.restore_step(journey, "ahead", reason="")


async def test_G9_a_repeated_message_is_told_again_what_it_moved(home: House) -> None:
    """By the same run, and by a later one; where the run that answered is gone, that it was answered."""
    home.stepwell.rotate_at = 40
    journey = await _begun(home)
    first = await _shifted_once(home, journey)
    assert first.moved
    assert await _shifted_once(home, journey) == first
    handle = home.client.get_workflow_handle(journey)
    run = (await handle.describe()).run_id
    for number in range(60):
        await home.stepwell.set_date(journey, "visit", date(2031, 1, 1 + number % 28))
        if (await handle.describe()).run_id != run:
            break
    assert (await handle.describe()).run_id != run
    assert await _shifted_once(home, journey) == first
    assert len((await home.stepwell.state(journey)).deviations) == 1
    gone = DeleteWorkflowExecutionRequest(
        namespace=home.client.namespace, workflow_execution=WorkflowExecution(workflow_id=journey, run_id=run)
    )
    await home.client.workflow_service.delete_workflow_execution(gone)

    async def is_gone() -> bool:
        return (await _shifted_once(home, journey)).moved == ()

    await home.until(is_gone, "the end of the first run")
    assert (await _shifted_once(home, journey)).seq == first.seq


async def _shifted_once(home: House, journey: str) -> Answer:
    """The same message, however often it is sent."""
    return await home.stepwell.shift_step(journey, "ahead", by_length="3 days", reason="away", message_id="once")
