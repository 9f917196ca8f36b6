"""How content the client is with the areas of their life, each from 1 to 10, drawn as a wheel."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated

from pydantic import Field, StrictInt, StringConstraints

from engine.steps import phrases
from engine.steps.wait import FactName
from engine.steps.wheel import Spoke, change, wheel
from engine.steptype import (
    Answered,
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
from engine.words import Label, Reader, Text, escaped, first_line

_OWN = ("mean", "lowest")
_LEAST, _MOST = 1, 10

Ratings = dict[Annotated[str, StringConstraints(max_length=63)], StrictInt]


class Domain(Content):
    """One area of life, such as work or friends."""

    id: FactName
    """Its name in outcomes and conditions; not `mean` or `lowest`."""
    label: Label
    """What the client calls it, at most 80 characters."""
    description: Text | None = None
    """What belongs to it."""


class RatingWheelContent(Content):
    """The areas of life to be rated, and what is asked of them."""

    prompt: Text
    """What to rate them for, in Markdown."""
    domains: tuple[Domain, ...] = Field(min_length=2, max_length=12)
    """Two to twelve areas, in the order of the wheel from its top clockwise."""
    wishes: bool = False
    """Whether the client may also say where they want to be."""


class RatingWheelResponse(Response):
    """A rating for every area, from 1 to 10."""

    ratings: Ratings = Field(max_length=50)
    """By the id of the domain; every domain has one."""
    wishes: Ratings = Field(default_factory=dict, max_length=50)
    """Where they want to be, by the id of the domain; only where the content asks for `wishes`, and none is needed."""


class RatingWheelStep(StepType[RatingWheelContent, RatingWheelResponse]):
    """Rate two to twelve areas of life; where it comes again, the wheel shows what has changed.

    Outcomes: each domain's rating by its id, their `mean`, and `lowest`: the first domain with the lowest rating.
    """

    name = "rating_wheel"
    content_model = RatingWheelContent
    response_model = RatingWheelResponse

    def texts(self, content: RatingWheelContent) -> Mapping[str, Text | None]:
        """The prompt, and each domain's label and description."""
        labels = {f"domains.{at}.label": domain.label for at, domain in enumerate(content.domains)}
        descriptions = {f"domains.{at}.description": domain.description for at, domain in enumerate(content.domains)}
        return {"prompt": content.prompt, **labels, **descriptions}

    def check(self, content: RatingWheelContent) -> tuple[Problem, ...]:
        """Each domain has an id of its own."""
        return tuple(_domain_problems(content.domains))

    def outcomes(self, content: RatingWheelContent) -> Mapping[str, VariableType]:
        """The ratings, their mean, and the lowest."""
        ratings: dict[str, VariableType] = {domain.id: "int" for domain in content.domains}
        return ratings | {"mean": "double", "lowest": "string"}

    def judge(self, content: RatingWheelContent, response: RatingWheelResponse) -> Outcome:
        """Accept a rating from 1 to 10 for every domain, and wishes where they are asked for."""
        problems = tuple(_problems(content, response))
        if problems:
            raise InvalidResponse(problems)
        ratings = {domain.id: response.ratings[domain.id] for domain in content.domains}
        return {**ratings, "mean": sum(ratings.values()) / len(ratings), "lowest": min(ratings, key=ratings.__getitem__)}

    def sample(self, content: RatingWheelContent, draw: Draw) -> RatingWheelResponse:
        """Ratings drawn evenly."""
        return RatingWheelResponse(ratings={domain.id: _LEAST + int(draw() * _MOST) for domain in content.domains})

    def present(self, content: RatingWheelContent, reader: Reader) -> Presentation:
        """The prompt and the domains."""
        lines = [f"- {_described(domain, reader)}" for domain in content.domains]
        scale = reader.plain(phrases.EACH_RATED)
        return Presentation(
            body="\n".join([reader.markdown(content.prompt), "", *lines, "", scale]),
            preview=first_line(reader.plain(content.prompt)),
            forecast=reader.plain(phrases.WHEEL_TO_COME).format(count=len(content.domains)),
        )

    def picture(
        self, content: RatingWheelContent, responses: Sequence[Answered[RatingWheelResponse]], reader: Reader
    ) -> str | None:
        """The latest ratings as a wheel, those before as a dashed outline, wishes as diamonds; all of it in words too."""
        return wheel(_spokes(content, responses, reader), reader) if responses else None

    def report(self, content: RatingWheelContent, responses: Sequence[Answered[RatingWheelResponse]], reader: Reader) -> str:
        """A table of the latest ratings, those before, what has changed, and the wishes."""
        if not responses:
            return ""
        heads = [phrases.AREA, phrases.BEFORE, phrases.NOW, phrases.CHANGE, *([phrases.WISH] if content.wishes else [])]
        rows = [[reader.plain(head) for head in heads], ["---", *["---:"] * (len(heads) - 1)]]
        for spoke in _spokes(content, responses, reader):
            values = [_or_dash(spoke.before), _or_dash(spoke.now), change(spoke) or "–"]
            rows.append([escaped(spoke.label), *values, *([_or_dash(spoke.wish)] if content.wishes else [])])
        return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _described(domain: Domain, reader: Reader) -> str:
    label = f"**{escaped(reader.plain(domain.label))}**"
    description = " ".join(reader.markdown(domain.description).split())
    return f"{label}: {description}" if description else label


def _spokes(
    content: RatingWheelContent, responses: Sequence[Answered[RatingWheelResponse]], reader: Reader
) -> tuple[Spoke, ...]:
    latest = responses[-1].response
    before = responses[-2].response.ratings if len(responses) > 1 else {}
    return tuple(
        Spoke(
            label=" ".join(reader.plain(domain.label).split()),
            now=latest.ratings.get(domain.id),
            before=before.get(domain.id),
            wish=latest.wishes.get(domain.id),
        )
        for domain in content.domains
    )


def _or_dash(value: int | None) -> str:
    return "–" if value is None else str(value)


def _domain_problems(domains: Sequence[Domain]) -> Iterator[Problem]:
    known: set[str] = set()
    for at, domain in enumerate(domains):
        where = f"domains.{at}.id"
        if domain.id in known:
            yield Problem(where=where, message=f"{domain.id!r} is there twice", suggestion="give each domain its own id")
        if domain.id in _OWN:
            yield Problem(where=where, message=f"{domain.id!r} is taken by an outcome", suggestion="rename the domain")
        known.add(domain.id)


def _problems(content: RatingWheelContent, response: RatingWheelResponse) -> Iterator[Problem]:
    domains = {domain.id for domain in content.domains}
    for domain in content.domains:
        if domain.id not in response.ratings:
            yield Problem(where=f"ratings.{domain.id}", message="is required", suggestion="rate it from 1 to 10")
    if response.wishes and not content.wishes:
        yield Problem(where="wishes", message="are not asked", suggestion="leave them out")
    for field, ratings in (("ratings", response.ratings), ("wishes", response.wishes)):
        for name, rating in ratings.items():
            if name not in domains:
                yield Problem(where=f"{field}.{name}", message="is no domain of this wheel", suggestion="leave it out")
            elif rating < _LEAST:
                yield Problem(where=f"{field}.{name}", message=f"must be at least {_LEAST}")
            elif rating > _MOST:
                yield Problem(where=f"{field}.{name}", message=f"must be at most {_MOST}")
