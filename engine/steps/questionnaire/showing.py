"""A questionnaire as its reader sees it: Markdown without words of its own, so that it reads in every language."""

from collections.abc import Iterator, Sequence

from engine.steps.questionnaire.item import Item, Question
from engine.steps.questionnaire.kinds import AnyItem, DisplayItem, GroupItem
from engine.words import Reader


class Page:
    """Writes the items one under the other and numbers the questions."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._number = 0

    def blocks(self, items: Sequence[AnyItem]) -> Iterator[str]:
        """Each item, in order."""
        for item in items:
            match item:
                case DisplayItem():
                    yield "\n\n".join([self._reader.markdown(item.text), *self._media(item)])
                case GroupItem():
                    yield from self._heading(item)
                    yield from self.blocks(item.items)
                case Question():
                    yield self._question(item)

    def _heading(self, group: GroupItem) -> Iterator[str]:
        heading = " ".join(self._reader.markdown(group.text).split())
        if heading:
            yield f"**{heading}**"
        yield from self._media(group)

    def _question(self, question: Question) -> str:
        self._number += 1
        number = f"{self._number}. "
        lines = [self._reader.markdown(question.text), *self._media(question)]
        for sign, words in question.hints():
            lines.append("- " + " ".join(f"{sign} {self._reader.markdown(words)}".split()))
        return number + "\n".join(lines).replace("\n", "\n" + " " * len(number))

    def _media(self, item: Item) -> Iterator[str]:
        for medium in item.media:
            description = self._reader.markdown(medium.description).replace("]", "")
            yield f"{'!' if medium.kind == 'picture' else ''}[{description}]({medium.url})"
