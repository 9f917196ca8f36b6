"""Stepwell runs client pathways: scheduled steps that are delivered when due, held where required, and never lost."""

from stepwell.errors import DefinitionError, InvalidResponse, NotFound, NotRunning, Refused, StepwellError, Unavailable
from stepwell.handle import Stepwell
from stepwell.settings import Settings

__all__ = [
    "DefinitionError",
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
