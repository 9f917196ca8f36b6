"""Small pictures of figures as SVG: bars of a funnel, shares week by week. Each has the same figures as a table beside it."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import NamedTuple

from engine.pictures import safe

_WIDTH = 720
_ROW = 30
_LABELS = 230
_FIGURES = 120


class Bar(NamedTuple):
    """One step of a funnel."""

    label: str
    reached: int
    completed: int
    open: int
    lost: int
    words: str


class Week(NamedTuple):
    """One week: of what was offered, how much was completed, and how much of it in time."""

    monday: date
    offered: int
    completed: int
    on_time: int


def funnel(bars: Sequence[Bar], *, title: str) -> str:
    """How far journeys came: for each step, of those that reached it, how many have completed, have it open, or lost it."""
    most = max((bar.reached for bar in bars), default=0) or 1
    height = _ROW * max(len(bars), 1) + 6
    parts = [
        _head("funnel", _WIDTH, height, title, f"{len(bars)} steps; the first was reached by {bars[0].reached if bars else 0}.")
    ]
    for row, bar in enumerate(bars):
        parts += _funnel_row(bar, row, most)
    return "\n".join([*parts, "</svg>"])


def _funnel_row(bar: Bar, row: int, most: int) -> Iterator[str]:
    y, full = row * _ROW + 3, _WIDTH - _LABELS - _FIGURES
    yield f"<g><title>{safe(bar.words)}</title>"
    yield f'<text class="label" x="0" y="{y + 17}">{safe(_short(bar.label, 32))}</text>'
    reached = bar.reached / most * full
    yield f'<rect class="reached" x="{_LABELS}" y="{y + 3}" width="{reached:.1f}" height="18" rx="2"/>'
    x = float(_LABELS)
    for name, count in (("completed", bar.completed), ("open", bar.open), ("lost", bar.lost)):
        width = min(count / most * full, max(_LABELS + reached - x, 0.0))
        if width > 0:
            yield f'<rect class="{name}" x="{x:.1f}" y="{y + 3}" width="{width:.1f}" height="18"/>'
        x += width
    yield f'<text class="figure" x="{_LABELS + reached + 8:.1f}" y="{y + 17}">{bar.completed} of {bar.reached}</text></g>'


def adherence(weeks: Sequence[Week], *, title: str) -> str:
    """What share of what was due in each week was completed, and of that what in time; a week with nothing due has no bar."""
    height, floor, top = 190, 150.0, 14.0
    wide = min((_WIDTH - 50) / max(len(weeks), 1), 60.0)
    parts = [_head("adherence", _WIDTH, height, title, f"{len(weeks)} weeks.")]
    for level in (0, 50, 100):
        y_at = floor - (floor - top) * level / 100
        parts.append(f'<line class="grid" x1="40" y1="{y_at:.1f}" x2="{_WIDTH}" y2="{y_at:.1f}"/>')
        parts.append(f'<text class="tick" x="34" y="{y_at + 4:.1f}" text-anchor="end">{level} %</text>')
    every = max(1, round(len(weeks) / 8))
    for place, week in enumerate(weeks):
        left = 44 + place * wide
        if week.offered:
            done, in_time = week.completed / week.offered, week.on_time / week.offered
            parts.append(f"<g><title>{safe(_words(week))}</title>")
            for name, part, share in (("completed", done, 0.7), ("ontime", in_time, 0.3)):
                tall = (floor - top) * min(part, 1.0)
                parts.append(
                    f'<rect class="{name}" x="{left:.1f}" y="{floor - tall:.1f}" width="{wide * share:.1f}" height="{tall:.1f}"/>'
                )
            parts.append("</g>")
        if place % every == 0:
            parts.append(f'<text class="tick" x="{left:.1f}" y="{floor + 18}">{week.monday:%d %b}</text>')
    return "\n".join([*parts, "</svg>"])


def _words(week: Week) -> str:
    return f"week of {week.monday:%d %b %Y}: {week.completed} of {week.offered} completed, {week.on_time} in time"


def _head(name: str, width: int, height: int, title: str, description: str) -> str:
    return (
        f'<svg class="chart {name}" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" '
        f'aria-labelledby="{name}-title {name}-desc">'
        f'<title id="{name}-title">{safe(title)}</title><desc id="{name}-desc">{safe(description)}</desc>'
    )


def _short(words: str, most: int) -> str:
    return words if len(words) <= most else f"{words[: most - 1]}…"
