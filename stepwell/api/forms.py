"""What requests have in common: ids as they may be, reasons, pages."""

import base64
from typing import Annotated, Any, TypeVar

from fastapi import Path, Query
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from stepwell.errors import Refused

_Item = TypeVar("_Item", bound=BaseModel)
ID = r"^[A-Za-z0-9][A-Za-z0-9_.\-]{0,63}$"
_JOURNEY = r"^[A-Za-z0-9_.\-]{1,64}$"
_OCCURRENCE = r"^[A-Za-z0-9_\-]{1,64}\.[0-9]{1,5}$"

PathwayName = Annotated[str, Path(description="The pathway's name.", pattern=ID, examples=["depression-homework"])]
ClientId = Annotated[str, Path(description="The client's id.", pattern=ID, examples=["ada"])]
JourneyId = Annotated[str, Path(description="The journey's id.", pattern=_JOURNEY, examples=["jou_abc"])]
Occurrence = Annotated[str, Path(description="A step as the journey names it.", pattern=_OCCURRENCE, examples=["diary.3"])]
StepName = Annotated[str, Path(description="A step of the pathway.", pattern=ID, examples=["diary"])]
AnyId = Annotated[str, Path(pattern=r"^[A-Za-z0-9_.\-]{1,100}$")]

Limit = Annotated[int, Query(ge=1, le=200, description="How many at once.")]
Cursor = Annotated[str, Query(max_length=500, description="`next` of the page before.")]

Name = Annotated[str, StringConstraints(pattern=ID)]
Reason = Annotated[str, StringConstraints(min_length=1, max_length=2000, pattern=r"\S")]
Prose = Annotated[str, StringConstraints(min_length=1, max_length=10_000)]
Values = dict[str, Any]
"""What a step type asks for: its page in the documentation says what."""


class Form(BaseModel):
    """What is sent: unknown fields are refused, so that a misspelt one is not silently without effect."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)


class WithReason(Form):
    """Why it is done; kept in the history."""

    reason: Reason = Field(description="Why; kept in the history. Write no names.")


def cursor_of(last: BaseModel) -> str:
    """The last item of a page as the cursor of the next one."""
    return base64.urlsafe_b64encode(last.model_dump_json().encode()).decode().rstrip("=")


def read_cursor(cursor: str, kind: type[_Item]) -> _Item | None:
    """The item that a cursor was made of; None for the first page. Raises Refused."""
    if not cursor:
        return None
    try:
        return kind.model_validate_json(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except ValueError:
        raise Refused("bad_cursor", "A", "the cursor is not of this list; begin again without one") from None
