"""Stepwell runs client pathways: scheduled steps that are delivered when due, held where required, and never lost."""

from stepwell.errors import (
    Changed,
    DefinitionError,
    Forbidden,
    InvalidResponse,
    NotFound,
    NotRunning,
    Refused,
    StepwellError,
    Unavailable,
)
from stepwell.handle import Stepwell
from stepwell.settings import Settings

__all__ = [
    "Changed",
    "DefinitionError",
    "Forbidden",
    "InvalidResponse",
    "NotFound",
    "NotRunning",
    "Refused",
    "Settings",
    "Stepwell",
    "StepwellError",
    "Unavailable",
]
__version__ = "0.1.0"
