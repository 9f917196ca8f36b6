"""Columns that hold what people say and who they are: as JSON, encrypted, bound to the row and the column they belong to."""

from typing import Any

from sqlalchemy import Dialect, LargeBinary
from sqlalchemy.types import TypeDecorator

__all__ = ["Ciphertext", "Sealed"]


class Ciphertext:
    """A value as the database holds it. It can be put back as it is, and nothing else: only a session of ours opens it."""

    __slots__ = ("blob",)

    def __init__(self, blob: bytes) -> None:
        self.blob = blob


class Sealed(TypeDecorator[Any]):
    """A column that takes ciphertexts and gives ciphertexts; `store/sessions.py` turns them into what the rows hold.

    Whatever goes round those sessions fails here, with a value or a comparison in the clear, or has a ciphertext in its hands.
    """

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> bytes | None:
        """The ciphertext. Raises TypeError for anything in the clear."""
        if value is None:
            return None
        if not isinstance(value, Ciphertext):
            raise TypeError("nothing goes into a sealed column in the clear: add and change rows in a session of Database")
        return value.blob

    def process_result_value(self, value: Any, dialect: Dialect) -> Ciphertext | None:
        """The ciphertext again."""
        if value is None:
            return None
        return Ciphertext(value if isinstance(value, bytes) else str(value).encode())  # SQLite keeps whatever it is given
