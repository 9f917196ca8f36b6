"""A journey as a picture: one line for each occurrence, what happened solid, what is to come hollow, now as a line across.

A pure function of what it is given. Colours come from the style sheet by class; signs, outlines and words say the same.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from engine.calendar import from_wall, wall
from engine.pictures import safe
from engine.zones import zone_of

WIDTH = 1000
_LABELS = 236
_ROW = 26
_HEAD = 42
_EDGE = 14
_MOST_ROWS = 400
_SMALLEST = timedelta(hours=1)


class Span(NamedTuple):
    """One occurrence: since when it was or will be there, and until when."""

    occurrence: str
    title: str
    state: str
    sign: str
    words: str
    """All of it in one sentence, for whoever does not see the picture."""
    begins: datetime | None
    ends: datetime | None = None
    """When it was settled; None: it still goes on, or has not begun."""
    closes_at: datetime | None = None
    reminded: tuple[datetime, ...] = ()
    coming: tuple[datetime, ...] = ()
    """Reminders that are planned."""
    is_certain: bool = True


class Frame(NamedTuple):
    """From when until when the picture goes."""

    begins: datetime
    ends: datetime

    def zoomed(self, factor: float) -> "Frame":
        """Around the same middle, so many times as long."""
        middle = self.begins + (self.ends - self.begins) / 2
        half = max((self.ends - self.begins) * factor, _SMALLEST) / 2
        return Frame(middle - half, middle + half)

    def moved(self, share: float) -> "Frame":
        """Later by a share of its length."""
        by = (self.ends - self.begins) * share
        return Frame(self.begins + by, self.ends + by)


def whole(spans: Iterable[Span], now: datetime) -> Frame:
    """The frame that holds everything, with some room."""
    instants = [now]
    for span in spans:
        instants += [at for at in (span.begins, span.ends, span.closes_at, *span.reminded, *span.coming) if at is not None]
    first, last = min(instants), max(instants)
    room = max((last - first) * 0.03, timedelta(hours=6))
    return Frame(first - room, last + room)


def timeline(spans: Sequence[Span], frame: Frame, *, now: datetime, zone: str, title: str) -> str:
    """The picture as SVG. Every line is a link to its row in the table of the same page."""
    shown = spans[:_MOST_ROWS]
    height = _HEAD + _ROW * max(len(shown), 1) + 12
    left_out = f" {len(spans) - len(shown)} more are in the table." if len(spans) > len(shown) else ""
    description = f"{len(spans)} steps from {_day(frame.begins, zone)} to {_day(frame.ends, zone)}.{left_out}"
    parts = [
        f'<svg class="timeline" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="group" '
        f'aria-labelledby="timeline-title timeline-desc">',
        f'<title id="timeline-title">{safe(title)}</title><desc id="timeline-desc">{safe(description)}</desc>',
        f'<clipPath id="labels"><rect x="0" y="0" width="{_LABELS - 10}" height="{height}"/></clipPath>',
        *_axis(frame, zone, height),
        *(line for row, span in enumerate(shown) for line in _line(span, row, frame, now)),
        *_now(frame, now, height),
        "</svg>",
    ]
    return "\n".join(parts)


def _axis(frame: Frame, zone: str, height: int) -> Iterator[str]:
    for at, words in _ticks(frame, zone):
        x = _x(at, frame)
        yield f'<line class="tick" x1="{x}" y1="{_HEAD - 8}" x2="{x}" y2="{height}"/>'
        yield f'<text class="tick" x="{x}" y="{_HEAD - 14}" text-anchor="{_anchor(x)}">{safe(words)}</text>'


def _ticks(frame: Frame, zone: str) -> Iterator[tuple[datetime, str]]:
    """Whole hours, days, weeks or months in the client's zone, ten at most."""
    tz, length = zone_of(zone), frame.ends - frame.begins
    step = next((one for one in _STEPS if length / one <= 10), timedelta(days=round(length.days / 10)))
    at = wall(frame.begins, tz).replace(minute=0, second=0, microsecond=0)
    if step >= timedelta(days=1):
        at = at.replace(hour=0)
    while (instant := from_wall(at, tz)) <= frame.ends:
        if instant >= frame.begins:
            yield instant, f"{at:%d %b}" if step >= timedelta(days=1) else f"{at:%d %b %H:%M}"
        at += step


_STEPS = [
    *(timedelta(hours=hours) for hours in (1, 3, 6, 12)),
    *(timedelta(days=days) for days in (1, 2, 7, 14, 28, 56, 112)),
]


def _line(span: Span, row: int, frame: Frame, now: datetime) -> Iterator[str]:
    top = _HEAD + row * _ROW
    middle = top + _ROW / 2
    yield f'<a class="step {span.state}" href="#row-{safe(span.occurrence)}" aria-label="{safe(span.words)}">'
    yield f"<title>{safe(span.words)}</title>"
    yield f'<rect class="row" x="0" y="{top}" width="{WIDTH}" height="{_ROW}"/>'
    yield f'<text class="sign" x="6" y="{middle + 4.5:.1f}">{span.sign}</text>'
    yield f'<text class="label" clip-path="url(#labels)" x="28" y="{middle + 4.5:.1f}">{safe(span.title)}</text>'
    if span.begins is not None:
        yield from _bar(span, span.begins, middle, frame, now)
        for at in span.reminded:
            if frame.begins <= at <= frame.ends:
                yield f'<path class="reminded" d="M{_x(at, frame)} {middle - 9} l4 -5 h-8 z"/>'
        for at in span.coming:
            if frame.begins <= at <= frame.ends:
                yield f'<path class="coming" d="M{_x(at, frame)} {middle - 9} l4 -5 h-8 z"/>'
    else:
        yield f'<text class="unknown" x="{_LABELS + 6}" y="{middle + 4.5:.1f}">? nobody knows when yet</text>'
    yield "</a>"


def _bar(span: Span, begins: datetime, middle: float, frame: Frame, now: datetime) -> Iterator[str]:
    is_to_come = span.state == "waiting"
    ends = span.ends or (begins if is_to_come else max(now, begins))
    if ends >= frame.begins and begins <= frame.ends:
        x, width = _x(begins, frame), _x(ends, frame) - _x(begins, frame)
        if is_to_come or width < 5:
            kind = "point certain" if span.is_certain else "point"
            yield f'<path class="{kind}" d="M{x} {middle - 6} l6 6 l-6 6 l-6 -6 z"/>'
        else:
            yield f'<rect class="bar" x="{x}" y="{middle - 6}" width="{width:.1f}" height="12" rx="3"/>'
    closes = span.closes_at
    if closes is not None and span.ends is None and frame.begins <= closes <= frame.ends:
        x = _x(closes, frame)
        start = _x(max(ends, frame.begins), frame)
        yield f'<line class="left" x1="{start}" y1="{middle}" x2="{x}" y2="{middle}"/>'
        yield f'<line class="closes" x1="{x}" y1="{middle - 7}" x2="{x}" y2="{middle + 7}"/>'


def _anchor(x: float) -> str:
    """So that no words go over the edge."""
    return "end" if x > WIDTH - 50 else "middle"


def _now(frame: Frame, now: datetime, height: int) -> Iterator[str]:
    if frame.begins <= now <= frame.ends:
        x = _x(now, frame)
        yield f'<line class="now" x1="{x}" y1="{_HEAD - 10}" x2="{x}" y2="{height}"/>'
        yield f'<text class="now" x="{x}" y="12" text-anchor="{_anchor(x)}">now</text>'


def _x(at: datetime, frame: Frame) -> float:
    share = (at - frame.begins) / (frame.ends - frame.begins)
    return round(_LABELS + min(max(share, 0.0), 1.0) * (WIDTH - _LABELS - _EDGE), 1)


def _day(at: datetime, zone: str) -> str:
    return f"{wall(at, zone_of(zone)):%d %b %Y}"
