"""What became of everything that an import could not carry over as it was: nothing is dropped silently."""

from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

from engine.base import Frozen
from engine.words import seen
from stepwell.errors import StepwellError

What = Literal["changed", "left_out", "decide"]


class Unusable(StepwellError):
    """The documents are no FHIR that could be imported; the text says what is wrong and what to do."""


class Note(Frozen):
    """One element that did not come over as it was."""

    document: str
    """Which document it is in: `Questionnaire/phq9`."""
    where: str
    """Its path there: `item[3].item[0].extension[2]`; empty for the document itself."""
    what: What
    """`changed`: it came over as something else. `left_out`: it did not. `decide`: a person has to look at it."""
    why: str


class Several(NamedTuple):
    """Notes that say the same of several places."""

    first: Note
    number: int


class Report:
    """Takes notes while a document is read."""

    def __init__(self) -> None:
        self.notes: list[Note] = []

    def add(self, document: str, where: str, what: What, why: str) -> None:
        """Note what became of one element."""
        self.notes.append(Note(document=_line(document), where=_line(where), what=what, why=_line(why)))


def together(notes: Sequence[Note]) -> Iterator[Several]:
    """The notes, those that say the same of the same document as one, with what a person has to decide first."""
    found: dict[tuple[str, str, str], list[Note]] = {}
    for note in sorted(notes, key=lambda one: one.what != "decide"):
        found.setdefault((note.document, note.what, note.why), []).append(note)
    for same in found.values():
        yield Several(same[0], len(same))


def _line(text: str) -> str:
    return " ".join(seen(text).split())[:500]
