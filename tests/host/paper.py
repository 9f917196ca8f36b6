"""A form as a browser has it: what it would post of a page whose fields hold this response."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from host_app.forms.parts import Field, Json, Part, dependent, fields, rounds
from host_app.forms.reading import COUNT, SHOWN, Clock
from starlette.datastructures import FormData

NOW = datetime(2026, 12, 1, 12, 0, tzinfo=UTC)
CLOCK = Clock(zone=ZoneInfo("Europe/Berlin"), now=NOW)


def posted(parts: Sequence[Part], do: str = "send", **more: str) -> FormData:
    """What a browser sends of these parts."""
    items: list[tuple[str, str]] = [("do", do), *more.items()]
    items += [(f"{COUNT}{one.where}", str(len(one.rounds))) for one in rounds(parts)]
    items += [(SHOWN, where) for where in sorted(dependent(parts))]
    for one in fields(parts):
        items += _field(one)
    return FormData(items)


def _field(one: Field) -> Iterator[tuple[str, str]]:
    value: Any = one.value
    match one.kind:
        case "tick":
            yield from [(one.where, "yes")] if value is True else []
        case "yes_no":
            yield from [(one.where, "yes" if value else "no")] if isinstance(value, bool) else []
        case "one" | "some":
            several = [] if value is None else value if isinstance(value, list | tuple) else [value]
            for each in several:
                yield (one.where, "other" if isinstance(each, dict) else str(each))
            if one.has_own_words:
                own = [each["other"] for each in several if isinstance(each, dict)]
                yield (f"{one.where}.other", own[0] if own else "")
        case "scale":
            yield from [] if value is None else [(one.where, str(value))]
        case "amount":
            yield (f"{one.where}.value", str(value["value"]) if value else "")
            yield (f"{one.where}.unit", value["unit"] if value else one.options[0].value)
        case "file":
            yield from ((f"{one.where}.{name}", said) for name, said in (value or {}).items())
        case "since":
            yield from [(one.where, (NOW - timedelta(seconds=value)).isoformat())] if value else []
        case "date_time":
            wall = datetime.fromisoformat(value).astimezone(CLOCK.zone) if value else None
            yield (one.where, wall.replace(tzinfo=None).isoformat() if wall else "")
        case _:
            yield (one.where, "" if value is None else str(value).replace("\n", "\r\n"))


def same(one: Json, other: Json) -> bool:
    """Whether two answers say the same: instants in whatever zone, numbers in whatever form, blanks and nothing alike."""
    return _plain(one) == _plain(other)


def _plain(value: Any) -> Any:
    match value:
        case dict():
            plain = {name: _plain(each) for name, each in value.items()}
            return {name: each for name, each in plain.items() if each not in (None, "", [], {}, False)}
        case list() | tuple():
            return [_plain(each) for each in value]
        case str() if len(value) > 16 and value[10:11] == "T":
            return datetime.fromisoformat(value).timestamp()
        case str() if not value.strip():
            return None
        case _:
            return value
