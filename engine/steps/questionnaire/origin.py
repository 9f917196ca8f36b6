"""What an item was called where it was brought in from, so that it goes back under the same name."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from engine.steptype import Content

_Words = Annotated[str, StringConstraints(min_length=1, max_length=500)]
_Code = Annotated[str, StringConstraints(pattern=r"^\S+( \S+)*$", max_length=500)]
_Address = Annotated[str, StringConstraints(pattern=r"^\S+$", max_length=500)]


class Coding(Content):
    """A code, and the system it is from."""

    code: _Code
    system: _Address | None = None
    """The address of the system, such as `http://loinc.org`."""
    display: _Words | None = None
    """What it means, in the system's own words."""


class Origin(Content):
    """Names from elsewhere. Nobody sees them, and nothing is decided by them."""

    link_id: _Words | None = None
    """The item's own name there, where its id is another."""
    codes: tuple[Coding, ...] = Field(default=(), max_length=50)
    """What the item is about, in terms of code systems."""
    system: _Address | None = None
    """The system that the values of its options, or the codes of its units, are from."""
    kind: Literal["coding", "string", "integer", "date", "time"] = "coding"
    """What its options are there: codes, or plain values."""
    options: dict[_Words, Coding] = Field(default_factory=dict, max_length=500)
    """The codes of those options that are called otherwise here, or are from another system."""
