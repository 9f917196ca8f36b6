"""What is wrong with a pathway document: everything at once, each with its place and what to do about it."""

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Literal

from engine.base import Frozen

Path = tuple[str | int, ...]
"""Where in a document: `("steps", 2, "deliver", "at")`."""


class Finding(Frozen):
    """One thing an author should know about a document."""

    code: str
    """A stable word for programs, such as `unknown-field`."""
    severity: Literal["error", "warning"] = "error"
    step: str | None = None
    path: Path = ()
    line: int | None = None
    message: str
    suggestion: str = ""

    def __str__(self) -> str:
        place = f"line {self.line}" if self.line else ""
        where = ", ".join(part for part in (place, f"step {self.step}" if self.step else "") if part)
        advice = f" → {self.suggestion}" if self.suggestion else ""
        return f"{self.severity} {self.code}{f' ({where})' if where else ''}: {self.message}{advice}"


class DefinitionError(ValueError):
    """The pathway cannot be published; `findings` holds every problem."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings = tuple(findings)
        super().__init__("\n".join(str(finding) for finding in self.findings))


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A suggestion for a misspelt name, or the list of what there is."""
    names = sorted(known)
    near = get_close_matches(str(name), names, n=1, cutoff=0.6)
    if near:
        return f"did you mean {near[0]!r}?"
    return f"one of {', '.join(names[:30])}" if names else ""
