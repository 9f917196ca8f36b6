"""From plain values to a typed document: what does not fit becomes a finding, and the rest is checked too."""

import copy
from collections.abc import Iterator
from typing import Any, NamedTuple, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from engine.document import PathwayDocument
from engine.findings import Finding, Path, did_you_mean

_ROUNDS = 4
_MOST = 200


class Written(NamedTuple):
    """What an author wrote, as far as it could be understood."""

    document: PathwayDocument | None
    findings: tuple[Finding, ...]
    left_out: frozenset[Path]
    """What was wrong and is missing from the document."""


def read_document(value: Any) -> Written:
    """Type a loaded document; never raises for what an author wrote."""
    if not isinstance(value, dict):
        finding = Finding(
            code="wrong-type", message="is no pathway: it has no fields", suggestion="start with 'pathway: my-pathway'"
        )
        return Written(None, (finding,), frozenset())
    value = copy.deepcopy(value)
    findings: dict[tuple[Path, str], Finding] = {}
    left_out: set[Path] = set()
    for one in _name_steps(value):
        findings[(one.path, one.code)] = one
        left_out.add(one.path)
    for _ in range(_ROUNDS):
        try:
            document = PathwayDocument.model_validate(value)
        except ValidationError as error:
            wrong = problems_of(error, value, PathwayDocument)
            for one in wrong:
                findings.setdefault((one.path, one.code), _in_step(one, value))
            for path in sorted({one.path for one in wrong}, key=len, reverse=True):
                left_out.add(path)
                _leave_out(value, path)
            continue
        return Written(document, tuple(findings.values())[:_MOST], frozenset(left_out))
    return Written(None, tuple(findings.values())[:_MOST], frozenset(left_out))


def _name_steps(value: dict[str, Any]) -> Iterator[Finding]:
    """Give a step without an id a name for now, so that it can be checked and spoken of."""
    for at, step in enumerate(value["steps"] if isinstance(value.get("steps"), list) else []):
        if isinstance(step, dict) and not step.get("id"):
            step["id"] = f"step_{at + 1}"
            yield Finding(
                code="missing-id",
                path=("steps", at, "id"),
                message=f"step number {at + 1} has no id",
                suggestion="add an id such as 'diary'",
            )


def problems_of(error: ValidationError, value: Any, model: type[BaseModel], prefix: Path = ()) -> list[Finding]:
    """Say what pydantic found, once a place, in an author's words."""
    by_path: dict[Path, list[ErrorDetails]] = {}
    for details in error.errors(include_url=False, include_context=True)[:_MOST]:
        if details["type"] == "too_short" and details["input"]:
            continue  # only because what it holds does not fit, which is said of each
        by_path.setdefault(_real_path(details, value), []).append(details)
    found = [_finding(path, several, model, prefix) for path, several in by_path.items()]
    misspelt = {(one.path[:-1], one.suggestion) for one in found if one.code == "unknown-field"}
    return [one for one in found if (one.path[:-1], f"did you mean {str(one.path[-1:])[1:-2]}?") not in misspelt]


def _real_path(details: ErrorDetails, value: Any) -> Path:
    """The part of a location that is in the document; the names of union members and validators are not."""
    path: list[int | str] = []
    location = details["loc"]
    missing = location[-1:] if details["type"] == "missing" else ()
    for at, part in enumerate(location):
        if isinstance(value, dict) and (part in value or (at == len(location) - 1 and part in missing)):
            value = value.get(part)
        elif isinstance(value, list) and isinstance(part, int) and part < len(value):
            value = value[part]
        else:
            continue
        path.append(part)
    return tuple(path)


def _finding(path: Path, several: list[ErrorDetails], model: type[BaseModel], prefix: Path) -> Finding:
    first = several[0]
    name = str(path[-1]) if path else "document"
    known = _fields_at(model, path[:-1])
    code, message, suggestion = "wrong-value", f"{name}: {_words(first)}", ""
    match first["type"]:
        case "extra_forbidden":
            code, message = "unknown-field", f"{name!r} is no field here"
            suggestion = did_you_mean(name, known)
        case "missing":
            code, message, suggestion = "missing-field", f"{name!r} is missing", f"add '{name}: …'"
        case "literal_error":
            suggestion = did_you_mean(str(first["input"]), _options(first))
        case kind if kind.endswith("_type") or kind.endswith("_parsing"):
            code = "wrong-type"
    if len(several) > 1 and code != "unknown-field":
        message = f"{name}: fits none of what may stand here ({'; '.join(dict.fromkeys(_words(one) for one in several[:4]))})"
    return Finding(code=code, path=(*prefix, *path), message=message[:500], suggestion=suggestion)


def _words(details: ErrorDetails) -> str:
    message = details["msg"].removeprefix("Value error, ")
    shown = repr(details["input"])
    if details["type"] in ("value_error", "missing") or len(shown) > 60 or shown in message:
        return message[0].lower() + message[1:]
    return f"{shown}: {message[0].lower()}{message[1:]}"


def _options(details: ErrorDetails) -> list[str]:
    expected = str(details.get("ctx", {}).get("expected", ""))
    return [part.strip(" '") for part in expected.replace(" or ", ", ").split(",")]


def _fields_at(model: type[BaseModel], path: Path) -> list[str]:
    """The fields of the model that describes this place."""
    models = [model]
    for part in path:
        if isinstance(part, int):
            continue
        annotations = [
            field.annotation for one in models for name, field in one.model_fields.items() if part in (name, field.alias)
        ]
        models = [found for annotation in annotations for found in _models_in(annotation)]
    return [field.alias or name for one in models for name, field in one.model_fields.items()]


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [found for argument in get_args(annotation) for found in _models_in(argument)]


def _in_step(finding: Finding, value: Any) -> Finding:
    """Name the step that a finding is about."""
    if len(finding.path) >= 2 and finding.path[0] == "steps" and isinstance(finding.path[1], int):
        step = value["steps"][finding.path[1]]
        name = step.get("id") if isinstance(step, dict) else None
        return finding.model_copy(update={"step": str(name) if name else f"number {finding.path[1] + 1}"})
    return finding


def _leave_out(value: Any, path: Path) -> None:
    """Take a wrong value out; in its place comes what lets the rest be checked."""
    above: list[Any]
    *above, last = path or ("",)
    for part in above:
        value = value[part] if not isinstance(value, dict) or part in value else {}
    if isinstance(value, list) and isinstance(last, int):
        value[last] = {"id": f"step_{last + 1}"} if above == ["steps"] else None
    elif isinstance(value, dict):
        value.pop(last, None)
        if above == [] and last in ("pathway", "title"):
            value[last] = "unnamed"
        elif above == [] and last == "steps":
            value[last] = [{"id": "step_1"}]
        elif len(above) == 2 and above[0] == "steps" and last == "id":
            value[last] = f"step_{int(above[1]) + 1}"
