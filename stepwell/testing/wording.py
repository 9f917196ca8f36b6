"""Rules: every text is named; whatever authors and clients write, the step shows itself, and a name stays a name."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser

from pydantic import ValidationError

from engine.steptype import Content, Presentation, missing_languages, unknown_placeholders
from engine.words import Reader
from stepwell.rendering import html
from stepwell.testing.places import text_places, with_words
from stepwell.testing.subject import Example, Subject, languages_of

LONGEST_LINE = 120
PLAIN_NAME = "Anna"
HOSTILE_NAME = (
    "<script>alert(1)</script> [x](javascript:alert(1)) **b** _i_ `c` | d\n# e\n- f {{practitioner}} {{7*7}} \u202eg\u2066"
)
HOSTILE_TEXTS = (
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "[x](javascript:alert(1)) ![y](data:x)",
    "{{ name }}{{7*7}}{{",
    "\u202eright\u2066 to left \x00",
    "| a\n# b\n\n- c",
    "\n",
    "W" * 40_000,
)
_UNFILLED = re.compile(r"\{\{\s*(name|practitioner|dates\.\w+)\s*\}\}")
_WORD = re.compile(r"\b[a-z][a-z0-9_]{0,62}\b")
_LABEL, _SHORTEST = 80, 20


def texts(subject: Subject) -> Iterator[str]:
    """`texts` names every text at its place, so that publishing looks at its languages and placeholders."""
    for example in subject.examples:
        wanted = {place: {"qaa": f"«{at}»"} for at, place in enumerate(text_places(example.content))}
        named = dict(subject.type.texts(with_words(example.content, lambda place, wanted=wanted: wanted[place])))  # type: ignore[misc]  # mypy cannot type a default
        for place, words in wanted.items():
            if named.get(place) != words:
                yield f"{example.name}: texts() does not name {place}; add it, as it stands in the content"
        for place, text in named.items():
            if place not in wanted and text is not None:
                yield f"{example.name}: texts() names {place!r}, which is no text of the content"
        written = subject.type.texts(example.content)
        for problem in (*missing_languages(written, languages_of(written)), *unknown_placeholders(written)):
            yield f"{example.name}: {problem.where} {problem.message}"


def presentation(subject: Subject) -> Iterator[str]:
    """A body, one plain line for lists and one about what is coming, for any reader."""
    fields = set(subject.type.response_model.model_fields)
    for example in subject.examples:
        for language in ("en", "de-AT", "he", "x"):
            shown = subject.type.present(example.content, Reader(language=language, facts=_facts(example, PLAIN_NAME)))
            yield from (f"{example.name}, to a reader of {language}: {wrong}" for wrong in _lines(shown))
            if subject.type.actor != "host" and not shown.preview:
                yield f"{example.name}: preview is empty; say in one line what the step is"
            if not set(shown.prefill) <= fields:
                yield f"{example.name}: prefill names {sorted(set(shown.prefill) - fields)}, which are no fields of the response"
        if subject.type.present(example.content, Reader()).body.startswith("{{"):
            yield f"{example.name}: a reader of whom nothing is known sees placeholders; let the reader merge the words"


def hostile_words(subject: Subject) -> Iterator[str]:
    """Nothing that an author writes keeps the step from showing itself, or a placeholder from being filled."""
    for example in subject.examples:
        for words in HOSTILE_TEXTS:
            content = worded(example, words)
            if content is None:
                continue
            for name in (PLAIN_NAME, HOSTILE_NAME, ""):
                shown = subject.type.present(content, Reader(facts=_facts(example, name)))
                yield from (f"{example.name}, with {words[:30]!r} as its texts: {wrong}" for wrong in _lines(shown))
                if name != HOSTILE_NAME:
                    yield from (f"{example.name}: {wrong}" for wrong in unfilled(shown))


def merged_names(subject: Subject) -> Iterator[str]:
    """A client's name is words, whatever it is: never Markdown, HTML or a placeholder."""
    for example in subject.examples:
        content = worded(example, "Dear {{name}}, {{practitioner}} {{dates.day}}.")
        if content is None:
            yield f"{example.name}: its texts do not take placeholders such as {{{{name}}}}"
            continue
        plain = subject.type.present(content, Reader(facts=_facts(example, PLAIN_NAME)))
        hostile = subject.type.present(content, Reader(facts=_facts(example, HOSTILE_NAME)))
        yield from (f"{example.name}: {wrong}" for wrong in (*unfilled(plain), *_lines(hostile)))
        if tags(plain.body) != tags(hostile.body):
            yield f"{example.name}: a client's name becomes Markdown in the body; merge words with reader.markdown()"


def unfilled(shown: Presentation) -> Iterator[str]:
    """Placeholders that are left in what people see."""
    for where, words in (
        ("body", shown.body),
        ("preview", shown.preview),
        ("forecast", shown.forecast),
        *shown.prefill.items(),
    ):
        if _UNFILLED.search(words):
            yield f"{where} leaves {_UNFILLED.findall(words)} unfilled; use reader.markdown() or reader.plain()"


def tags(markdown: str) -> list[str]:
    """The elements that a text becomes."""
    page = _Tags()
    page.feed(html(markdown))
    return page.seen


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)


def _facts(example: Example, name: str) -> dict[str, str]:
    """A reader who is called this; every client date that the content may mean is read as this, too."""
    words = ("day", *_WORD.findall(example.content.model_dump_json()))
    return dict.fromkeys(("name", "practitioner", *(f"dates.{word}" for word in words)), name)


def worded(example: Example, words: str) -> Content | None:
    """The content with these words in every text, as much of them as fits; None where it takes no such words."""
    for text in (words, words[:_LABEL], words[:_SHORTEST]):
        try:
            return with_words(example.content, lambda _, text=text: text)  # type: ignore[misc]  # mypy cannot type a default
        except ValidationError:
            continue
    return None


def _lines(shown: Presentation) -> Iterator[str]:
    for name, line in (("preview", shown.preview), ("forecast", shown.forecast)):
        if len(line.splitlines()) > 1 or "\n" in line:
            yield f"{name} has several lines; use first_line()"
        if len(line) > LONGEST_LINE:
            yield f"{name} is longer than {LONGEST_LINE} characters; use first_line()"
    html(shown.body)
