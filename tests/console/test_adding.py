"""A step of a client's own at the console: filled in without a word of YAML, seen first, given once (rule E4)."""

import re

import pytest

from tests.console.desk import Console, Operator

_HIDDEN = re.compile(r'name="(message_id|id)" value="([^"]+)"')
WALK = {
    "what": "type:message",
    "title": "A short walk",
    "rationale": "You said that evenings are long.",
    "words": "Ten minutes.\r\n\r\nThen home.",
    "after": "secret",
}


async def _look(someone: Operator, journey: str, fields: dict[str, str]) -> tuple[str, dict[str, str]]:
    """The page that says what it would change, and what its form would send."""
    shown = await someone.post(f"/journeys/{journey}/add", fields)
    assert shown.status_code == 200, shown.text
    return shown.text, fields | dict(_HIDDEN.findall(shown.text))


async def test_E4_a_step_of_ones_own_is_seen_first_and_then_given(console: Console) -> None:
    """Looking does nothing; confirmed twice it is one step, by who was signed in, and the client reads its words."""
    journey, someone = await console.troubled(), await console.operator()
    await console.home.idle(journey)
    assert f'href="/console/journeys/{journey}/add"' in (await someone.get(f"/journeys/{journey}")).text
    before = len(await console.stepwell.history(journey))
    seen, confirmed = await _look(someone, journey, WALK | {"when": "2031-01-05", "at": "09:00"})
    assert "a_short_walk.1" in seen
    assert "Sun 05 Jan 2031 09:00" in seen
    assert len(await console.stepwell.history(journey)) == before
    for _ in range(2):
        done = await someone.post(f"/journeys/{journey}/add", confirmed | {"reason": "agreed by telephone"})
        assert (done.status_code, done.headers["location"]) == (303, f"/console/journeys/{journey}?done=add_step")
    await console.home.idle(journey)
    changes = [one for one in await console.stepwell.history(journey) if one.kind == "plan_changed"]
    assert [(one.change, one.step, one.after, one.by.id) for one in changes] == [("add", "a_short_walk", "secret", "olga")]
    shown = (await console.stepwell.running(journey)).contents.steps
    assert shown[changes[0].step].content == {"body": "Ten minutes.\n\nThen home."}
    assert "given to this client" in (await someone.get(f"/journeys/{journey}?done=add_step")).text


async def test_E4_a_step_of_the_library_needs_no_more_than_its_place(console: Console) -> None:
    """Twice, it has two ids; the second one as the client may skip it."""
    journey, someone = await console.troubled(), await console.operator()
    await console.home.idle(journey)
    fields = {"what": "use:homework_beliefs", "after": "note", "when": "2 days"}
    for number, more in enumerate(({}, {"optional": "yes"})):
        _, confirmed = await _look(someone, journey, fields | more)
        done = await someone.post(f"/journeys/{journey}/add", confirmed | {"reason": "asked"})
        assert done.status_code == 303, (number, done.text)
    steps = (await console.stepwell.running(journey)).structure.by_id
    given = {str(name): step.required for name, step in steps.items() if name.startswith("homework_beliefs")}
    assert given == {"homework_beliefs": True, "homework_beliefs_2": False}


WRONG = {
    "a title": (WALK | {"title": ""}, "has no title"),
    "words": (WALK | {"words": ""}, "content"),
    "a length": (WALK | {"when": "soon"}, "deliver"),
    "a place": (WALK | {"after": "nowhere"}, "nowhere is no step"),
    "words of its kind": (WALK | {"what": "type:choice", "more": "content: {options: 3}"}, "options"),
    "a type with words": (WALK | {"what": "type:appointment"}, "has no words of that kind"),
    "yaml": (WALK | {"more": "content: {a: &b 1}"}, "uses an anchor"),
    "yaml of a step": (WALK | {"more": "- one"}, "fields of one step"),
    "a known type": (WALK | {"what": "type:nothing", "words": ""}, "nothing"),
}


@pytest.mark.parametrize("lacking", WRONG)
async def test_E4_what_is_wrong_is_said_and_what_was_written_stays(console: Console, lacking: str) -> None:
    """Before and after a reason is given; nothing is kept of it."""
    journey, someone = await console.troubled(), await console.operator()
    await console.home.idle(journey)
    fields, said = WRONG[lacking]
    shown, confirmed = await _look(someone, journey, fields)
    refused = await someone.post(f"/journeys/{journey}/add", confirmed | {"id": "extra", "reason": "asked"})
    assert refused.status_code == 409
    for text in (shown, refused.text):
        assert "cannot be given like that" in text
        assert said in text
        assert "You said that evenings are long." in text
        assert "Add this step" not in text
    assert (await console.stepwell.state(journey)).deviations == ()


async def test_E4_it_wants_a_reason(console: Console) -> None:
    """As every change of one client's plan does."""
    journey, someone = await console.troubled(), await console.operator()
    await console.home.idle(journey)
    _, confirmed = await _look(someone, journey, WALK)
    refused = await someone.post(f"/journeys/{journey}/add", confirmed | {"reason": " "})
    assert (refused.status_code, "say why" in refused.text) == (409, True)
