"""Features of steps that no other page of tests is about."""

import pytest

from engine import instruments
from engine.steps import step_types
from engine.words import Reader
from tests.pathways import EXAMPLES, example

TYPES = step_types()


def test_D5_pictures_sounds_and_films_stand_in_a_message_with_their_words() -> None:
    """Described for those who cannot see or hear them, and captioned."""
    kind = TYPES["message"]
    media = [{"kind": one, "url": "https://example.org/x", "description": f"A {one}"} for one in ("picture", "audio", "video")]
    content = kind.content_model.model_validate({"body": "B", "media": media})
    assert [one.where for one in kind.check(content)] == ["media.2.captions"]
    body = kind.present(content, Reader()).body
    assert all(words in body for words in ("![A picture]", "[A audio]", "[A video]"))


def test_D27_understanding_is_confirmed_and_trying_out_is_told() -> None:
    """The check has to be confirmed; whether it was tried is a fact the journey may use."""
    kind = TYPES["message"]
    content = kind.content_model.model_validate({"body": "B", "check": "I see", "try_out": {"prompt": "Try it"}})
    response = kind.response_model.model_validate({"understood": True, "tried": True})
    assert kind.judge(content, response) == {"understood": True, "tried": True}
    assert set(kind.outcomes(content)) == {"understood", "tried"}


def test_D38_what_clients_think_of_homework_is_a_step_of_the_library() -> None:
    """Its value and its benefit, in a minute."""
    content = instruments.library()["homework_beliefs"]["content"]
    assert {"value", "benefit"} <= {word for item in content["items"] for word in item["id"].split("_")}


@pytest.mark.parametrize("file", sorted(EXAMPLES.glob("*.yaml")), ids=lambda file: file.stem)
def test_D29_D40_examples_begin_with_a_reason_and_say_how_long_things_take(file: object) -> None:
    """Early steps matter: the first one for the client says why, what to do, and how long it takes."""
    published = example(file.stem)  # type: ignore[attr-defined]
    first = next(step for step in published.structure.steps if step.actor == "client")
    shown = published.contents.steps[first.id]
    assert shown.rationale
    assert shown.instructions
    assert shown.effort
