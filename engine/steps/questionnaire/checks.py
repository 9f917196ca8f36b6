"""What is wrong with the items of a questionnaire beyond their schema: ids, conditions, rules, and all of them together."""

from collections import ChainMap
from collections.abc import Iterator, MutableMapping, Sequence

from engine.findings import did_you_mean
from engine.steps.questionnaire.conditions import AnyOf, AskedIf
from engine.steps.questionnaire.item import Item, Question
from engine.steps.questionnaire.kinds import AnyItem, GroupItem
from engine.steps.questionnaire.sheet import LARGEST, MOST_ANSWERS, least_weight, most_answers
from engine.steptype import Problem


class ItemChecks:
    """Finds what is wrong with the items of one questionnaire."""

    def __init__(self) -> None:
        self._ids: set[str] = set()
        self._rules: set[str] = set()

    def all(self, items: Sequence[AnyItem]) -> Iterator[Problem]:
        """Everything, item by item."""
        yield from self._items(items, {}, "items")
        if most_answers(items) > MOST_ANSWERS:
            message = f"could take more than {MOST_ANSWERS:,} answers"
            yield Problem(where="items", message=message, suggestion="lower 'most' where groups repeat")
        if least_weight(items) > LARGEST:
            message = f"ask for more than the {LARGEST:,} characters a response may hold"
            yield Problem(where="items", message=message, suggestion="ask for fewer or shorter answers")

    def _items(self, items: Sequence[AnyItem], earlier: MutableMapping[str, Question], where: str) -> Iterator[Problem]:
        """Look at these; `earlier` are the questions whose answers they may depend on, and takes these in."""
        for at, item in enumerate(items):
            place = f"{where}.{at}"
            if item.id in self._ids:
                message = f"{item.id!r} is there twice"
                yield Problem(where=f"{place}.id", message=message, suggestion="give each item its own id")
            self._ids.add(item.id)
            for one in (*item.problems(), *_conditions(item, earlier)):
                yield one.model_copy(update={"where": f"{place}.{one.where}"})
            if isinstance(item, Question):
                yield from self._rule(item, place)
                earlier[item.id] = item
            elif isinstance(item, GroupItem):
                inside = ChainMap({}, earlier) if item.repeats else earlier
                yield from self._items(item.items, inside, f"{place}.items")

    def _rule(self, question: Question, place: str) -> Iterator[Problem]:
        if question.risk is None:
            return
        if question.risk.name in self._rules:
            message = f"the rule {question.risk.name!r} is there twice"
            yield Problem(where=f"{place}.risk.name", message=message, suggestion="give each rule its own name")
        self._rules.add(question.risk.name)


def _conditions(item: Item, earlier: MutableMapping[str, Question]) -> Iterator[Problem]:
    for at, one in enumerate(item.conditions):
        match item.asked_if:
            case AskedIf():
                where = "asked_if"
            case AnyOf():
                where = f"asked_if.any.{at}"
            case _:
                where = f"asked_if.{at}"
        if one.item not in earlier:
            message = f"asks for {one.item!r}, which is no earlier item"
            suggestion = did_you_mean(one.item, earlier) or "it is the first"
            yield Problem(where=f"{where}.item", message=message, suggestion=suggestion)
            continue
        for problem in one.problems(earlier[one.item]):
            yield problem.model_copy(update={"where": f"{where}.{problem.where}".rstrip(".")})
