"""What a form is drawn from: the step's content, in its reader's words, and what was answered so far."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from host_app.forms.parts import Json, Medium, Words
from host_app.texts import Texts

Content = Mapping[str, Any]
"""What a step asks for. Its shape is that of its type; the pages of the types say which."""


@dataclass(frozen=True)
class Paper:
    """One step, ready for a form to be drawn on."""

    content: Content
    texts: Texts
    prefill: Mapping[str, str] = field(default_factory=dict)
    given: Mapping[str, Json] = field(default_factory=dict)
    """The response so far: a draft, or what was just posted."""
    names: Mapping[str, str] = field(default_factory=dict)
    """What other steps are called that this one is about, by their ids."""
    counts: Mapping[str, int] = field(default_factory=dict)
    """How many rounds the page has of what comes several times, by its place."""
    everything: bool = False
    """Draw what is not asked too: to read what a page may have posted."""

    def say(self, text: object) -> str:
        """Words of the content, which Stepwell gives in the reader's language; empty where there are none."""
        return "" if text is None else str(text)

    def at(self, where: str) -> Json:
        """What was answered at this place; None: nothing."""
        found: Json = self.given
        for name in where.split("."):
            match found:
                case str():
                    return None
                case Mapping():
                    found = found.get(name)
                case list() | tuple() if name.isdecimal() and int(name) < len(found):
                    found = found[int(name)]
                case _:
                    return None
        return found

    def number_of(self, where: str, *, fewest: int, most: int) -> int:
        """How many rounds to draw: as many as were posted or answered, as few as may be otherwise."""
        answered = self.at(where)
        there_are = len(answered) if isinstance(answered, list | tuple) else 0
        return min(max(self.counts.get(where, 0), there_are, fewest), most)

    def media(self, content: Content) -> tuple[Medium, ...]:
        """The pictures, sounds and films that a content or an item names."""
        return tuple(
            Medium(str(one["kind"]), str(one["url"]), self.say(one.get("description")), str(one.get("captions") or ""))
            for one in content.get("media") or ()
        )

    def words(self, text: object) -> tuple[Words, ...]:
        """These words as a part, if there are any."""
        said = self.say(text)
        return (Words(said),) if said else ()
