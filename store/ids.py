"""Opaque ids: they say what they name, and nothing about whom."""

import base64
import hashlib
import secrets


def new_id(kind: str) -> str:
    """`jou_` and 26 characters nobody can guess."""
    return f"{kind}_{base64.b32encode(secrets.token_bytes(16)).decode().rstrip('=').lower()}"


def id_from(kind: str, *parts: str) -> str:
    """The one opaque id that follows from these parts: asked for again, it is the same."""
    return f"{kind}_{hashlib.sha256(chr(0).join(parts).encode()).hexdigest()[:32]}"
