"""The beginning of a step type of one's own: a package that works, to be changed step by step."""

import re
from importlib.resources import files
from pathlib import Path
from string import Template

from stepwell.packages import installed_types

_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
_LONGEST = 28
_FILES = {
    "pyproject.toml": "pyproject.toml",
    "README.md": "README.md",
    "init.py": "stepwell_$name/__init__.py",
    "step.py": "stepwell_$name/step.py",
    "cases.yaml": "tests/cases.yaml",
    "test.py": "tests/test_$name.py",
    "pathway.yaml": "pathway.yaml",
}


class Refusal(ValueError):
    """The package cannot be written there, or by that name."""


def write_package(name: str, into: Path) -> Path:
    """Write the package into a new folder, and return that. Raises Refusal and BrokenPackage; nothing is overwritten."""
    _refuse_name(name)
    folder = into / f"stepwell-{name.replace('_', '-')}"
    if not into.is_dir():
        raise Refusal(f"{into} is no folder; make it first")
    if folder.exists():
        raise Refusal(f"{folder} is there already; choose another name, or another folder with --into")
    words = {"name": name, "dashed": name.replace("_", "-"), "Name": "".join(part.capitalize() for part in name.split("_"))}
    for source, target in _FILES.items():
        file = folder / Template(target).substitute(words)
        file.parent.mkdir(parents=True, exist_ok=True)
        template = files(__package__).joinpath("package", f"{source}.txt").read_text(encoding="utf-8")
        file.write_text(Template(template).substitute(words), encoding="utf-8")
    return folder


def _refuse_name(name: str) -> None:
    if not _NAME.fullmatch(name) or len(name) > _LONGEST:
        advice = f"small letters, digits and single _ between them, a letter first, {_LONGEST} characters at most"
        raise Refusal(f"{name!r} is no name for a step type; write {advice}")
    if name in installed_types():
        raise Refusal(f"a step type {name!r} is there already; see: stepwell step-type show {name}")
