"""Rules: pictures are well-formed, have a title, and neither act nor load; what clients wrote stays words in reports."""

import re
from collections.abc import Iterator
from datetime import date
from typing import Any
from xml.etree.ElementTree import Element, ParseError, fromstring

from engine.steptype import Answered, Response
from engine.words import Reader
from stepwell.errors import InvalidResponse
from stepwell.judging import read_response
from stepwell.rendering import html
from stepwell.testing.subject import Example, Subject, kept
from stepwell.testing.wording import HOSTILE_NAME, tags, worded

_SVG = "{http://www.w3.org/2000/svg}"
_ACTS = {"script", "foreignObject", "iframe", "image", "animate", "set", "style", "a"}
_LOADS = re.compile(r"url\(\s*[^#\s]|@import|<!DOCTYPE|<!ENTITY|<\?xml-stylesheet", re.IGNORECASE)
_PLAIN_LINES = "Anna\nBea\nCleo"
_HOSTILE_LABEL = "</title><script>x</script> \u202e&amp;\x00 onload=x"


def pictures(subject: Subject) -> Iterator[str]:
    """Of no response, of one, of several; of everything that people may write."""
    for example in subject.examples:
        for content in (example.content, worded(example, _HOSTILE_LABEL) or example.content):
            for answered in _histories(subject, example):
                drawn = subject.type.picture(content, answered, Reader(facts={"name": HOSTILE_NAME}))
                if drawn is not None:
                    yield from (f"{example.name}: {wrong}" for wrong in picture_problems(drawn))


def picture_problems(drawn: str) -> Iterator[str]:
    """What is wrong with an SVG picture."""
    if _LOADS.search(drawn):
        yield "picture() loads something or declares entities; draw with shapes and text alone"
        return
    try:
        root = fromstring(drawn)  # noqa: S314  # entities are refused above, and that it can be read is the question
    except ParseError as error:
        yield f"picture() is no well-formed XML ({error}); escape every text with xml.sax.saxutils.escape"
        return
    if root.tag != f"{_SVG}svg":
        yield 'picture() must be an <svg xmlns="http://www.w3.org/2000/svg">'
    for name in ("title", "desc"):
        if not (root.findtext(f"{_SVG}{name}") or "").strip():
            yield f"picture() has no <{name}>; a screen reader needs one"
    for element in root.iter():
        yield from _element(element)


def _element(element: Element) -> Iterator[str]:
    tag = element.tag.rpartition("}")[2]
    if tag in _ACTS:
        yield f"picture() holds <{tag}>; draw with shapes and text alone"
    for name, value in element.attrib.items():
        plain = name.rpartition("}")[2].lower()
        if plain.startswith("on") or (plain in ("href", "src") and not value.startswith("#")):
            yield f"picture() holds the attribute {plain}; nothing in it may act or load"


def reports(subject: Subject) -> Iterator[str]:
    """What clients wrote never becomes Markdown."""
    for example in subject.examples:
        if not isinstance(subject.type.report(example.content, (), Reader()), str):
            yield f"{example.name}: report() of nothing must be a text, empty where there is nothing to say"
        for response in subject.samples(example):
            plain = _said(subject, example, response, _PLAIN_LINES)
            hostile = _said(subject, example, response, HOSTILE_NAME)
            for text in plain.keys() & hostile.keys():
                first, second = (_report(subject, example, one[text]) for one in (plain, hostile))
                if tags(first) != tags(second):
                    yield f"{example.name}: what a client wrote becomes Markdown in the report; use escaped()"


def _report(subject: Subject, example: Example, response: Response) -> str:
    shown = subject.type.report(example.content, [Answered(response, date(2026, 3, 1))], Reader(facts={"name": "Anna"}))
    html(shown)
    return shown


def _histories(subject: Subject, example: Example) -> Iterator[list[Answered[Any]]]:
    yield []
    responses = list(subject.samples(example))
    for response in responses:
        yield [Answered(response, date(2026, 3, 1))]
        for told in _said(subject, example, response, _HOSTILE_LABEL).values():
            yield [Answered(told, date(2026, 3, 1))]
    yield [Answered(response, date(2026, 3, day)) for day, response in enumerate([*responses, *responses], 1)]


def _said(subject: Subject, example: Example, response: Response, words: str) -> dict[str, Response]:
    """The response with these words in place of each text that the client is free to write, by that text."""
    payload, found = kept(response), {}
    for text in dict.fromkeys(one.casefold() for one in _texts(payload)):
        try:
            told = read_response(subject.type, _with(payload, text, words.replace("\x00", "")))
        except InvalidResponse:
            continue
        if subject.judged(example, told) is not None:
            found[text] = told
    return found


def _texts(value: Any) -> Iterator[str]:
    match value:
        case str():
            yield value
        case dict():
            for one in value.values():
                yield from _texts(one)
        case list():
            for one in value:
                yield from _texts(one)


def _with(value: Any, text: str, words: str) -> Any:
    """The same with other words in place of a text, wherever it stands and however it is written."""
    match value:
        case str():
            return words if value.casefold() == text else value
        case dict():
            return {key: _with(one, text, words) for key, one in value.items()}
        case list():
            return [_with(one, text, words) for one in value]
        case _:
            return value
