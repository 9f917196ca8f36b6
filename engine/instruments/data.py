"""The instruments as they are written in this folder, read once."""

import copy
from functools import cache
from importlib import resources
from typing import Any

from engine.loading import load


def library() -> dict[str, dict[str, Any]]:
    """The library steps that come with the engine, by name: a copy, to tailor."""
    return {name: copy.deepcopy(file["step"]) for name, file in _files().items() if "step" in file}


def scoring(name: str) -> dict[str, Any] | None:
    """The score of an instrument as an author would write it; None where nothing is called that."""
    file = _files().get(name, {})
    written = file.get("score") or file.get("step", {}).get("content", {}).get("score")
    return copy.deepcopy(written) if isinstance(written, dict) else None


def scorings() -> tuple[str, ...]:
    """What `score` may name."""
    return tuple(name for name in _files() if scoring(name) is not None)


def change_rule(name: str) -> dict[str, Any] | None:
    """What counts as a change in that instrument; None where nobody has said so."""
    rule = _files().get(name, {}).get("change")
    return copy.deepcopy(rule) if isinstance(rule, dict) else None


@cache
def _files() -> dict[str, dict[str, Any]]:
    """Every file of this folder, by its name."""
    found = sorted(resources.files(__package__).iterdir(), key=lambda file: file.name)
    return {
        file.name.removesuffix(".yaml"): load(file.read_text(encoding="utf-8")).value
        for file in found
        if file.name.endswith(".yaml")
    }
