"""From bytes to FHIR resources, within bounds: whatever is given, only `Unusable` is raised."""

import json
from collections.abc import Iterator, Sequence
from typing import Any, NoReturn

from stepwell.fhir.report import Unusable

LARGEST = 5_000_000
_DEEPEST = 80
_MOST_VALUES = 200_000

Resource = dict[str, Any]


def read_resources(sources: Sequence[tuple[str, bytes]]) -> list[Resource]:
    """The resources in some named files: those in bundles one by one. Raises Unusable."""
    found = [resource for name, source in sources for resource in _resources(name, source)]
    if not found:
        raise Unusable("there is no FHIR resource in it; give a Questionnaire or a PlanDefinition as JSON")
    return found


def _resources(name: str, source: bytes) -> Iterator[Resource]:
    if len(source) > LARGEST:
        raise Unusable(f"{name} is larger than {LARGEST:,} bytes; take out what is not needed")
    if source.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"<":
        raise Unusable(f"{name} is XML; give it as JSON, which every FHIR server can write")
    try:
        value = json.loads(source.decode("utf-8-sig"), parse_constant=_no_number)
    except RecursionError:
        raise Unusable(f"{name} is nested too deeply") from None
    except ValueError as error:
        raise Unusable(f"{name} is no JSON: {str(error)[:200]}") from None
    _check_bounds(name, value)
    if not isinstance(value, dict) or not isinstance(value.get("resourceType"), str):
        raise Unusable(f"{name} is no FHIR resource: it has no resourceType")
    if value["resourceType"] != "Bundle":
        yield value
        return
    entries = value.get("entry")
    for entry in entries if isinstance(entries, list) else []:
        resource = entry.get("resource") if isinstance(entry, dict) else None
        if isinstance(resource, dict) and isinstance(resource.get("resourceType"), str):
            yield resource


def _no_number(word: str) -> NoReturn:
    raise ValueError(f"{word} is no number in JSON")


def _check_bounds(name: str, value: Any) -> None:
    waiting, number = [(value, 1)], 0
    while waiting:
        one, depth = waiting.pop()
        number += 1
        if depth > _DEEPEST:
            raise Unusable(f"{name} is nested more than {_DEEPEST} deep")
        if number > _MOST_VALUES:
            raise Unusable(f"{name} holds more than {_MOST_VALUES:,} values; take out what is not needed")
        if isinstance(one, dict):
            waiting += [(inner, depth + 1) for inner in one.values()]
        elif isinstance(one, list):
            waiting += [(inner, depth + 1) for inner in one]
