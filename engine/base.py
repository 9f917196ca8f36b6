"""The building blocks every model of the engine is made of."""

from datetime import UTC, datetime
from functools import lru_cache
from typing import Annotated, Any, NewType, Self

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict

StepId = NewType("StepId", str)
OccurrenceId = NewType("OccurrenceId", str)
JourneyId = NewType("JourneyId", str)
ClientId = NewType("ClientId", str)
TenantId = NewType("TenantId", str)
MessageId = NewType("MessageId", str)
EffectId = NewType("EffectId", str)


def _in_utc(instant: datetime) -> datetime:
    return instant.astimezone(UTC)


Instant = Annotated[AwareDatetime, AfterValidator(_in_utc)]
"""An aware moment, kept in UTC. A naive one is refused: nobody knows what it means."""

Scalar = bool | int | float | str
"""What an outcome may hold: a fact a condition can test, never free text from the client."""


class Frozen(BaseModel):
    """A value that never changes, refuses unknown fields and survives its JSON round trip."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    def changed(self, **fields: Any) -> Self:
        """A copy with these fields changed and not checked again: `model_copy`, at a quarter of its price."""
        copy = object.__new__(type(self))
        object.__setattr__(copy, "__dict__", self.__dict__ | fields)
        object.__setattr__(copy, "__pydantic_fields_set__", self.__pydantic_fields_set__ | fields.keys())
        object.__setattr__(copy, "__pydantic_extra__", None)
        object.__setattr__(copy, "__pydantic_private__", None)
        return copy


@lru_cache(maxsize=65536)  # the engine asks for the same few names again and again
def occurrence_id(step: StepId, number: int) -> OccurrenceId:
    """Name one release of a step, counted from 1: `diary.3`."""
    return OccurrenceId(f"{step}.{number}")
