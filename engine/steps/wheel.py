"""A rating wheel drawn: a wedge for each area, numbered, and a list of the areas with their values below it."""

from collections.abc import Callable, Iterator, Sequence
from math import cos, pi, sin
from typing import NamedTuple

from engine.pictures import FAINT, FILL, OTHER, STRONG, WIDTH, fitted, number, picture, text
from engine.steps import phrases
from engine.words import Reader

_CENTRE = WIDTH / 2
_RADIUS = 122.0
_BADGES = 145.0
_KEY = 326
_LIST = 354
_LINE = 17
_LABELS = 34
_CHANGES = 270
_WISHES = 312
_VALUE = 58


class Spoke(NamedTuple):
    """One area: what it is called, and its ratings from 1 to 10 as far as there are any."""

    label: str
    now: int | None
    before: int | None = None
    wish: int | None = None


def change(spoke: Spoke) -> str:
    """How its rating has changed, with its sign: `+2`, `−1`, `±0`; empty where nothing can be compared."""
    if spoke.now is None or spoke.before is None:
        return ""
    difference = spoke.now - spoke.before
    return f"{'+' if difference > 0 else '−' if difference < 0 else '±'}{abs(difference)}"


def wheel(spokes: Sequence[Spoke], reader: Reader) -> str:
    """The picture, with every value and change in its description too."""
    changes = _CHANGES if any(spoke.wish for spoke in spokes) else _WISHES
    lines = [fitted(spoke.label, changes - _VALUE - _LABELS) for spoke in spokes]
    height = _LIST + sum(len(line) * _LINE + 6 for line in lines) + 4
    description = ". ".join(_described(spoke, reader) for spoke in spokes) + "."
    shapes = (*_rings(), *_wedges(spokes), *_key(spokes, reader), *_list(spokes, lines, changes))
    return picture(reader.plain(phrases.WHEEL), description, height, shapes)


def _described(spoke: Spoke, reader: Reader) -> str:
    facts = (
        (phrases.NOW, spoke.now),
        (phrases.BEFORE, spoke.before),
        (phrases.CHANGE, change(spoke)),
        (phrases.WISH, spoke.wish),
    )
    return f"{spoke.label}: " + ", ".join(f"{reader.plain(name)} {value}" for name, value in facts if value not in (None, ""))


def _rings() -> Iterator[str]:
    for rating in (2, 4, 6, 8, 10):
        yield f'<circle cx="{_CENTRE}" cy="{_CENTRE}" r="{number(_reach(rating))}" fill="none" stroke="{FAINT}"/>'


def _wedges(spokes: Sequence[Spoke]) -> Iterator[str]:
    turn = 2 * pi / len(spokes)
    for at, spoke in enumerate(spokes):
        here, there, reach = at * turn, (at + 1) * turn, _reach(spoke.now)
        path = f"M{_CENTRE} {_CENTRE}L{_point(reach, here)}{_arc(reach, there)}Z"
        yield f'<path d="{path}" fill="{FILL}" stroke="{STRONG}" stroke-width="1.5"/>'
    if any(spoke.before for spoke in spokes):
        yield f'<path d="{_outline(spokes, turn)}" fill="none" stroke="{OTHER}" stroke-width="2" stroke-dasharray="6 3"/>'
    for at, spoke in enumerate(spokes):
        middle = (at + 0.5) * turn
        if spoke.wish:
            yield _diamond(*_place(_reach(spoke.wish), middle))
        yield from _badge(at + 1, *_place(_BADGES, middle))


def _outline(spokes: Sequence[Spoke], turn: float) -> str:
    steps = [
        f"{'L' if at else 'M'}{_point(_reach(spoke.before), at * turn)}{_arc(_reach(spoke.before), (at + 1) * turn)}"
        for at, spoke in enumerate(spokes)
    ]
    return "".join(steps) + "Z"


def _key(spokes: Sequence[Spoke], reader: Reader) -> Iterator[str]:
    """What the forms mean: only those that are there."""
    x = 16.0
    signs: tuple[tuple[phrases.Phrase, Callable[[float], str], bool], ...] = (
        (phrases.NOW, _filled, True),
        (phrases.BEFORE, _dashed, any(spoke.before for spoke in spokes)),
        (phrases.WISH, lambda x: _diamond(x, _KEY), any(spoke.wish for spoke in spokes)),
    )
    for name, sign, is_there in signs:
        if is_there:
            yield sign(x)
            yield text(reader.plain(name), x + 16, _KEY + 5)
            x += 110


def _list(spokes: Sequence[Spoke], lines: Sequence[tuple[str, ...]], changes: float) -> Iterator[str]:
    y = float(_LIST)
    for at, (spoke, label) in enumerate(zip(spokes, lines, strict=True), 1):
        yield from _badge(at, 16, y + 4)
        for line, words in enumerate(label):
            yield text(words, _LABELS, y + 9 + line * _LINE)
        value = "–" if spoke.now is None else str(spoke.now)
        compared = change(spoke)
        yield text(f"{value} ({compared})" if compared else value, changes, y + 9, anchor="end", weight="bold")
        if spoke.wish:
            yield _diamond(_WISHES - 25, y + 4)
            yield text(str(spoke.wish), _WISHES, y + 9, anchor="end")
        y += len(label) * _LINE + 6


def _badge(at: int, x: float, y: float) -> Iterator[str]:
    yield f'<circle cx="{number(x)}" cy="{number(y)}" r="10" fill="#ffffff" stroke="{FAINT}"/>'
    yield text(str(at), x, y + 4.5, anchor="middle")


def _diamond(x: float, y: float) -> str:
    corners = " ".join(f"{number(x + dx)},{number(y + dy)}" for dx, dy in ((0, -6), (6, 0), (0, 6), (-6, 0)))
    return f'<polygon points="{corners}" fill="#ffffff" stroke="#1a1a1a" stroke-width="1.5"/>'


def _filled(x: float) -> str:
    return f'<rect x="{number(x - 6)}" y="{_KEY - 6}" width="14" height="12" fill="{FILL}" stroke="{STRONG}"/>'


def _dashed(x: float) -> str:
    line = f'd="M{number(x - 10)} {_KEY}h22"'
    return f'<path {line} stroke="{OTHER}" stroke-width="2" stroke-dasharray="6 3"/>'


def _reach(rating: int | None) -> float:
    return _RADIUS * min(max(rating or 0, 0), 10) / 10


def _place(radius: float, angle: float) -> tuple[float, float]:
    """The point so far from the middle, at this angle from the top, clockwise."""
    return _CENTRE + radius * sin(angle), _CENTRE - radius * cos(angle)


def _point(radius: float, angle: float) -> str:
    x, y = _place(radius, angle)
    return f"{number(x)} {number(y)}"


def _arc(radius: float, angle: float) -> str:
    return f"A{number(radius)} {number(radius)} 0 0 1 {_point(radius, angle)}"
