"""Answers that are files: always by reference, never their bytes."""

import re
from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field, JsonValue, StringConstraints

from engine.steps.questionnaire.item import Repeatable
from engine.steptype import Draw
from engine.words import Text

_REFERENCE = re.compile(r"https://[^\s<>\"]{3,2000}|[A-Za-z0-9][A-Za-z0-9_.~/-]{0,299}")
_MEDIA_TYPE = re.compile(r"[a-z]{1,20}/[a-z0-9][a-z0-9.+_-]{0,99}")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_EXAMPLE = '{"reference": "https://…", "media_type": "image/png", "title": "…"}'

MediaType = Annotated[str, StringConstraints(pattern=r"^[a-z]{1,20}/(\*|[a-z0-9][a-z0-9.+_-]{0,99})$")]


class AttachmentItem(Repeatable):
    """A file by reference: `{"reference": …, "media_type": "image/png", "title": …}`.

    The reference is an `https://…` address or one of the host's own, such as `files/4711`; the host keeps the file.
    A `sha256` of its bytes (64 hexadecimal digits) may come with it.
    """

    type: Literal["attachment"]
    media_types: tuple[MediaType, ...] = Field(default=(), max_length=50)
    """What files may be, such as `image/*` or `application/pdf`; anything unless said."""

    def wrong(self, answer: object) -> str:
        """No reference, or to something that may not be."""
        if not isinstance(answer, dict) or not {"reference", "media_type", "title"} <= set(answer):
            return f"must be a reference such as {_EXAMPLE}"
        unknown = sorted(str(name)[:50] for name in set(answer) - {"reference", "media_type", "title", "sha256"})
        if unknown:
            return f"has {unknown[0]!r}, which belongs to no reference"
        reference, title = answer["reference"], answer["title"]
        if not isinstance(reference, str) or not _REFERENCE.fullmatch(reference) or not reference.isprintable():
            return "has a reference that is neither an https address nor like files/4711"
        if not isinstance(title, str) or not title.strip() or len(title) > 255:
            return "needs a title of at most 255 characters"
        if "sha256" in answer and not (isinstance(answer["sha256"], str) and _DIGEST.fullmatch(answer["sha256"])):
            return "has a sha256 that is not 64 hexadecimal digits"
        return self._wrong_type(answer["media_type"])

    def _wrong_type(self, media_type: object) -> str:
        if not isinstance(media_type, str) or not _MEDIA_TYPE.fullmatch(media_type):
            return "has a media type that is none"
        allowed = [one.removesuffix("*") for one in self.media_types]
        fits = not allowed or any(media_type == one or (one.endswith("/") and media_type.startswith(one)) for one in allowed)
        return "" if fits else f"must be of type {', '.join(self.media_types)}"

    def one(self, draw: Draw) -> JsonValue:
        """A reference to nothing."""
        media_type = next(iter(self.media_types), "text/plain").replace("*", "x")
        return {"reference": "files/sample", "media_type": media_type, "title": "…"}

    def hints(self) -> Iterator[tuple[str, Text | None]]:
        """What files may be."""
        if self.media_types:
            yield ", ".join(self.media_types), None
