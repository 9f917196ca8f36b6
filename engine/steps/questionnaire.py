"""Questions the client answers: typed items, branching inside, a score declared as data."""

from collections.abc import Iterator, Mapping

from pydantic import Field

from engine.steps.items import Answers, Item, Score, is_shown, judge_answer, sample_answer
from engine.steptype import (
    Content,
    Draw,
    InvalidResponse,
    Outcome,
    Presentation,
    Problem,
    Response,
    StepType,
)
from engine.structure import VariableType
from engine.words import Reader, Text

_FACTS: dict[str, VariableType] = {
    "yes_no": "bool",
    "choice": "string",
    "choices": "list",
    "scale": "int",
    "number": "double",
    "date": "string",
}


class QuestionnaireContent(Content):
    """The items, in order, and optionally a score and the answers the journey may know of."""

    intro: Text | None = None
    items: tuple[Item, ...] = Field(min_length=1, max_length=300)
    score: Score | None = None
    outcomes: tuple[str, ...] = ()
    """Items whose answers conditions may use. Free text never is one of them."""


class QuestionnaireResponse(Response):
    """The answers, by item."""

    answers: Answers = Field(default_factory=dict, max_length=300)


class QuestionnaireStep(StepType[QuestionnaireContent, QuestionnaireResponse]):
    """Outcomes: `score` and `band` where a score is declared, and the items named in `outcomes`."""

    name = "questionnaire"
    content_model = QuestionnaireContent
    response_model = QuestionnaireResponse

    def outcomes(self, content: QuestionnaireContent) -> Mapping[str, VariableType]:
        """The score, its band, and the named items."""
        facts: dict[str, VariableType] = {}
        if content.score is not None:
            facts["score"] = "int" if content.score.is_whole else "double"
            if content.score.bands:
                facts["band"] = "string"
        kinds = {item.id: item.type for item in content.items}
        facts.update({name: _FACTS[kinds[name]] for name in content.outcomes if kinds.get(name) in _FACTS})
        return facts

    def texts(self, content: QuestionnaireContent) -> Mapping[str, Text | None]:
        """The introduction, and everything in the items."""
        items = {f"items.{at}.{name}": text for at, item in enumerate(content.items) for name, text in item.texts().items()}
        return {"intro": content.intro, **items}

    def check(self, content: QuestionnaireContent) -> tuple[Problem, ...]:
        """Ids, options, limits, branching and score, all at once."""
        return tuple(_problems(content))

    def judge(self, content: QuestionnaireContent, response: QuestionnaireResponse) -> Outcome:
        """Check every answer against its item and draw the declared facts."""
        problems = [
            Problem(where=f"answers.{name}", message="is no item of this questionnaire", suggestion="leave it out")
            for name in response.answers
            if all(item.id != name for item in content.items)
        ]
        shown: dict[str, object] = {}
        for item in content.items:
            answer = response.answers.get(item.id)
            if not is_shown(item, shown):
                if answer is not None:
                    problems.append(Problem(where=f"answers.{item.id}", message="is not asked, given the other answers"))
                continue
            problem = judge_answer(item, answer)
            if problem is not None:
                problems.append(problem)
            elif answer is not None:
                shown[item.id] = answer
        if problems:
            raise InvalidResponse(tuple(problems))
        return _facts(content, shown)

    def sample(self, content: QuestionnaireContent, draw: Draw) -> QuestionnaireResponse:
        """An answer to everything that is asked, drawn evenly."""
        answers: Answers = {}
        for item in content.items:
            if is_shown(item, answers):
                answers[item.id] = sample_answer(item, draw)
        return QuestionnaireResponse(answers=answers)

    def present(self, content: QuestionnaireContent, reader: Reader) -> Presentation:
        """The introduction and the questions, one under the other."""
        intro = reader.markdown(content.intro)
        questions = [reader.markdown(item.text) for item in content.items]
        body = "\n".join([*([intro, ""] if intro else []), *(f"{at}. {text}" for at, text in enumerate(questions, 1))])
        return Presentation(body=body, preview=reader.plain(content.intro or content.items[0].text).splitlines()[0][:120])


def _facts(content: QuestionnaireContent, answers: Mapping[str, object]) -> Outcome:
    facts: Outcome = {}
    if content.score is not None:
        items = {item.id: item for item in content.items}
        score = content.score.of(items, answers)
        if score is not None:
            facts["score"] = score
            band = content.score.band_of(score)
            if band is not None:
                facts["band"] = band
    kinds = {item.id: item.type for item in content.items}
    for name in content.outcomes:
        answer = answers.get(name)
        if isinstance(answer, list | tuple):
            facts[name] = tuple(str(one) for one in answer)
        elif isinstance(answer, bool | int | float | str):
            facts[name] = float(answer) if kinds[name] == "number" else answer
    return facts


def _problems(content: QuestionnaireContent) -> Iterator[Problem]:
    earlier: dict[str, Item] = {}
    for at, item in enumerate(content.items):
        where = f"items.{at}"
        if item.id in earlier:
            yield Problem(where=f"{where}.id", message=f"{item.id!r} is there twice", suggestion="give each item its own id")
        for one in item.problems(earlier):
            yield one.model_copy(update={"where": f"{where}.{one.where}"})
        earlier[item.id] = item
    for name in content.outcomes:
        if name not in earlier:
            yield Problem(where="outcomes", message=f"{name!r} is no item", suggestion=f"one of {', '.join(earlier)}")
        elif earlier[name].type not in _FACTS:
            yield Problem(where="outcomes", message=f"{name!r} is text, which no journey knows", suggestion="leave it out")
        elif name in ("score", "band"):
            yield Problem(where="outcomes", message=f"{name!r} is taken by the score", suggestion="rename the item")
    if content.score is not None:
        for one in content.score.problems(earlier):
            yield one.model_copy(update={"where": f"score.{one.where}"})
