"""What was signed, as one short text that no later change would yield again."""

import json
from collections.abc import Mapping
from hashlib import sha256


def fingerprint(payload: Mapping[str, object]) -> str:
    """The SHA-256 of a response, in hexadecimal: the same however a store orders its fields or writes `1.0`.

    The payload is a response as JSON. Raises ValueError for a number that is none.
    """
    canonical = json.dumps(_plain(payload), sort_keys=True, separators=(",", ":"), allow_nan=False)
    return sha256(canonical.encode()).hexdigest()


def _plain(value: object) -> object:
    match value:
        case Mapping():
            return {str(name): _plain(one) for name, one in value.items()}
        case list() | tuple():
            return [_plain(one) for one in value]
        case float() if value.is_integer():
            return int(value)
        case _:
            return value
