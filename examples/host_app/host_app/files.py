"""Attachments: kept here, since Stepwell keeps what they are called and never what is in them."""

import hashlib
import json
import re
import secrets
from pathlib import Path
from typing import NamedTuple

MOST_MEGABYTES = 5
_REFERENCE = re.compile(r"files/([0-9a-f]{32})")


class Kept(NamedTuple):
    """A file that somebody attached."""

    title: str
    media_type: str
    content: bytes


class TooLarge(ValueError):
    """More than a file may have."""


class Files:
    """A folder of files under names that nobody can guess."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, title: str, media_type: str, content: bytes) -> dict[str, str]:
        """Keep a file; what the response says of it. Raises TooLarge."""
        if len(content) > MOST_MEGABYTES * 1024 * 1024:
            raise TooLarge
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        name = secrets.token_hex(16)
        plain = re.sub(r"[^\w .()-]", "_", Path(title).name)[:200] or "file"
        (self._folder / name).write_bytes(content)
        (self._folder / f"{name}.json").write_text(json.dumps({"title": plain, "media_type": media_type}))
        digest = hashlib.sha256(content).hexdigest()
        return {"reference": f"files/{name}", "media_type": media_type, "title": plain, "sha256": digest}

    def find(self, reference: str) -> Kept | None:
        """The file that a response refers to; whoever knows the reference was let read the response."""
        found = _REFERENCE.fullmatch(reference)
        if found is None or not (self._folder / f"{found[1]}.json").is_file():
            return None
        known = json.loads((self._folder / f"{found[1]}.json").read_text())
        return Kept(known["title"], known["media_type"], (self._folder / found[1]).read_bytes())
