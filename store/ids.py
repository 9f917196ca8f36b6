"""Opaque ids: they say what they name, and nothing about whom."""

import base64
import secrets


def new_id(kind: str) -> str:
    """`jou_` and 26 characters nobody can guess."""
    return f"{kind}_{base64.b32encode(secrets.token_bytes(16)).decode().rstrip('=').lower()}"
