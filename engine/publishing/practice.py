"""What a document is checked against beside itself: the practice it is published in."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from engine.structure import Structure

Library = Mapping[str, Mapping[str, Any]]
"""Library steps by their name: the fields of a step, without its id."""


class Practice(NamedTuple):
    """What is there already. What is None is not known, and not checked."""

    library: Library = MappingProxyType({})
    pathways: Mapping[str, Structure] | None = None
    """The latest published versions, by name."""
    unwritten: tuple[str, ...] | None = None
    """The settings of what people in danger must be told that the deployer has not written yet."""
    roles: tuple[str, ...] | None = None
    """Who can be alerted, besides the client's practitioner."""


NO_PRACTICE = Practice()
"""Nothing is known beside the document."""
