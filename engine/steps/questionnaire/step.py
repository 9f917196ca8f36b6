"""The step type: what an author writes, what comes back, and what the journey learns of it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated

from pydantic import BeforeValidator, Field, JsonValue

from engine.findings import did_you_mean
from engine.instruments import scoring, scorings
from engine.steps import phrases
from engine.steps.questionnaire.checks import ItemChecks
from engine.steps.questionnaire.conditions import ItemId
from engine.steps.questionnaire.kinds import AnyItem, texts_of, within_bounds
from engine.steps.questionnaire.risks import RiskOff
from engine.steps.questionnaire.scores import Score
from engine.steps.questionnaire.sheet import Sheet, rules_met, rules_of
from engine.steps.questionnaire.showing import Page
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


def _read_score(written: object) -> object:
    """The scoring of an instrument, where its name is written; what is published then holds the scoring itself."""
    if not isinstance(written, str):
        return written
    known = scoring(written)
    if known is None:
        raise ValueError(f"no scoring is called {written[:60]!r}; {did_you_mean(written, scorings())}")
    return known


AnyScore = Annotated[Score, BeforeValidator(_read_score, json_schema_input_type=str | Score)]
"""A score, or the name of an instrument's, such as `who5`."""


class QuestionnaireContent(Content):
    """The items, in order, and optionally scores, the answers the journey may know of, and rules that are off."""

    intro: Text | None = None
    """Words before the first item, in Markdown."""
    items: Annotated[tuple[AnyItem, ...], BeforeValidator(within_bounds)] = Field(min_length=1)
    """The items, at most 300 with those inside of groups."""
    score: AnyScore | None = None
    """The score; outcomes `score` and, where it has bands, `band`."""
    scores: dict[ItemId, AnyScore] = Field(default_factory=dict, max_length=50)
    """More scores by name; outcomes `NAME` and, where it has bands, `NAME_band`."""
    outcomes: tuple[str, ...] = ()
    """Items whose answers conditions may use. Free text, addresses and files never are among them."""
    risks_off: tuple[RiskOff, ...] = Field(default=(), max_length=300)
    """Risk rules that a named practitioner has switched off here."""


class QuestionnaireResponse(Response):
    """The answers, by item."""

    answers: dict[str, JsonValue] = Field(default_factory=dict, max_length=300)
    """What each item asked for; together at most 100,000 characters."""


class QuestionnaireStep(StepType[QuestionnaireContent, QuestionnaireResponse]):
    """Questions the client answers. Outcomes: every score and its band, and the items named in `outcomes`."""

    name = "questionnaire"
    content_model = QuestionnaireContent
    response_model = QuestionnaireResponse

    def texts(self, content: QuestionnaireContent) -> Mapping[str, Text | None]:
        """The introduction, and everything in the items."""
        return {"intro": content.intro, **texts_of(content.items)}

    def check(self, content: QuestionnaireContent) -> tuple[Problem, ...]:
        """Ids, options, limits, conditions, scores, rules and outcomes, all at once."""
        return (*ItemChecks().all(content.items), *_wrong_scores(content), *_wrong_names(content))

    def outcomes(self, content: QuestionnaireContent) -> Mapping[str, VariableType]:
        """The scores, their bands, and the named items."""
        questions = Sheet(content.items).beside
        facts: dict[str, VariableType] = {}
        for name, (score, band) in _scores(content).items():
            facts[name] = "int" if score.is_whole(questions) else "double"
            if score.bands:
                facts[band] = "string"
        kinds = {name: questions[name].fact_type() for name in content.outcomes if name in questions}
        return facts | {name: kind for name, kind in kinds.items() if kind is not None}

    def risks(self, content: QuestionnaireContent) -> Sequence[str]:
        """The rules on the items, without those that are switched off."""
        off = {one.rule for one in content.risks_off}
        return tuple(name for name in rules_of(content.items) if name not in off)

    def judge(self, content: QuestionnaireContent, response: QuestionnaireResponse) -> Outcome:
        """Check every answer against its item and draw the declared facts."""
        sheet = Sheet(content.items)
        answers, problems = sheet.fill(response.answers)
        if problems:
            raise InvalidResponse(problems)
        facts: Outcome = {}
        for name, (score, band) in _scores(content).items():
            value = score.of(sheet.beside, answers)
            called = None if value is None else score.band_of(value)
            facts |= {} if value is None else {name: value}
            facts |= {} if called is None else {band: called}
        for name in content.outcomes:
            question = sheet.beside.get(name)
            fact = question.fact_of(answers[name]) if question is not None and name in answers else None
            facts |= {} if fact is None else {name: fact}
        return facts

    def alarms(self, content: QuestionnaireContent, response: QuestionnaireResponse) -> tuple[str, ...]:
        """The rules in force that the answers meet, each once."""
        return rules_met(Sheet(content.items), response.answers, set(self.risks(content)))

    def sample(self, content: QuestionnaireContent, draw: Draw) -> QuestionnaireResponse:
        """An answer to everything that is asked, drawn evenly."""
        return QuestionnaireResponse(answers=Sheet(content.items).make_up(draw))

    def present(self, content: QuestionnaireContent, reader: Reader) -> Presentation:
        """The introduction, then the items: questions numbered, with what there is to choose from."""
        intro = reader.markdown(content.intro)
        body = "\n\n".join([*([intro] if intro else []), *Page(reader).blocks(content.items)])
        first = (reader.plain(text) for text in self.texts(content).values())
        lines = (line.strip("#* ") for words in first for line in words.splitlines())
        return Presentation(
            body=body,
            preview=next((line for line in lines if line), "")[:120],
            forecast=reader.plain(phrases.QUESTIONS_TO_COME),
        )


def _scores(content: QuestionnaireContent) -> dict[str, tuple[Score, str]]:
    """Every score by the name of its outcome, with the name of its band's."""
    named = {name: (score, f"{name}_band") for name, score in content.scores.items()}
    return ({"score": (content.score, "band")} if content.score is not None else {}) | named


def _wrong_scores(content: QuestionnaireContent) -> Iterator[Problem]:
    questions = Sheet(content.items).beside
    places = {f"scores.{name}": score for name, score in content.scores.items()}
    for where, score in ({"score": content.score} | places).items():
        for one in score.problems(questions) if score is not None else ():
            yield one.model_copy(update={"where": f"{where}.{one.where}"})


def _wrong_names(content: QuestionnaireContent) -> Iterator[Problem]:
    """Outcomes and rules that there are not, or twice."""
    sheet = Sheet(content.items)
    taken = {"score", "band"}
    for name, score in content.scores.items():
        for outcome in (name, f"{name}_band") if score.bands else (name,):
            if outcome in taken:
                message = f"the outcome {outcome!r} is there twice"
                yield Problem(where=f"scores.{name}", message=message, suggestion="rename the score")
            taken.add(outcome)
    for at, name in enumerate(content.outcomes):
        where = f"outcomes.{at}"
        if name not in sheet.questions:
            suggestion = did_you_mean(name, sheet.beside)
            yield Problem(where=where, message=f"{name!r} is no item", suggestion=suggestion)
        elif name not in sheet.beside:
            message = f"{name!r} is in a group that repeats, and no single fact"
            yield Problem(where=where, message=message, suggestion="leave it out")
        elif sheet.beside[name].fact_type() is None:
            message = f"{name!r} is a {_kind(sheet, name)}, which no journey knows"
            yield Problem(where=where, message=message, suggestion="leave it out")
        elif name in taken:
            yield Problem(where=where, message=f"{name!r} is taken by a score", suggestion="rename the item")
    rules = rules_of(content.items)
    for at, off in enumerate(content.risks_off):
        if off.rule not in rules:
            message = f"{off.rule!r} is no rule of this questionnaire"
            yield Problem(where=f"risks_off.{at}.rule", message=message, suggestion=did_you_mean(off.rule, rules))


def _kind(sheet: Sheet, name: str) -> str:
    question = sheet.beside[name]
    return f"{question.type} that repeats" if question.has_several else question.type
