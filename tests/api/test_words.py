"""What a host is given to draw: the words of a step in its reader's language."""

import json
from pathlib import Path

import pytest

from engine.steps import BUILT_IN
from engine.steptype import AnyStepType
from engine.words import Reader
from stepwell.testing import read_cases
from stepwell.wording import in_readers_words
from tests.api.front import Front

_CASES = Path(__file__).parents[1] / "step_types" / "cases"
_PATHWAY = """
pathway: two-tongues
title: {en: Two tongues, de: Zwei Sprachen}
quiet_hours: none
languages: [en, de]
steps:
  - id: pick
    type: choice
    title: {en: Pick one, de: Wählen Sie}
    rationale: {en: Because, de: Darum}
    content:
      prompt: {en: "What, {{name}}?", de: "Was, {{name}}?"}
      options:
        - {value: walk, label: {en: A walk, de: Ein Gang}}
        - {value: call, label: {en: A call, de: Ein Anruf}}
  - id: later
    type: message
    title: {en: Later, de: Später}
    rationale: {en: Because, de: Darum}
    deliver: {after: previous.completed, offset: 9 days}
    content: {body: {en: Well, de: Gut}}
"""


@pytest.mark.parametrize("kind", BUILT_IN, ids=lambda kind: kind.name)
def test_every_text_of_a_type_comes_as_plain_words(kind: AnyStepType) -> None:
    """At its own place; and the content is as valid as before."""
    for case in (one for one in read_cases(_CASES / f"{kind.name}.yaml") if "content" in one):
        worded = in_readers_words(
            kind, kind.content_model.model_validate(case["content"]), case["content"], Reader(language="en")
        )
        again = kind.content_model.model_validate(worded)
        assert all(text is None or isinstance(text, str) for text in kind.texts(again).values())


async def test_a_client_reads_their_own_language_and_their_name(door: Front) -> None:
    """In the content too, which a host draws; and it says which language that is."""
    host = await door.caller("host")
    await door.of().publish(_PATHWAY)
    await host.post("/clients", json={"id": "ann", "display_name": "Ann", "language": "de-AT"})
    journey = (await host.post("/journeys", json={"client": "ann", "pathway": "two-tongues"})).json()["id"]
    await door.home.recorded(journey, "step_delivered")
    (item,) = (await host.get("/clients/ann/to-do")).json()["items"]
    assert item["content"]["prompt"] == "Was, Ann?"
    assert [one["label"] for one in item["content"]["options"]] == ["Ein Gang", "Ein Anruf"]
    assert item["language"] == "de"
    assert '"en"' not in json.dumps(item)


async def test_what_was_begun_is_there_again_and_only_for_its_writer(door: Front) -> None:
    """A draft of a response, until it is sent."""
    host = await door.caller("host")
    await door.of().publish(_PATHWAY)
    await host.post("/clients", json={"id": "ann"})
    journey = (await host.post("/journeys", json={"client": "ann", "pathway": "two-tongues"})).json()["id"]
    await door.home.recorded(journey, "step_delivered")
    ann = await door.caller("client", "ann")
    at = f"/journeys/{journey}/occurrences/pick.1"
    assert (await ann.put(f"{at}/draft", json={"response": {"picked": ["walk", 7]}})).status_code == 204
    assert (await ann.get(at)).json()["draft"] == {"picked": ["walk", 7]}
    grey = await door.caller("practitioner", "dr-grey")
    assert (await grey.get("/clients/ann/to-review")).status_code == 404
    sent = await ann.post(f"{at}/responses", json={"response": {"picked": ["walk"]}})
    assert sent.status_code == 201, sent.text
    assert (await ann.get("/clients/ann/to-do")).json()["items"] == []
    await door.of().reopen(journey, "pick.1", reason="once more")
    await door.home.recorded(journey, "step_reopened")
    assert (await ann.get(at)).json()["draft"] is None


_WAITING = """
pathway: waiting
title: Waiting
quiet_hours: none
steps:
  - id: call
    type: wait
    title: Until the call
    rationale: Because
    content: {event: called, note: "We will call you, {{name}}."}
"""


async def test_a_client_is_told_what_is_waited_for(door: Front) -> None:
    """The author's note is on their list while it lasts, and is not theirs to answer."""
    host = await door.caller("host")
    await door.of().publish(_WAITING)
    await host.post("/clients", json={"id": "ann", "display_name": "Ann"})
    journey = (await host.post("/journeys", json={"client": "ann", "pathway": "waiting"})).json()["id"]
    await door.home.recorded(journey, "step_delivered")
    (item,) = (await host.get("/clients/ann/to-do")).json()["items"]
    assert (item["yours"], item["body"]) == (False, "We will call you, Ann.")
    await host.post(f"/journeys/{journey}/host-events", json={"name": "called"})
    await door.home.recorded(journey, "journey_completed")
    assert (await host.get("/clients/ann/to-do")).json()["items"] == []
