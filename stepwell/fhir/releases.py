"""The releases of FHIR, and the models that say what is right in each; they are loaded when they are needed."""

from collections.abc import Iterator, Sequence
from importlib import import_module
from typing import Any, Literal

from stepwell.errors import StepwellError

Release = Literal["R4", "R5"]

_MODELS: dict[Release, str] = {"R4": "fhir.resources.R4B", "R5": "fhir.resources"}
"""There are none for R4 itself; in what is written here, R4 and R4B are the same."""
_ONLY_R5 = {
    "versionAlgorithmString",
    "versionAlgorithmCoding",
    "copyrightLabel",
    "answerConstraint",
    "disabledDisplay",
    "targetId",
}
_R5_TYPES = {"coding", "question"}


class NotInstalled(StepwellError):
    """The FHIR models are an extra, and are not there."""


def release_of(resources: Sequence[dict[str, Any]]) -> Release:
    """R5 where anything in it is of R5 only, else R4 (or R4B, which is the same here)."""
    waiting: list[Any] = list(resources)
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            if _ONLY_R5 & one.keys() or ("linkId" in one and one.get("type") in list(_R5_TYPES)):
                return "R5"
            waiting.extend(one.values())
        elif isinstance(one, list):
            waiting.extend(one)
    return "R4"


def check_resource(resource: dict[str, Any], release: Release) -> None:
    """Look whether it is right by the models of that release. Raises NotInstalled; ValueError where it is not right."""
    for one in _each(resource):
        name = one["resourceType"]
        try:
            module = import_module(f"{_MODELS[release]}.{name.lower()}")
        except ModuleNotFoundError as missing:
            raise NotInstalled("FHIR is an extra; install it with: pip install 'stepwell[fhir]'") from missing
        getattr(module, name).model_validate(one)


def _each(resource: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield resource
    for entry in resource.get("entry", []):
        yield entry["resource"]
