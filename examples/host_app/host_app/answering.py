"""One form being filled in: what a page posted, what is asked because of it, and the response it comes to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from starlette.datastructures import FormData, UploadFile

from host_app.files import Files
from host_app.forms.paper import Paper
from host_app.forms.parts import Json, Part, dependent, fields, places
from host_app.forms.reading import SHOWN, Clock, counts, places_of, read, without_round
from host_app.forms.types import draw
from host_app.wrong import in_words


@dataclass
class Filled:
    """A form as it stands."""

    parts: tuple[Part, ...] | None
    """None: this host knows no form for the type."""
    response: dict[str, Json]
    opened: bool = False
    """Whether answers have opened further questions that nobody has seen yet."""
    began: datetime | None = None
    """When the client began what is timed."""
    wrong: dict[str, list[str]] = field(default_factory=dict)
    problems: list[tuple[str, str, str, str]] = field(default_factory=list)
    """Place, anchor in the page, label and words of each."""


def begin(step_type: str, paper: Paper) -> Filled:
    """The form before anything was posted."""
    return Filled(draw(step_type, paper), dict(paper.given))


async def fill(step_type: str, paper: Paper, posted: FormData, clock: Clock, files: Files) -> Filled:
    """The form after something was posted; also one more or one less of what comes several times, where that was asked."""
    numbers = counts(dict(posted.items()))
    whole = replace(paper, counts=numbers, everything=True, given={})
    everything = draw(step_type, whole)
    if everything is None:
        return Filled(None, {})
    given = _Posted(posted, await _uploads(everything, posted, files))
    aligned = read(everything, given, clock, keep_blank=True)
    add, remove, began = _said(posted, "add"), _said(posted, "remove"), _began(everything, posted, clock)
    if add or remove:
        if add:
            numbers[add] = numbers.get(add, 0) + 1
        else:
            aligned = without_round(aligned, remove)
            around = remove.rpartition(".")[0]
            numbers[around] = max(numbers.get(around, 1) - 1, 0)
        parts = draw(step_type, replace(paper, given=aligned, counts=numbers)) or ()
        return Filled(parts, aligned, began=began)
    asked = draw(step_type, replace(paper, given=aligned, counts=numbers)) or ()
    response = read(asked, given, clock)
    opened = bool(dependent(asked) - set(map(str, posted.getlist(SHOWN))))
    if opened or _said(posted, "do") != "send":
        return Filled(asked, response, opened=opened, began=began)
    return Filled(draw(step_type, replace(paper, given=response)), response, began=began)


def explain(filled: Filled, found: Sequence[tuple[str, str]], paper: Paper) -> None:
    """Put what is wrong beside the fields it is about."""
    parts = filled.parts or ()
    labels = {one.where: one.label for one in places(parts)}
    for (where, message), (place, _) in zip(found, places_of(found, parts), strict=True):
        words = in_words(where, message, paper.texts)
        filled.wrong.setdefault(place, []).append(words)
        anchor = f"f-{place.replace('.', '-')}" if place else ""
        filled.problems.append((place, anchor, labels.get(place, ""), words))


class _Posted:
    """What was posted, with what became of its files."""

    def __init__(self, posted: FormData, more: Mapping[str, str]) -> None:
        self._posted = posted
        self._more = more

    def get(self, name: str) -> object:
        """The value of a field."""
        return self._more.get(name) or self._posted.get(name)

    def getlist(self, name: str) -> list[object]:
        """All values of a field."""
        return list(self._posted.getlist(name))


async def _uploads(parts: Sequence[Part], posted: FormData, files: Files) -> dict[str, str]:
    """Keep the files that were sent along; what the response says of them, by field."""
    kept: dict[str, str] = {}
    for one in fields(parts):
        sent = posted.get(one.where) if one.kind == "file" else None
        if isinstance(sent, UploadFile) and sent.filename:
            media_type = sent.content_type or "application/octet-stream"
            known = files.keep(sent.filename, media_type, await sent.read())
            kept |= {f"{one.where}.{name}": value for name, value in known.items()}
    return kept


def _began(parts: Sequence[Part], posted: FormData, clock: Clock) -> datetime | None:
    for one in fields(parts):
        if one.kind == "since":
            if _said(posted, "do") == "begin":
                return clock.now
            try:
                return datetime.fromisoformat(_said(posted, one.where))
            except ValueError:
                return None
    return None


def _said(posted: FormData, name: str) -> str:
    value: Any = posted.get(name)
    return value if isinstance(value, str) else ""
