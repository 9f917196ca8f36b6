"""A step's content as its reader sees it: every text in their language, with what it names merged in, at its own place."""

from typing import Any

from engine.steptype import AnyStepType, Content
from engine.words import Reader, names_something


def in_readers_words(step_type: AnyStepType, content: Content, written: dict[str, Any], reader: Reader) -> dict[str, Any]:
    """What was written, with every text of its type as plain words; all else as the author wrote it."""
    worded: dict[str, Any] = _copied(written)
    for where, text in step_type.texts(content).items():
        if text is not None:
            _put(worded, where.split("."), reader.plain(text))
    return worded


def is_same_for_all(step_type: AnyStepType, content: Content) -> bool:
    """Whether everybody who reads a language reads the same: nothing in its texts names them."""
    return not any(names_something(text) for text in step_type.texts(content).values() if text is not None)


def _copied(value: Any) -> Any:
    """The same JSON again, at a fraction of what copying anything at all costs."""
    if isinstance(value, dict):
        return {name: _copied(one) for name, one in value.items()}
    return [_copied(one) for one in value] if isinstance(value, list) else value


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
