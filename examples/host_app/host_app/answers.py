"""A response as people read it: each answer beside its question."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from host_app.forms.paper import Paper
from host_app.forms.parts import Field, Group, Json, Part, Rounds, Words
from host_app.forms.types import draw
from host_app.texts import Texts


class Line(NamedTuple):
    """One line of an answer; a file has an address."""

    words: str
    address: str = ""


Shown = list[tuple[str, list[Line]]]


def shown(
    step_type: str, content: Mapping[str, Any] | None, response: Mapping[str, Json], texts: Texts, zone: ZoneInfo
) -> Shown:
    """The answers in the order of the form; where the step's words are not at hand, by the names in the response."""
    parts = draw(step_type, Paper(content=content, texts=texts, given=response)) if content else None
    return list(_of_parts(parts, texts, zone) if parts is not None else _by_name(response, texts))


def _of_parts(parts: tuple[Part, ...], texts: Texts, zone: ZoneInfo, before: str = "") -> Iterator[tuple[str, list[Line]]]:
    for part in parts:
        match part:
            case Field(value=value) if value is not None:
                yield f"{before}{part.label}", _lines(value, part, texts, zone)
            case Group():
                yield from _of_parts(part.parts, texts, zone, before)
            case Rounds():
                for at, one in enumerate(part.rounds, 1):
                    yield from _of_parts(one, texts, zone, f"{before}{part.label} {at} · " if len(part.rounds) > 1 else before)
            case Field() | Words():
                continue


def _lines(value: Json, field: Field, texts: Texts, zone: ZoneInfo) -> list[Line]:
    labels = {one.value: one.label for one in field.options}
    match value:
        case bool():
            return [Line(texts("yes" if value else "no"))]
        case str():
            return [Line(_when(value, field, texts, zone) or labels.get(value, value))]
        case Mapping() if "reference" in value:
            return [_file(value)]
        case Mapping() if "unit" in value:
            return [Line(f"{value.get('value')} {labels.get(str(value['unit']), value['unit'])}")]
        case Mapping():
            return [Line(str(one)) for one in value.values()]
        case list() | tuple():
            return [line for one in value for line in _lines(one, field, texts, zone)]
        case _:
            limits = f" ({field.least:g}–{field.most:g})" if field.least is not None and field.most is not None else ""
            unit = f" {field.unit}" if field.unit else limits
            return [Line(f"{value}{unit}")]


def _when(value: str, field: Field, texts: Texts, zone: ZoneInfo) -> str:
    """A day or an instant as the client's calendar and clock show it; empty: it is none."""
    try:
        match field.kind:
            case "date":
                return texts.day(date.fromisoformat(value))
            case "date_time":
                return texts.moment(datetime.fromisoformat(value), zone)
            case _:
                return ""
    except ValueError:
        return ""


def _file(value: Mapping[str, Json]) -> Line:
    reference = str(value["reference"])
    title = str(value.get("title") or reference)
    return Line(title, f"/{reference}" if reference.startswith("files/") else "")


def _by_name(value: Json, texts: Texts, before: str = "") -> Iterator[tuple[str, list[Line]]]:
    match value:
        case Mapping() if "reference" in value:
            yield before, [_file(value)]
        case Mapping():
            for name, one in value.items():
                plain = name.replace("_", " ")
                yield from _by_name(one, texts, f"{before} · {plain}" if before else plain)
        case list() | tuple():
            for at, one in enumerate(value, 1):
                yield from _by_name(one, texts, f"{before} {at}")
        case bool():
            yield before, [Line(texts("yes" if value else "no"))]
        case None | "":
            return
        case _:
            yield before, [Line(str(value))]
