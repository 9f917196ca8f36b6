"""What can go wrong for somebody who uses Stepwell; the type says who has to act."""

from pydantic import ValidationError

from engine.errors import StepwellError, Unavailable
from engine.findings import DefinitionError
from engine.steptype import InvalidResponse

__all__ = [
    "Changed",
    "DefinitionError",
    "Forbidden",
    "InvalidResponse",
    "NotFound",
    "NotRunning",
    "NotStarted",
    "Refused",
    "StepwellError",
    "Unavailable",
    "wrong_in",
]


def wrong_in(error: ValidationError) -> str:
    """Everything that is wrong in what was given, each with its place, and nothing of what was given."""
    found = error.errors(include_url=False, include_input=False, include_context=False)
    return "; ".join(f"{'.'.join(str(part) for part in one['loc'])}: {one['msg'].lower()}" for one in found)


class Refused(StepwellError):
    """A rule refused it and the journey is unharmed: `rule` is its id, `code` a stable word for programs."""

    def __init__(self, code: str, rule: str, message: str) -> None:
        super().__init__(f"{message} (rule {rule})")
        self.code = code
        self.rule = rule


class Changed(StepwellError):
    """Somebody else has changed it since it was read; read it again, and change that."""


class NotFound(StepwellError):
    """There is no such client, pathway, journey or step in this tenant."""


class Forbidden(StepwellError):
    """The caller may not do this; the text says who may, and nothing of what is there."""


class NotStarted(Unavailable):
    """The journey has its place, and its workflow was never started; start it again with the same key."""


class NotRunning(StepwellError):
    """The embedded stack is not running, or could not be started; the text says how to start it."""
