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

_FewWords = Annotated[str, StringConstraints(min_length=1, max_length=80)]
Label = _FewWords | dict[str, _FewWords]
"""A text of at most 80 characters, for places where no more fits."""

PLACES = ("name", "practitioner", "dates.NAME")
"""What an author's words may name of their reader."""

_PLACE = re.compile(r"\{\{\s*([^{}\n]{0,80}?)\s*\}\}")
_KNOWN = re.compile(r"name|practitioner|dates\.[a-z][a-z0-9_]{0,62}")
_MARKS = re.compile(r"([\\`*_{}\[\]()#+\-.!|<>~&:=])")
_UNSEEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")


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


def names_something(text: Text) -> bool:
    """Whether anything is merged into the words, so that they are not the same for every reader of a language."""
    return any(_PLACE.search(words) for words in ((text,) if isinstance(text, str) else text.values()))


def seen(text: str) -> str:
    """The text without what nobody sees: control characters, halves of characters, marks that turn the direction of writing."""
    return _UNSEEN.sub("", text)


def escaped(text: str) -> str:
    """Plain text as one line of Markdown that says exactly this: no link, no heading, no cell of a table."""
    return _MARKS.sub(r"\\\1", " ".join(seen(text).split()))


def first_line(text: str) -> str:
    """The first line that says something, without marks of Markdown around it, at most 120 characters."""
    lines = (line.strip("#*>_ \t") for line in text.splitlines())
    return next((line for line in lines if line), "")[:120]


class Reader(Frozen):
    """Who reads: their language, and what an author's words may name of them."""

    language: str = "en"
    fallback: str = "en"
    """The pathway's own language."""
    facts: dict[str, str] = Field(default_factory=dict)
    """`name`, `practitioner` and `dates.NAME`, as they are to be read. What is missing is left blank."""

    def plain(self, text: Text | None) -> str:
        """The words with what they name merged in, as plain text; empty where there are none."""
        return self._merged(text, lambda value: " ".join(seen(value).split()))

    def markdown(self, text: Text | None) -> str:
        """The words with what they name merged in, where the words are Markdown: a name is never a link."""
        return self._merged(text, escaped)

    def _merged(self, text: Text | None, shown: Callable[[str], str]) -> str:
        if text is None:
            return ""
        words = in_language(text, self.language, self.fallback)
        return _PLACE.sub(lambda place: shown(self.facts.get(place.group(1), "")), words)
