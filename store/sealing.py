"""Keys and what they seal: AES-256-GCM, another subkey for each purpose, bound to the place that it belongs to.

A sealed text says by itself what opens it: format version, the key's id, a nonce, the ciphertext with its tag. Whoever opens it
names the purpose and the place again; what was sealed for another tenant, purpose or place does not open.
"""

import os
import re
from typing import NoReturn

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from engine.errors import StepwellError, Unavailable

LENGTH = 32
"""Bytes of a key."""
_VERSION = 1
FIRST_BYTE = bytes((_VERSION,))
"""Of everything sealed; no JSON begins with it."""
_NONCE = 12
_ID = re.compile(r"[A-Za-z0-9_-]+")


class KeysUnavailable(Unavailable):
    """A key cannot be had at the moment, or not here; nothing was written in its stead, and the same may be tried again."""


class KeyDestroyed(StepwellError):
    """The key was destroyed with the client it belonged to: what it sealed cannot be read by anybody any more."""


class NotAuthentic(StepwellError):
    """It was not sealed for this place, was changed since, or was never sealed; nothing of it is believed."""


class Key:
    """One key of one tenant. Its bytes are in no text of it, and it cannot be copied out by pickling."""

    __slots__ = ("_material", "_subkeys", "id", "tenant")

    def __init__(self, id: str, tenant: str, material: bytes) -> None:
        assert len(material) == LENGTH, "a key is 32 bytes"
        assert len(id) < 256, "its length is one byte"
        self.id = id
        self.tenant = tenant
        self._material = material
        self._subkeys: dict[str, AESGCM] = {}

    def seal(self, purpose: str, plaintext: bytes, bound_to: bytes) -> bytes:
        """The text sealed, for this purpose and place alone."""
        nonce = os.urandom(_NONCE)
        sealed = self._subkey(purpose).encrypt(nonce, plaintext, self._bound(bound_to))
        return b"".join((bytes((_VERSION, len(self.id))), self.id.encode(), nonce, sealed))

    def open(self, purpose: str, sealed: bytes, bound_to: bytes) -> bytes:
        """The text again. Raises NotAuthentic."""
        if key_of(sealed) != self.id:
            raise NotAuthentic("this was sealed with another key")
        at = 2 + len(self.id)
        try:
            return self._subkey(purpose).decrypt(sealed[at : at + _NONCE], sealed[at + _NONCE :], self._bound(bound_to))
        except (InvalidTag, ValueError):
            raise NotAuthentic("this was sealed for another place, or changed since") from None

    def wrap(self, other: "Key") -> bytes:
        """Another key, sealed with this one."""
        return self.seal("wrap", other._material, _name(other.id, other.tenant))

    def unwrap(self, id: str, tenant: str, wrapped: bytes) -> "Key":
        """The key of that id again. Raises NotAuthentic."""
        return Key(id, tenant, self.open("wrap", wrapped, _name(id, tenant)))

    def _subkey(self, purpose: str) -> AESGCM:
        known = self._subkeys.get(purpose)
        if known is None:
            derived = HKDF(SHA256(), LENGTH, salt=None, info=f"stepwell/{_VERSION}/{purpose}".encode()).derive(self._material)
            known = self._subkeys[purpose] = AESGCM(derived)
        return known

    def _bound(self, place: bytes) -> bytes:
        return bytes((_VERSION,)) + _name(self.id, self.tenant) + place

    def __repr__(self) -> str:
        return f"Key({self.id})"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a key is not copied out")


def new_key(id: str, tenant: str) -> Key:
    """A key that nobody can guess."""
    return Key(id, tenant, os.urandom(LENGTH))


def key_of(sealed: bytes) -> str:
    """The id of the key that opens it. Raises NotAuthentic for what is no sealed text."""
    if len(sealed) < 2 or sealed[0] != _VERSION or len(sealed) < 2 + sealed[1] + _NONCE:
        raise NotAuthentic("this was not sealed")
    id = sealed[2 : 2 + sealed[1]].decode("latin-1")
    if not _ID.fullmatch(id):  # no store is asked for what no key is called: some letters its database would not even take
        raise NotAuthentic("this was not sealed")
    return id


def place(*parts: str) -> bytes:
    """The name of a place, such as a table, a row and a column: no two lists of parts have one name."""
    return b"".join(_counted(part) for part in parts)


def _name(id: str, tenant: str) -> bytes:
    return _counted(id) + _counted(tenant)


def _counted(text: str) -> bytes:
    encoded = text.encode()
    return len(encoded).to_bytes(4, "big") + encoded
