"""From what a page posted to the response: the other way round of drawing."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from host_app.forms.parts import Field, Json, Part, fields, places, rounds

OTHER = "other"
COUNT = "number:"
"""Before the place of what comes several times: how many rounds the page had."""
SHOWN = "shown"
"""The places on the page that are there only because of other answers."""
_LONGEST_TIME = 24 * 60 * 60


class Posted(Protocol):
    """What came with a form; the names of Starlette's form data."""

    def get(self, name: str) -> object: ...
    def getlist(self, name: str) -> list[object]: ...


@dataclass(frozen=True)
class Clock:
    """The client's clock: what turns the times on a page into instants."""

    zone: ZoneInfo
    now: datetime


def read(parts: Sequence[Part], posted: Posted, clock: Clock, *, keep_blank: bool = False) -> dict[str, Json]:
    """What was filled in, by its place. What was left blank is left out, also a round that is blank throughout.

    `keep_blank` keeps such rounds: the client has just asked for one more.
    """
    places: dict[str, Json] = {}
    for field in fields(parts):
        answer = _READ[field.kind](field, posted, clock)
        if answer is not None:
            places[field.where] = answer
    if keep_blank:
        for one in rounds(parts):
            for at in range(len(one.rounds)):
                places.setdefault(f"{one.where}.{at}", None)
    tree = _nest(places)
    return tree if isinstance(tree, dict) else {}


def counts(posted: Mapping[str, object]) -> dict[str, int]:
    """How many rounds the page had of everything that comes several times."""
    return {
        name.removeprefix(COUNT): min(int(value), 1000)
        for name, value in posted.items()
        if name.startswith(COUNT) and isinstance(value, str) and value.isdecimal() and len(value) < 6
    }


def _nest(places: Mapping[str, Json]) -> Json:
    """`{"a.b": 1, "c.0": 2}` as `{"a": {"b": 1}, "c": [2]}`, with the rounds that are there moved up where some are not."""
    if "" in places:
        below = {name: value for name, value in places.items() if name}
        return places[""] if not below else _nest(below)
    heads: dict[str, dict[str, Json]] = {}
    for where, value in places.items():
        head, _, rest = where.partition(".")
        heads.setdefault(head, {})[rest] = value
    if heads and all(head.isdecimal() for head in heads):
        return [_nest(heads[head]) for head in sorted(heads, key=int)]
    return {head: _nest(below) for head, below in heads.items()}


def _said(posted: Posted, name: str) -> str:
    value = posted.get(name)
    return value.replace("\r\n", "\n") if isinstance(value, str) else ""


def _words(field: Field, posted: Posted, clock: Clock) -> Json:
    said = _said(posted, field.where)
    return said if said.strip() else None


def _number_in(said: str) -> Json:
    """A number, as people write it; what is none stays as it is, for Stepwell to say what is wrong with it."""
    plain = said.strip().replace("\u2212", "-")
    if not plain:
        return None
    try:
        return int(plain)
    except ValueError:
        pass
    try:
        number = float(plain.replace(",", ".") if plain.count(",") == 1 and "." not in plain else plain)
    except ValueError:
        return said
    return number if abs(number) < float("inf") else said


def _number(field: Field, posted: Posted, clock: Clock) -> Json:
    return _number_in(_said(posted, field.where))


def _amount(field: Field, posted: Posted, clock: Clock) -> Json:
    value = _number_in(_said(posted, f"{field.where}.value"))
    unit = _said(posted, f"{field.where}.unit") or field.options[0].value
    return None if value is None else {"value": value, "unit": unit}


def _yes_no(field: Field, posted: Posted, clock: Clock) -> Json:
    return {"yes": True, "no": False}.get(_said(posted, field.where))


def _tick(field: Field, posted: Posted, clock: Clock) -> Json:
    return True if _said(posted, field.where) else None


def _one(field: Field, posted: Posted, clock: Clock) -> Json:
    said = _said(posted, field.where)
    if said == OTHER and field.has_own_words:
        return {OTHER: _said(posted, f"{field.where}.{OTHER}")}
    return said or None


def _some(field: Field, posted: Posted, clock: Clock) -> Json:
    chosen: list[Json] = [one for one in posted.getlist(field.where) if isinstance(one, str) and one]
    if field.has_own_words and OTHER in chosen:
        chosen = [one for one in chosen if one != OTHER] + [{OTHER: _said(posted, f"{field.where}.{OTHER}")}]
    return chosen or None


def _date_time(field: Field, posted: Posted, clock: Clock) -> Json:
    """The wall time that a page shows, as an instant of the client's zone."""
    said = _said(posted, field.where)
    try:
        wall = datetime.fromisoformat(said)
    except ValueError:
        return said or None
    return (wall if wall.tzinfo else wall.replace(tzinfo=clock.zone)).astimezone(UTC).isoformat()


def _file(field: Field, posted: Posted, clock: Clock) -> Json:
    kept = {name: _said(posted, f"{field.where}.{name}") for name in ("reference", "media_type", "title", "sha256")}
    return {name: value for name, value in kept.items() if value} or None


def _since(field: Field, posted: Posted, clock: Clock) -> Json:
    """How many seconds have passed since the client began."""
    try:
        began = datetime.fromisoformat(_said(posted, field.where))
        passed = clock.now - began
    except (ValueError, TypeError):
        return None
    return min(max(int(passed / timedelta(seconds=1)), 0), _LONGEST_TIME)


_READ = {
    "text": _words,
    "area": _words,
    "url": _words,
    "date": _words,
    "time": _words,
    "number": _number,
    "scale": _number,
    "amount": _amount,
    "yes_no": _yes_no,
    "tick": _tick,
    "one": _one,
    "some": _some,
    "date_time": _date_time,
    "file": _file,
    "since": _since,
}


def without_round(given: dict[str, Json], where: str) -> dict[str, Json]:
    """The response without one round, such as `answers.meds.1`."""
    return {
        name: _without(value, rest) if (rest := _below(where, name)) is not None else value for name, value in given.items()
    }


def _below(where: str, name: str) -> str | None:
    head, _, rest = where.partition(".")
    return rest if head == name else None


def _without(value: Json, where: str) -> Json:
    head, _, rest = where.partition(".")
    if isinstance(value, Mapping):
        return {name: _without(one, rest) if name == head else one for name, one in value.items()}
    if isinstance(value, list | tuple) and head.isdecimal():
        kept = (_without(one, rest) if at == int(head) else one for at, one in enumerate(value) if rest or at != int(head))
        return list(kept)
    return value


def places_of(problems: Sequence[tuple[str, str]], parts: Sequence[Part]) -> Iterator[tuple[str, str]]:
    """Each problem with the place on the page that it belongs to: its own, else the nearest around it, else none."""
    known = {one.where for one in places(parts)}
    for where, words in problems:
        place = where
        while place and place not in known:
            place = place.rpartition(".")[0]
        yield place, words
