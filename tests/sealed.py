"""What of a message of Temporal's is sealed, and what is not."""

from collections.abc import Iterator

from google.protobuf.message import Message
from temporalio.api.common.v1 import Payload

from stepwell.codec import ENCODING

_IN_CLEAR = ("search_attributes",)
"""Ids, a state, a number and an instant: an operator finds journeys by them."""


def payloads_in(message: Message, where: str = "") -> Iterator[tuple[str, Payload]]:
    """Every payload in it but search attributes, with the way to it."""
    if isinstance(message, Payload):
        yield where, message
        return
    for field, value in message.ListFields():
        if field.name in _IN_CLEAR or field.message_type is None:
            continue
        for one in _each(value):
            if isinstance(one, Message):
                yield from payloads_in(one, f"{where}.{field.name}")


def _each(value: object) -> list[object]:
    if isinstance(value, Message):
        return [value]
    return list(value.values()) if hasattr(value, "values") else list(value)  # type: ignore[call-overload, no-any-return]


def in_clear(message: Message) -> set[str]:
    """The ways to payloads that are not sealed."""
    return {where for where, payload in payloads_in(message) if payload.metadata.get("encoding") != ENCODING}


def sealed(message: Message) -> set[str]:
    """The ways to payloads that are sealed."""
    return {where for where, payload in payloads_in(message) if payload.metadata.get("encoding") == ENCODING}
