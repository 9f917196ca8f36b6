"""A step's content as its reader sees it: every text in their language, with what it names merged in, at its own place."""

from copy import deepcopy
from typing import Any

from engine.steptype import AnyStepType, Content
from engine.words import Reader


def in_readers_words(step_type: AnyStepType, content: Content, written: dict[str, Any], reader: Reader) -> dict[str, Any]:
    """What was written, with every text of its type as plain words; all else as the author wrote it."""
    worded = deepcopy(written)
    for where, text in step_type.texts(content).items():
        if text is not None:
            _put(worded, where.split("."), reader.plain(text))
    return worded


def _put(inside: Any, path: list[str], words: str) -> None:
    """At this place, where the content has it: a type may name a text that it makes up itself."""
    *way, last = path
    for part in way:
        inside = _at(inside, part)
    match inside:
        case dict() if last in inside:
            inside[last] = words
        case list() if last.isdigit() and int(last) < len(inside):
            inside[int(last)] = words


def _at(inside: Any, part: str) -> Any:
    match inside:
        case dict():
            return inside.get(part)
        case list() if part.isdigit() and int(part) < len(inside):
            return inside[int(part)]
        case _:
            return None
