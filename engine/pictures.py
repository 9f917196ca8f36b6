"""Small pictures as SVG that stay readable on a narrow telephone: no script, nothing from outside, every text escaped.

All are 320 units wide, so that letters keep their size there. A width is estimated, since no font is at hand.
"""

from collections.abc import Iterable, Iterator
from html import escape
from unicodedata import combining, east_asian_width

from engine.words import seen

WIDTH = 320
INK = "#1a1a1a"
FAINT = "#c4c4c4"
STRONG = "#08519c"
FILL = "#9ecae1"
OTHER = "#a50f15"

SIZE = 13
"""The height of letters."""

_NARROW = frozenset("fijlrtI.,:;'|!()[]- ")
_BROAD = frozenset("mwMW@%—…")
_ALONE = "\u2068{}\u2069"  # first strong isolate: a Hebrew label does not turn the number beside it around


def picture(title: str, description: str, height: int, shapes: Iterable[str]) -> str:
    """One SVG image that a screen reader reads as its title and its description."""
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
        f'font-family="system-ui, sans-serif" font-size="{SIZE}" fill="{INK}">'
    )
    ground = f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>'
    named = f"<title>{safe(title)}</title><desc>{safe(description)}</desc>"
    return "".join((head, named, ground, *shapes, "</svg>"))


def text(words: str, x: float, y: float, *, anchor: str = "start", weight: str = "normal") -> str:
    """A line of text, `y` being where its letters stand."""
    place = f'x="{number(x)}" y="{number(y)}" text-anchor="{anchor}" font-weight="{weight}"'
    return f"<text {place}>{_ALONE.format(safe(words))}</text>"


def fitted(words: str, width: float, most: int = 2) -> tuple[str, ...]:
    """The words in at most so many lines of this width; what does not fit ends in `…`."""
    lines: list[str] = [""]
    for word in (part for whole in seen(words).split() for part in _parted(whole, width)):
        longer = f"{lines[-1]} {word}".lstrip()
        if lines[-1] and _width(longer) > width:
            lines.append(word)
        else:
            lines[-1] = longer
        if len(lines) > most:
            lines[most - 1] = _start(lines[most - 1], width, "…")
            break
    return tuple(lines[:most])


def number(value: float) -> str:
    """A coordinate, to a tenth of a unit."""
    return f"{value + 0.0:.1f}"


def _parted(word: str, width: float) -> Iterator[str]:
    """A word, or its pieces where it is wider than a line."""
    while _width(word) > width:
        piece = _start(word, width, "-")
        yield piece
        word = word[len(piece) - 1 :]
    yield word


def _start(words: str, width: float, end: str) -> str:
    """As much as fits with this end, one letter at least."""
    taken, room = 1, width - _width(words[:1] + end)
    while taken < len(words) and (room := room - _width(words[taken])) >= 0:
        taken += 1
    return words[:taken] + end


def _width(words: str) -> float:
    return SIZE * sum(_share(letter) for letter in words)


def _share(letter: str) -> float:
    if combining(letter):
        return 0.1  # takes no room, but a hundred on one letter would
    if letter in _BROAD or letter.isupper():
        return 0.95 if letter in _BROAD else 0.72
    if east_asian_width(letter) in "WF":
        return 1.1
    return 0.38 if letter in _NARROW else 0.6


def safe(words: str) -> str:
    """Words that stand in an SVG: visible, and nothing but words."""
    return escape(seen(words))
