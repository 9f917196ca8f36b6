"""What the types say in words of their own, they say in every language."""

import re

import pytest

from activities.wording import LANGUAGES
from engine.steps import phrases
from engine.words import first_line

EVERY = {name: value for name, value in vars(phrases).items() if name.isupper()}


@pytest.mark.parametrize("name", EVERY)
def test_a_phrase_is_there_in_every_language_of_the_mails(name: str) -> None:
    """With the same numbers to fill in, and on one line."""
    phrase = EVERY[name]
    assert set(phrase) == set(LANGUAGES)
    assert len({tuple(re.findall(r"\{\w+\}", words)) for words in phrase.values()}) == 1
    assert all(words == first_line(words) for words in phrase.values())
