"""The step types judge what comes back and tell the journey only what they declared."""

import pytest

from engine.steps import step_types
from engine.steptype import InvalidResponse, missing_languages

TYPES = step_types()


def test_a_message_with_a_check_wants_it_confirmed() -> None:
    """ "I understand" is said by the client, not assumed."""
    kind = TYPES["message"]
    content = kind.content_model.model_validate({"body": "Read", "check": "I understand"})
    with pytest.raises(InvalidResponse):
        kind.judge(content, kind.response_model())
    assert kind.judge(content, kind.response_model.model_validate({"understood": True})) == {"understood": True}


def test_a_wait_takes_no_response() -> None:
    """Only the event or the date completes it."""
    kind = TYPES["wait"]
    with pytest.raises(InvalidResponse):
        kind.judge(kind.content_model.model_validate({"event": "x"}), kind.response_model())


def test_two_types_of_one_name_are_refused() -> None:
    """A plugin cannot quietly take the place of another type."""
    with pytest.raises(ValueError, match="two step types are called 'message'"):
        step_types(TYPES["message"])


def test_words_in_a_language_do_for_its_countries() -> None:
    """As `in_language` gives a reader of `en-GB` the words in `en`; not the other way round."""
    assert missing_languages({"body": {"en": "Hello"}}, ("en-GB",)) == ()
    assert missing_languages({"body": {"en-GB": "Hello"}}, ("en",))
