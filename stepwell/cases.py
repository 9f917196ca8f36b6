"""The cases of a step type, in a YAML file: contents with responses that are accepted and refused."""

from pathlib import Path
from typing import Any

from engine.loading import load


def read_cases(file: Path) -> list[dict[str, Any]]:
    """The cases in a file. Raises ValueError where it holds no list of them."""
    loaded = load(file.read_text(encoding="utf-8"))
    if not isinstance(loaded.value, list) or loaded.findings:
        raise ValueError(f"{file} is no list of cases: {'; '.join(map(str, loaded.findings)) or 'begin each with - name:'}")
    return loaded.value
