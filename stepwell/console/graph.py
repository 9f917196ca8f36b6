"""A pathway as a picture: its steps from top to bottom, what each waits for as lines between them, and when it comes in words.

A pure function of the pathway. What a line means is said in words as well, in the table of the same page.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from engine.contents import Contents
from engine.durations import Offset
from engine.pictures import safe
from engine.structure import Anchor, Condition, StepStructure, Structure
from engine.words import in_language

_WIDTH = 760
_LEFT = 90
_BOX = 440
_TALL = 56
_GAP = 26


class Link(NamedTuple):
    """One step waits for another, and how."""

    source: str
    target: str
    kind: str
    """`gate`: the step before has to be passed. `needs`, `when`: named by the step. `anchor`: it counts from it."""


def links(structure: Structure) -> list[Link]:
    """What waits for what, each pair once, the strictest meaning first."""
    found: dict[tuple[str, str], Link] = {}
    before: StepStructure | None = None
    for step in structure.steps:
        for link in _links_to(step, before, structure):
            found.setdefault((link.source, link.target), link)
        if step.required:
            before = step
    return list(found.values())


def _links_to(step: StepStructure, before: StepStructure | None, structure: Structure) -> Iterator[Link]:
    if step.needs is not None:
        for name in (*step.needs.of, *_named(step.needs.condition, structure)):
            yield Link(name, step.id, "needs")
    elif before is not None and not step.regardless:
        yield Link(before.id, step.id, "gate")
    for name in _named(step.when, structure):
        yield Link(name, step.id, "when")
    anchor = step.timing.anchor
    if anchor.name in structure.by_id and anchor.kind in ("delivered", "passed", "completed"):
        yield Link(str(anchor.name), step.id, "anchor")


def _named(condition: Condition | None, structure: Structure) -> list[str]:
    """The steps whose facts a condition looks at."""
    heads = [name.removeprefix("outcomes.").partition(".")[0] for name, _ in condition.variables] if condition else []
    return [one for one in dict.fromkeys(heads) if one in structure.by_id]


def timing_words(step: StepStructure) -> str:
    """When it comes, as a person says it."""
    timing = step.timing
    parts = [_anchor_words(timing.anchor, timing.offset)]
    if timing.at:
        parts.append(f"at {timing.at:%H:%M}")
    if timing.between:
        parts.append(f"between {timing.between.start:%H:%M} and {timing.between.end:%H:%M}")
    if timing.on:
        parts.append(f"on {', '.join(timing.on)}")
    if timing.calendar:
        parts.append(f"on a working day ({timing.calendar})")
    if step.repeat is not None:
        how = f"every {step.repeat.every}" if step.repeat.every else "by its rule"
        times = f", {step.repeat.count} times" if step.repeat.count else ""
        until = f", until {step.repeat.until}" if step.repeat.until else ""
        parts.append(f"again {how}{times}{until}")
    return ", ".join(parts)


def _anchor_words(anchor: Anchor, offset: Offset) -> str:
    match anchor.kind:
        case "started":
            what = "the journey starts"
        case "date":
            what = f"the client date {anchor.name}"
        case "event":
            what = f"the host says {anchor.name}"
        case "fixed":
            return f"on {anchor.on}"
        case "delivered":
            what = f"{anchor.name} is delivered"
        case "passed":
            what = f"{anchor.name} is passed"
        case "completed":
            what = f"{anchor.name} is completed"
    written = str(offset)
    if written in ("0", ""):
        return f"when {what}" if anchor.kind != "date" else f"on {what}"
    if written.startswith("-"):
        return f"{written[1:]} before {what}"
    return f"{written} after {what}"


def gate_words(step: StepStructure) -> str:
    """What has to be there before it comes at all."""
    words = []
    if step.regardless:
        words.append("regardless of the steps before it")
    elif step.needs is not None:
        if step.needs.of:
            names = ", ".join(step.needs.of)
            words.append(f"needs {'all' if step.needs.count == len(step.needs.of) else step.needs.count} of {names}")
        if step.needs.condition:
            words.append(f"needs {step.needs.condition.source}")
    else:
        words.append("after the required steps before it")
    if step.when:
        words.append(f"only when {step.when.source}")
    for name, condition in step.ways:
        words.append(f"way {name} when {condition.source}")
    return "; ".join(words)


def graph(structure: Structure, contents: Contents, *, title: str) -> str:
    """The picture as SVG."""
    places: dict[str, int] = {step.id: row for row, step in enumerate(structure.steps)}
    height = len(structure.steps) * (_TALL + _GAP) + 10
    parts = [
        f'<svg class="graph" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="group" '
        'aria-labelledby="graph-title graph-desc">',
        f'<title id="graph-title">{safe(title)}</title>',
        f'<desc id="graph-desc">{len(structure.steps)} steps from top to bottom; what each waits for is in the table.</desc>',
    ]
    for name, room in (("names", 110), ("words", 10)):
        parts.append(f'<clipPath id="{name}"><rect x="{_LEFT}" y="0" width="{_BOX - room}" height="{height}"/></clipPath>')
    parts += [_drawn(link, places) for link in links(structure)]
    for step in structure.steps:
        parts += _box(step, contents, places[step.id])
    return "\n".join([*parts, "</svg>"])


def _drawn(link: Link, places: Mapping[str, int]) -> str:
    a, b = places[link.source], places[link.target]
    start, end = _top(a) + _TALL, _top(b)
    said = f"{link.target} {_SAYS[link.kind]} {link.source}"
    if b == a + 1 and link.kind in ("gate", "anchor"):
        path = f"M{_LEFT + 40} {start} V{end}"
    elif link.kind == "anchor":
        bend = max(12, _LEFT - 16 - 9 * min(abs(b - a), 7))
        path = f"M{_LEFT} {_top(a) + 36} C{bend} {_top(a) + 36} {bend} {end + 20} {_LEFT} {end + 20}"
    else:
        right = _LEFT + _BOX
        bend = right + 36 + 20 * min(abs(b - a), 9)
        path = f"M{right} {_top(a) + 36} C{bend} {_top(a) + 36} {bend} {end + 20} {right} {end + 20}"
    return f'<path class="link {link.kind}" d="{path}"><title>{safe(said)}</title></path>'


_SAYS = {"gate": "comes after", "needs": "needs", "when": "depends on what came of", "anchor": "counts from"}


def _box(step: StepStructure, contents: Contents, row: int) -> Iterator[str]:
    y, shown = _top(row), contents.steps[step.id]
    title = in_language(shown.title, contents.language, contents.language) if shown.title else step.id
    kind = "required" if step.required else "optional"
    words = f"{title} {timing_words(step)} {shown.type} ({step.id}), {kind}, for the {step.actor}; {gate_words(step)}"
    yield f'<a class="box {kind}" href="#step-{safe(step.id)}" aria-label="{safe(words)}"><title>{safe(words)}</title>'
    yield f'<rect x="{_LEFT}" y="{y}" width="{_BOX}" height="{_TALL}" rx="6"/>'
    yield f'<text class="name" clip-path="url(#names)" x="{_LEFT + 14}" y="{y + 22}">{safe(title)}</text>'
    yield f'<text class="more" clip-path="url(#words)" x="{_LEFT + 14}" y="{y + 42}">{safe(timing_words(step))}</text>'
    yield f'<text class="type" x="{_LEFT + _BOX - 12}" y="{y + 22}" text-anchor="end">{safe(shown.type)}</text></a>'


def _top(row: int) -> int:
    return row * (_TALL + _GAP) + 5


def step_rows(structure: Structure, contents: Contents) -> Sequence[dict[str, object]]:
    """The same as a table."""
    return [
        {
            "id": step.id,
            "title": in_language(shown.title, contents.language, contents.language)
            if (shown := contents.steps[step.id]).title
            else "",
            "type": shown.type,
            "required": step.required,
            "actor": step.actor,
            "visibility": shown.visibility,
            "timing": timing_words(step),
            "gate": gate_words(step),
            "repeats": step.repeat is not None,
        }
        for step in structure.steps
    ]
