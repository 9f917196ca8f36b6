"""The pages of the step types, made of their docstrings and first cases, and the table of the events that leave.

`python -m stepwell.reference` writes those in docs/.
"""

import json
from collections.abc import Iterator, Mapping
from inspect import cleandoc
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel

from engine.announcements import JOURNEY_EVENTS, OTHERS
from engine.steps import BUILT_IN
from engine.steptype import AnyStepType
from stepwell.cases import read_cases

_ROOT = Path(__file__).parents[1]
PAGES = _ROOT / "docs" / "step-types"
EVENTS = _ROOT / "docs" / "events.md"
CASES = _ROOT / "tests" / "step_types" / "cases"

_FORMATS = {"time": "a wall time", "date": "a date", "date-time": "an instant"}
_PLAIN = {"boolean": "true or false", "integer": "a whole number", "number": "a number", "null": "nothing", "object": "fields"}
_LONGEST_TEXT = 50_000
_NO_LIMIT = 1e15
_NAME = "^[a-z][a-z0-9_]{0,62}$"


def page(kind: AnyStepType, case: Mapping[str, Any] | None = None) -> str:
    """What authors and host developers need to know of a type, in Markdown; with the case as its example."""
    blocks = [f"# {kind.name}", _words(type(kind).__doc__), _people(kind)]
    blocks += ["## Content", *_model(kind.content_model), "## Response", *_model(kind.response_model)]
    if case is not None:
        blocks += _example(kind, case)
    return "\n\n".join(block for block in blocks if block) + "\n"


def write_pages(folder: Path, cases: Path) -> None:
    """Write the page of every built-in type, with the first case of its file."""
    folder.mkdir(exist_ok=True)
    for kind in BUILT_IN:
        text = page(kind, read_cases(cases / f"{kind.name}.yaml")[0])
        (folder / f"{kind.name}.md").write_text(text, encoding="utf-8")


def event_table() -> str:
    """Every event that leaves, for the page about events."""
    lines = ["| type | what happened | facts |", "|---|---|---|"]
    for public in (*JOURNEY_EVENTS.values(), *OTHERS):
        facts = ", ".join(f"`{one}`" for one in public.facts)
        lines.append(f"| `{public.type}` | {public.words} | {facts} |")
    return "\n".join(lines)


def write_event_table(page: Path) -> None:
    """Put it in place of the one that is there."""
    kept = page.read_text(encoding="utf-8")
    begin, end = kept.index("| type | what happened |"), kept.index("\n\n## What never leaves")
    page.write_text(kept[:begin] + event_table() + kept[end:], encoding="utf-8")


def _people(kind: AnyStepType) -> str:
    whose = {"client": "The client completes it", "practitioner": "A practitioner completes it"}
    told = f"; the {kind.told} is told of it and reminded" if kind.told else ""
    again = " A completed one takes another response, which replaces the first." if kind.revisable else ""
    return f"{whose.get(kind.actor, 'No person completes it')}{told}.{again}"


def _model(model: type[BaseModel]) -> Iterator[str]:
    """A table of a model's fields, and one for every model in it."""
    schema = model.model_json_schema(by_alias=True)
    yield from _table(model.__doc__, schema)
    for name, inner in schema.get("$defs", {}).items():
        if "properties" in inner:
            yield f"### {name}"
            yield from _table(inner.get("description"), inner)


def _table(doc: str | None, schema: Mapping[str, Any]) -> Iterator[str]:
    yield _words(doc)
    fields = schema.get("properties", {})
    if not fields:
        return
    lines = ["| field | what may stand there | unless given | what it is |", "|---|---|---|---|"]
    for name, field in fields.items():
        unless = "required" if name in schema.get("required", ()) else _default(field.get("default"))
        cells = (f"`{name}`", _kind(field), unless, _words(field.get("description")))
        lines.append(f"| {' | '.join(_cell(cell) for cell in cells)} |")
    yield "\n".join(lines)


def _kind(schema: Mapping[str, Any]) -> str:
    """What a value may be, in words."""
    options = [one for one in schema.get("anyOf", schema.get("oneOf", ())) if one.get("type") != "null"]
    if _is_text(options):
        longest = options[0].get("maxLength", _LONGEST_TEXT)
        return "words, or words by language" + (f"; at most {longest} characters" if longest < _LONGEST_TEXT else "")
    if options:
        return " or ".join(dict.fromkeys(_kind(one) for one in options))
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return "anything" if name == "JsonValue" else f"[{name}](#{name.lower()})"
    if "const" in schema or "enum" in schema:
        return " or ".join(f"`{one}`" for one in schema.get("enum", [schema.get("const")]))
    return _bounded(schema)


def _is_text(options: list[Any]) -> bool:
    return [one.get("type") for one in options] == ["string", "object"] and "additionalProperties" in options[1]


def _bounded(schema: Mapping[str, Any]) -> str:
    kind = schema.get("type")
    if kind == "array":
        return f"a list{_many(schema, 'Items')} of: {_kind(schema['items'])}" if "items" in schema else "a list"
    inner = next(iter(schema.get("patternProperties", {}).values()), schema.get("additionalProperties"))
    if kind == "object" and isinstance(inner, dict):
        return f"by name{_many(schema, 'Properties')}: {_kind(inner)}"
    if kind == "string":
        if "examples" in schema:
            return "a length of time"
        if schema.get("pattern") == _NAME:
            return "a name"
        return _FORMATS.get(schema.get("format", ""), f"text{_many(schema, 'Length', ' characters')}")
    least, most = (None if abs(schema.get(end, 0)) >= _NO_LIMIT else schema.get(end) for end in ("minimum", "maximum"))
    limits = f" from {least} to {most}" if least is not None and most is not None else ""
    limits = limits or (f", at least {least}" if least is not None else f", at most {most}" if most is not None else "")
    return f"{_PLAIN.get(str(kind), 'anything')}{limits}"


def _many(schema: Mapping[str, Any], what: str, unit: str = "") -> str:
    least, most = schema.get(f"min{what}", 0), schema.get(f"max{what}")
    bounds = [f"at least {least}" if least > 1 else "", f"at most {most}{unit}" if most is not None else ""]
    told = ", ".join(one for one in bounds if one)
    return f" ({told})" if told else ""


def _default(value: object) -> str:
    return "nothing" if value in (None, "", [], {}, "0") else f"`{json.dumps(value, ensure_ascii=False)}`"


def _example(kind: AnyStepType, case: Mapping[str, Any]) -> Iterator[str]:
    content = kind.content_model.model_validate(case["content"])
    outcomes = kind.outcomes(content)
    yield "## Example"
    yield f"{str(case['name'])[:1].upper()}{str(case['name'])[1:]}:"
    yield f"```yaml\n{_yaml([{'id': 'example', 'type': kind.name, 'content': case['content']}])}```"
    if outcomes:
        yield f"Conditions may use {', '.join(f'`outcomes.example.{name}` ({told})' for name, told in outcomes.items())}."
    for one in list(case.get("accepted", ()))[:1]:
        yield f"The response\n\n```json\n{_json(one['response'])}\n```"
        yield f"yields\n\n```json\n{_json(one['outcome'])}\n```" if one["outcome"] else "completes it."


def _json(value: object) -> str:
    line = json.dumps(value, ensure_ascii=False)
    return line if len(line) <= 120 else json.dumps(value, ensure_ascii=False, indent=2)


class _Dumper(yaml.SafeDumper):
    """Writes text of several lines as such."""


def _as_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _as_text)


def _yaml(value: object) -> str:
    return yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=118, default_flow_style=None)


def _words(doc: str | None) -> str:
    return cleandoc(doc) if doc else ""


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


if __name__ == "__main__":
    write_pages(PAGES, CASES)
    write_event_table(EVENTS)
