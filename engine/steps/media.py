"""Pictures, sounds and films by reference, as several step types show them."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Literal

from pydantic import StringConstraints

from engine.steptype import Content, Problem
from engine.words import Reader, Text, escaped

Url = Annotated[str, StringConstraints(pattern=r"^https://[^\s<>\"\\]{3,2000}$")]


class Medium(Content):
    """A picture, sound or film by reference; its host serves it."""

    kind: Literal["picture", "audio", "video"]
    url: Url
    """Where it is, with `https`."""
    description: Text
    """What it shows, for those who cannot see or hear it."""
    captions: Url | None = None
    """Where its captions are, as WebVTT; a video must have them."""


def media_texts(media: Sequence[Medium]) -> Mapping[str, Text | None]:
    """What each medium shows, by its place."""
    return {f"media.{at}.description": medium.description for at, medium in enumerate(media)}


def media_problems(media: Sequence[Medium]) -> Iterator[Problem]:
    """Films without captions."""
    for at, medium in enumerate(media):
        if medium.kind == "video" and medium.captions is None:
            yield Problem(where=f"media.{at}.captions", message="a video has no captions", suggestion="add a WebVTT file")


def media_shown(media: Sequence[Medium], reader: Reader) -> Iterator[str]:
    """Each medium in Markdown: a picture as one, sound and film as a link; its host may play them in place."""
    for medium in media:
        mark = "!" if medium.kind == "picture" else ""
        yield f"{mark}[{escaped(reader.plain(medium.description))}](<{medium.url}>)"
