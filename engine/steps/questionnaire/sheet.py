"""A questionnaire filled in: which items are asked, what is wrong with the answers, and what answers could look like."""

from collections import ChainMap
from collections.abc import Collection, Iterator, Mapping, Sequence

from pydantic import JsonValue

from engine.steps.questionnaire.item import Item, Question, by_id, number_problems
from engine.steps.questionnaire.kinds import AnyItem, GroupItem
from engine.steptype import Draw, Problem

LARGEST = 100_000
MOST_ANSWERS = 30_000
_MOST_PROBLEMS = 500
_OTHER_THAN_TEXT = 8
_CHOSEN = 100
_SHOWN = 64

Answers = dict[str, JsonValue]


def weight(value: object) -> int:
    """How many characters are in it, in all; stops counting when there are too many."""
    waiting, total = [value], 0
    while waiting and total <= LARGEST:
        match waiting.pop():
            case str() as text:
                total += len(text)
            case dict() as several:
                total += sum(len(str(name)) for name in several)
                waiting.extend(several.values())
            case list() | tuple() as several:
                total += len(several)
                waiting.extend(several)
            case _:
                total += _OTHER_THAN_TEXT
    return total


class Sheet:
    """A questionnaire, ready to be filled in."""

    def __init__(self, items: Sequence[AnyItem]) -> None:
        self.items = items
        self.questions = by_id(tuple(items))
        """Every question."""
        self.beside = {item.id: item for item in _beside(items) if isinstance(item, Question)}
        """Those outside of groups that repeat: what scores and outcomes may be drawn from."""

    def fill(self, given: Mapping[str, JsonValue]) -> tuple[Answers, tuple[Problem, ...]]:
        """The answers that are asked for and right, and everything that is wrong with the others."""
        if weight(given) > LARGEST:
            message = f"hold more than {LARGEST:,} characters in all"
            return {}, (Problem(where="answers", message=message, suggestion="shorten the longest"),)
        problems: list[Problem] = []
        return self._round(self.items, given, {}, "answers", problems), tuple(problems[:_MOST_PROBLEMS])

    def _round(
        self,
        items: Sequence[AnyItem],
        given: Mapping[str, JsonValue],
        around: Mapping[str, JsonValue],
        where: str,
        problems: list[Problem],
    ) -> Answers:
        """Fill in these items once, in view of the answers around them."""
        known = {item.id: item for item in _beside(items)}
        for name in given:
            if name not in known:
                message = "is no item of this step" if where == "answers" else "is no item of this group"
                problems.append(Problem(where=f"{where}.{name[:_SHOWN]}", message=message, suggestion="leave it out"))
            elif not _takes_answer(known[name]):
                problems.append(Problem(where=f"{where}.{name}", message="takes no answer", suggestion="leave it out"))
        answers: Answers = {}
        seen = ChainMap(answers, dict(around))
        hidden: set[str] = set()
        for item in _beside(items):
            place, answer = f"{where}.{item.id}", given.get(item.id)
            if item.id in hidden or not self.is_asked(item, seen):
                hidden.update(one.id for one in _inside(item))
                if not _is_blank(answer) and _takes_answer(item):
                    problems.append(Problem(where=place, message="is not asked, given the other answers"))
            elif not _takes_answer(item):
                continue
            elif _is_blank(answer):
                if isinstance(item, Question | GroupItem) and item.required:
                    problems.append(Problem(where=place, message="is required", suggestion="answer it"))
            else:
                found = len(problems)
                right = self._answer(item, answer, seen, place, problems)
                if len(problems) == found:
                    answers[item.id] = right
        return answers

    def _answer(
        self, item: Item, answer: JsonValue, seen: Mapping[str, JsonValue], where: str, problems: list[Problem]
    ) -> JsonValue:
        if isinstance(item, Question):
            problems.extend(item.find(answer, where))
            return answer
        if not isinstance(item, GroupItem) or not isinstance(answer, list):
            problems.append(Problem(where=where, message="must be a list of answers, each by item"))
            return None
        problems.extend(number_problems(len(answer), item.fewest, item.most, where))
        rounds: list[JsonValue] = []
        for at, one in enumerate(answer[: item.most]):
            if isinstance(one, dict):
                rounds.append(self._round(item.items, one, seen, f"{where}.{at}", problems))
            else:
                problems.append(Problem(where=f"{where}.{at}", message="must be answers, by item"))
        return rounds

    def is_asked(self, item: Item, seen: Mapping[str, JsonValue]) -> bool:
        """Whether an item is asked, given the answers before it."""
        so = (one.item in self.questions and one.holds(self.questions[one.item], seen.get(one.item)) for one in item.conditions)
        return any(so) if item.one_is_enough else all(so)

    def make_up(self, draw: Draw) -> Answers:
        """An answer to everything that is asked."""
        return self._made_up(self.items, {}, draw)

    def _made_up(self, items: Sequence[AnyItem], around: Mapping[str, JsonValue], draw: Draw) -> Answers:
        answers: Answers = {}
        seen = ChainMap(answers, dict(around))
        hidden: set[str] = set()
        for item in _beside(items):
            if item.id in hidden or not self.is_asked(item, seen):
                hidden.update(one.id for one in _inside(item))
            elif isinstance(item, Question):
                answers[item.id] = item.sample(draw)
            elif isinstance(item, GroupItem) and item.repeats:
                answers[item.id] = [self._made_up(item.items, seen, draw) for _ in range(item.fewest)]
        return answers


def every(answers: Mapping[str, JsonValue], questions: Mapping[str, Question]) -> Iterator[tuple[Question, JsonValue]]:
    """Every answer with its question, those inside of groups that repeat too."""
    for name, answer in answers.items():
        if name in questions:
            yield questions[name], answer
        elif isinstance(answer, list):
            for one in answer:
                yield from every(one if isinstance(one, dict) else {}, questions)


def rules_of(items: Sequence[AnyItem]) -> tuple[str, ...]:
    """The risk rules on these items."""
    return tuple(question.risk.name for question in Sheet(items).questions.values() if question.risk is not None)


def rules_met(sheet: Sheet, given: Mapping[str, JsonValue], in_force: Collection[str]) -> tuple[str, ...]:
    """The rules in force that these answers meet, each once."""
    answers, _ = sheet.fill(given)
    met = (
        question.risk.name
        for question, answer in every(answers, sheet.questions)
        if question.risk is not None and question.risk.name in in_force and question.risk.holds(question, answer)
    )
    return tuple(dict.fromkeys(met))


def least_weight(items: Sequence[AnyItem]) -> int:
    """What made-up answers to all of these weigh at most: a questionnaire that asks for more could not be answered."""
    total = 0
    for item in items:
        total += len(item.id)
        if isinstance(item, Question):
            total += weight(item.sample(lambda: 0.0)) + _CHOSEN
        elif isinstance(item, GroupItem):
            total += least_weight(item.items) * (item.fewest if item.repeats else 1)
    return total


def most_answers(items: Sequence[AnyItem]) -> int:
    """How many answers these items could take: what a judge may have to look at."""
    return sum(
        most_answers(item.items) * (item.most if item.repeats else 1) if isinstance(item, GroupItem) else 1 for item in items
    )


def _beside(items: Sequence[AnyItem]) -> Iterator[AnyItem]:
    """The items whose answers stand beside each other: groups that do not repeat are opened."""
    for item in items:
        yield item
        if isinstance(item, GroupItem) and not item.repeats:
            yield from _beside(item.items)


def _inside(item: AnyItem) -> Iterator[AnyItem]:
    return _beside(item.items) if isinstance(item, GroupItem) and not item.repeats else iter(())


def _takes_answer(item: Item) -> bool:
    return isinstance(item, Question) or (isinstance(item, GroupItem) and item.repeats)


def _is_blank(answer: object) -> bool:
    return answer is None or answer in ([], ()) or (isinstance(answer, str) and not answer.strip())
