"""Which build this is: a short name for everything that decides how a workflow goes on."""

import hashlib
from collections.abc import Iterator, Mapping
from functools import lru_cache
from importlib.metadata import entry_points, version
from pathlib import Path

from stepwell.packages import GROUP, installed_types

_CODE = ("engine", "workflows")
"""What runs inside workflows, with the files that it reads."""
LIBRARIES = (
    *("temporalio", "pydantic", "pydantic-core", "annotated-types", "python-dateutil", "holidays"),
    *("cel-expr-python", "tzdata"),
)
"""Other people's code in there. What only activities, the gateway or the console use decides nothing."""


@lru_cache(maxsize=1)
def build_id() -> str:
    """The same on every machine that has the same code, libraries and step types; another one where any of them differs.

    Raises BrokenPackage.
    """
    return hashed(code_of(Path(__file__).parents[1]), {name: version(name) for name in LIBRARIES}, types_in_force())


def hashed(code: Mapping[str, bytes], libraries: Mapping[str, str], types: Mapping[str, str]) -> str:
    """Twelve letters and digits for all of it; the order in which it comes makes no difference."""
    whole = hashlib.sha256()
    for part in (code, _as_bytes(libraries), _as_bytes(types)):
        for name, content in sorted(part.items()):
            whole.update(f"{name}\0{len(content)}\0".encode())
            whole.update(content)
        whole.update(b"\0\0")
    return whole.hexdigest()[:12]


def _as_bytes(words: Mapping[str, str]) -> dict[str, bytes]:
    return {name: word.encode() for name, word in words.items()}


def code_of(root: Path) -> dict[str, bytes]:
    """Every file of ours that counts, by its path below the root; what the interpreter leaves beside them does not."""
    return {file.relative_to(root).as_posix(): file.read_bytes() for file in _files(root)}


def _files(root: Path) -> Iterator[Path]:
    for package in _CODE:
        for file in (root / package).rglob("*"):
            if file.is_file() and "__pycache__" not in file.parts:
                yield file


def types_in_force() -> dict[str, str]:
    """The step types by name, each with the package that it comes from and its version; "" for the built-in ones."""
    packages = {one.name: f"{one.dist.name} {one.dist.version}" for one in entry_points(group=GROUP) if one.dist}
    return {name: packages.get(name, "") for name in installed_types()}
