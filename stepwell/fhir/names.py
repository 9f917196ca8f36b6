"""Names that pathways take, from names that anybody gave."""

import re
import unicodedata
from collections.abc import Iterable

_LONGEST = 60
_SLUG = re.compile(r"[a-z][a-z0-9_]{0,59}")


def slug(text: str, otherwise: str) -> str:
    """Lower-case letters, digits and `_`, beginning with a letter."""
    plain = unicodedata.normalize("NFKD", text[:500]).encode("ascii", "ignore").decode().lower()
    words = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")
    if not words:
        return otherwise
    return (words if words[0].isalpha() else f"{otherwise}_{words}")[:_LONGEST].rstrip("_")


class Names:
    """Gives each name once, and remembers who has it."""

    def __init__(self, wanted: Iterable[str] = (), otherwise: str = "item") -> None:
        """Those of `wanted` that are names already keep them; the others get theirs in order."""
        self._otherwise = otherwise
        self._taken: set[str] = set()
        self.of: dict[str, str] = {}
        every = list(dict.fromkeys(wanted))
        for one in every:
            if _SLUG.fullmatch(one):
                self._taken.add(one)
                self.of[one] = one
        for one in every:
            if one not in self.of:
                self.of[one] = self.new(one)

    def new(self, text: str) -> str:
        """A name like this text that nobody has."""
        base = slug(text, self._otherwise)
        name, number = base, 1
        while name in self._taken:
            number += 1
            name = f"{base[: _LONGEST - 6]}_{number}"
        self._taken.add(name)
        return name
