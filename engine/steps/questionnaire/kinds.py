"""The kinds of items there are, with the two that ask nothing themselves: words, and groups of items."""

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from engine.findings import did_you_mean
from engine.steps.questionnaire.attachments import AttachmentItem
from engine.steps.questionnaire.choosing import ChoiceItem, ChoicesItem, YesNoItem
from engine.steps.questionnaire.item import Item, repetition_problems
from engine.steps.questionnaire.numbers import NumberItem, QuantityItem, ScaleItem
from engine.steps.questionnaire.texts import LongTextItem, TextItem, UrlItem
from engine.steps.questionnaire.times import DateItem, DateTimeItem, TimeItem
from engine.steptype import Problem
from engine.words import Text

_TYPES = (
    *("text", "long_text", "url", "yes_no", "choice", "choices", "scale", "number", "quantity"),
    *("date", "time", "date_time", "attachment", "display", "group"),
)

MOST_ITEMS = 300
DEEPEST = 5


class DisplayItem(Item):
    """Words only, in Markdown."""

    type: Literal["display"]
    text: Text
    """What the client reads there."""

    def texts(self) -> dict[str, Text | None]:
        """The words."""
        return {"text": self.text} | super().texts()


class GroupItem(Item):
    """Items that belong together, at most five groups deep. Their answers stand beside the others.

    Where it repeats, the answer to the group is a list of answers to its items: `{"meds": [{"name": …}, {"name": …}]}`.
    """

    type: Literal["group"]
    text: Text | None = None
    """Its heading."""
    items: tuple["AnyItem", ...] = Field(min_length=1, max_length=MOST_ITEMS)
    """What is in it."""
    repeats: bool = False
    """Whether the answer is a list."""
    required: bool = True
    """Whether a group that repeats must be answered at all; its items say what each time needs."""
    fewest: int = Field(default=1, ge=1, le=100)
    """Of the list, the fewest."""
    most: int = Field(default=100, ge=1, le=100)
    """Of the list, the most."""

    def texts(self) -> dict[str, Text | None]:
        """The heading and everything in its items."""
        return {"text": self.text} | super().texts() | texts_of(self.items)

    def problems(self) -> Iterator[Problem]:
        """How often it repeats; its items are looked at by themselves."""
        yield from super().problems()
        yield from repetition_problems(repeats=self.repeats, fewest=self.fewest, most=self.most)


def _of_a_known_type(value: object) -> object:
    """What is written, if it has a type there is; raises ValueError with a suggestion."""
    if isinstance(value, dict) and (not isinstance(value.get("type"), str) or value["type"] not in _TYPES):
        advice = did_you_mean(str(value.get("type", "")), _TYPES)
        raise ValueError(f"{value['type']!r} is no item type; {advice}"[:400] if "type" in value else f"has no type; {advice}")
    return value


AnyItem = Annotated[
    TextItem
    | LongTextItem
    | UrlItem
    | YesNoItem
    | ChoiceItem
    | ChoicesItem
    | ScaleItem
    | NumberItem
    | QuantityItem
    | DateItem
    | TimeItem
    | DateTimeItem
    | AttachmentItem
    | DisplayItem
    | GroupItem,
    Field(discriminator="type"),
    BeforeValidator(_of_a_known_type),
]
"""An item, by its `type`."""

GroupItem.model_rebuild()


def texts_of(items: tuple[AnyItem, ...]) -> dict[str, Text | None]:
    """Everything in these items that people read, by its place."""
    return {f"items.{at}.{name}": text for at, item in enumerate(items) for name, text in item.texts().items()}


def within_bounds(value: object) -> object:
    """Items as they are written, if there are not too many and not too deep; raises ValueError before looking closer."""
    waiting, number = [(value, 1)], 0
    while waiting:
        items, depth = waiting.pop()
        if not isinstance(items, list | tuple):
            continue
        number += len(items)
        if number > MOST_ITEMS:
            raise ValueError(f"there are more than {MOST_ITEMS} items in all; split the questionnaire into several steps")
        if depth > DEEPEST:
            raise ValueError(f"items are nested more than {DEEPEST} deep; put some of them beside the others")
        waiting += [
            (item.get("items") if isinstance(item, dict) else getattr(item, "items", None), depth + 1) for item in items
        ]
    return value
