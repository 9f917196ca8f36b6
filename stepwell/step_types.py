"""Everything that a step type of one's own is written with; see docs/how-to/add-a-step-type.md."""

from engine.durations import Offset
from engine.effects import Perform, Performed
from engine.steptype import (
    Answered,
    Content,
    Draw,
    InvalidResponse,
    Outcome,
    Presentation,
    Problem,
    Response,
    StepType,
)
from engine.structure import Actor, Completion, Structure, Task, VariableType, WallTime
from engine.words import Label, Reader, Text, escaped, first_line

__all__ = [
    "Actor",
    "Answered",
    "Completion",
    "Content",
    "Draw",
    "InvalidResponse",
    "Label",
    "Offset",
    "Outcome",
    "Perform",
    "Performed",
    "Presentation",
    "Problem",
    "Reader",
    "Response",
    "StepType",
    "Structure",
    "Task",
    "Text",
    "VariableType",
    "WallTime",
    "escaped",
    "first_line",
]
