"""Pictures of what would happen, as SVG: before and after step by step, messages by week and by day of the week.

Each has a title and a description for those who do not see it, and the same figures as a table beside it.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from engine.pictures import safe
from stepwell.whatif.comparing import StepCompared, StepCounts, WhatIf
from stepwell.whatif.impact import Impact

_WIDTH = 720
_LABELS = 200
_FIGURES = 90
_ROW = 44
_STYLE = (
    "text{font:13px system-ui,sans-serif;fill:#333}.tick,.figure{font-size:12px;fill:#555}"
    ".before{fill:#9aa5b1}.after{fill:#2f6f4f}.none{fill:none;stroke:#2f6f4f;stroke-dasharray:3 2}.grid{stroke:#ddd}"
)


class Pair(NamedTuple):
    """One row: how many before, how many after, and of those how many are taken for granted."""

    label: str
    before: int
    after: int
    assumed: int
    words: str


def steps_picture(found: WhatIf, *, what: str = "completed", alone: bool = False) -> str:
    """How often each step was done (or reminded of, …), and how often it would be. `alone`: with its own style, as a file."""
    rows = [_pair(one, what) for one in found.steps]
    title = f"{what.replace('_', ' ').capitalize()} on {found.pathway}, as it was and on {found.against}"
    most = max((max(one.before, one.after) for one in rows), default=0) or 1
    height = _ROW * max(len(rows), 1) + 8
    described = f"{len(rows)} steps, {found.replayed} journeys. " + " ".join(f"{one.words}." for one in rows)
    parts = [_head(f"compared-{what}", height, title, described, alone=alone)]
    for at, row in enumerate(rows):
        parts += _pair_rows(row, at * _ROW + 4, most)
    return "\n".join([*parts, "</svg>"])


def _pair(one: StepCompared, what: str) -> Pair:
    before, after = _count(one.before, what), _count(one.after, what)
    words = f"{one.step}: {before} before, {after} after"
    if one.assumed and what == "completed":
        words += f", {one.assumed} of them taken for granted"
    return Pair(one.step, before, after, one.assumed if what == "completed" else 0, words)


def _count(counts: StepCounts | None, what: str) -> int:
    return int(getattr(counts, what)) if counts is not None else 0


def _pair_rows(row: Pair, y: int, most: int) -> Iterator[str]:
    full = _WIDTH - _LABELS - _FIGURES
    yield f"<g><title>{safe(row.words)}</title>"
    yield f'<text class="label" x="0" y="{y + 22}">{safe(_short(row.label, 28))}</text>'
    known = row.after - row.assumed
    for name, count, top in (("before", row.before, y + 2), ("after", known, y + 20)):
        yield f'<rect class="{name}" x="{_LABELS}" y="{top}" width="{count / most * full:.1f}" height="15" rx="2"/>'
    if row.assumed:
        left = _LABELS + known / most * full
        yield f'<rect class="none" x="{left:.1f}" y="{y + 20}" width="{row.assumed / most * full:.1f}" height="15"/>'
    for count, top in ((row.before, y + 2), (row.after, y + 20)):
        yield f'<text class="figure" x="{_LABELS + count / most * full + 6:.1f}" y="{top + 12}">{count}</text>'
    yield "</g>"


def weeks_picture(found: Impact, *, alone: bool = False) -> str:
    """How many messages one client gets in each week of the journey."""
    title = f"Messages to one client on {found.pathway}, week by week"
    words = [(f"week {at}", one) for at, one in enumerate(found.weeks, 1)]
    return _columns("weeks", words, title, alone=alone)


def days_picture(found: Impact, *, alone: bool = False) -> str:
    """How many messages the practice's clients get on each day of the week."""
    title = f"Messages to all clients by day of the week, with {found.per_week} starting in a week"
    return _columns("days", [(one.weekday, one.contacts) for one in found.days], title, alone=alone)


def _columns(name: str, columns: Sequence[tuple[str, float]], title: str, *, alone: bool) -> str:
    floor, top, height = 150.0, 16.0, 176
    most = max((count for _, count in columns), default=0) or 1
    wide = min((_WIDTH - 20) / max(len(columns), 1), 90.0)
    described = ", ".join(f"{label}: {count:g}" for label, count in columns) or "nothing"
    parts = [_head(name, height, title, described, alone=alone)]
    parts.append(f'<line class="grid" x1="10" y1="{floor}" x2="{_WIDTH}" y2="{floor}"/>')
    every = max(1, round(len(columns) / 10))
    for at, (label, count) in enumerate(columns):
        left, tall = 10 + at * wide, (floor - top) * count / most
        parts.append(f"<g><title>{safe(label)}: {count:g}</title>")
        parts.append(
            f'<rect class="after" x="{left:.1f}" y="{floor - tall:.1f}" width="{wide * 0.7:.1f}" height="{tall:.1f}" rx="2"/>'
        )
        if at % every == 0:
            parts.append(f'<text class="tick" x="{left:.1f}" y="{floor + 18:.0f}">{safe(_short(label, 10))}</text>')
            parts.append(f'<text class="figure" x="{left:.1f}" y="{floor - tall - 4:.1f}">{count:g}</text>')
        parts.append("</g>")
    return "\n".join([*parts, "</svg>"])


def _head(name: str, height: int, title: str, description: str, *, alone: bool) -> str:
    style = f'<style>{_STYLE}</style><rect width="100%" height="100%" fill="#fff"/>' if alone else ""
    size = f' width="{_WIDTH}" height="{height}"' if alone else ""
    return (
        f'<svg class="chart whatif" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}"{size} role="img" '
        f'aria-labelledby="{name}-title {name}-desc">'
        f'<title id="{name}-title">{safe(title)}</title><desc id="{name}-desc">{safe(description)}</desc>{style}'
    )


def _short(words: str, most: int) -> str:
    return words if len(words) <= most else f"{words[: most - 1]}…"
