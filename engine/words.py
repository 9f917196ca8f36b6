"""The words an author writes: by language, with a few facts about their reader merged in.

The template grammar is closed: `{{name}}`, `{{practitioner}}` and `{{dates.NAME}}`, and nothing else. A value that is
merged in is never looked at again, so that a client called `{{practitioner}}` stays called that.
"""

import re
from collections.abc import Callable
from typing import Annotated

from pydantic import Field, StringConstraints

from engine.base import Frozen

_Words = Annotated[str, StringConstraints(min_length=1, max_length=50_000)]
Text = _Words | dict[str, _Words]
"""Words in the pathway's language, or by language: `{en: Hello, de: Hallo}`."""

PLACES = ("name", "practitioner", "dates.NAME")
"""What an author's words may name of their reader."""

_PLACE = re.compile(r"\{\{\s*([^{}\n]{0,80}?)\s*\}\}")
_KNOWN = re.compile(r"name|practitioner|dates\.[a-z][a-z0-9_]{0,62}")
_MARKS = re.compile(r"([\\`*_{}\[\]()#+\-.!|<>~&:])")


def in_language(text: Text, language: str, fallback: str) -> str:
    """Choose the words for a reader: their language, else its base (`de` for `de-AT`), else the fallback, else any."""
    if isinstance(text, str):
        return text
    for wanted in (language, language.split("-")[0], fallback):
        if wanted in text:
            return text[wanted]
    return next(iter(text.values()))


def unknown_places(text: Text) -> tuple[str, ...]:
    """What the words ask to have merged in and nobody can: everything but PLACES, each once."""
    every = (text,) if isinstance(text, str) else text.values()
    found = [place for words in every for place in _PLACE.findall(words) if not _KNOWN.fullmatch(place)]
    return tuple(dict.fromkeys(found))


class Reader(Frozen):
    """Who reads: their language, and what an author's words may name of them."""

    language: str = "en"
    fallback: str = "en"
    """The pathway's own language."""
    facts: dict[str, str] = Field(default_factory=dict)
    """`name`, `practitioner` and `dates.NAME`, as they are to be read. What is missing is left blank."""

    def plain(self, text: Text | None) -> str:
        """The words with what they name merged in, as plain text; empty where there are none."""
        return self._merged(text, lambda value: value)

    def markdown(self, text: Text | None) -> str:
        """The words with what they name merged in, where the words are Markdown: a name is never a link."""
        return self._merged(text, lambda value: _MARKS.sub(r"\\\1", value))

    def _merged(self, text: Text | None, shown: Callable[[str], str]) -> str:
        if text is None:
            return ""
        words = in_language(text, self.language, self.fallback)
        return _PLACE.sub(lambda place: shown(" ".join(self.facts.get(place.group(1), "").split())), words)
