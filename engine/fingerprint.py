"""A fingerprint of what somebody sent, so that anybody can see that what is kept is what was signed."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any


def fingerprint(payload: Mapping[str, Any]) -> str:
    """SHA-256 in hex over the payload as JSON in UTF-8: keys sorted, no spaces, no escapes but those JSON needs."""
    written = json.dumps(payload, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return hashlib.sha256(written.encode()).hexdigest()
