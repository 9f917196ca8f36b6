"""The step type under test, with the contents and responses that it is tried on."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import cycle
from typing import Any, NamedTuple

from engine.steptype import AnyStepType, Content, Draw, InvalidResponse, Outcome, Response
from engine.words import Text
from stepwell.judging import read_response

Written = Mapping[str, Any]
"""A content or a case, as an author writes it."""

MOST_DRAWS = 10_000
_DRAWN = ((0.0,), (0.5,), (0.9999999999999999,), (0.1, 0.7, 0.3, 0.95))


class Endless(AssertionError):
    """A sample is never done drawing."""


class Example(NamedTuple):
    """A content, by the name of its case."""

    name: str
    content: Content
    payloads: tuple[Written, ...] = ()
    """Responses that its case says are accepted."""


class Subject(NamedTuple):
    """A step type, the contents it is tried on, and its cases."""

    type: AnyStepType
    examples: tuple[Example, ...]
    cases: tuple[Written, ...] = ()

    def samples(self, example: Example) -> Iterator[Response]:
        """Responses that are taken: those of the case, and what the type makes up. Where it fails, other rules say so."""
        for payload in example.payloads:
            with suppress(InvalidResponse):
                yield read_response(self.type, dict(payload))
        for numbers in _DRAWN:
            sample = self.sample(example, numbers)
            if sample is not None and self.judged(example, sample) is not None:
                yield sample

    def sample(self, example: Example, numbers: Sequence[float]) -> Response | None:
        """What the type makes up; None where it fails."""
        try:
            sample: Response = self.type.sample(example.content, drawing(numbers))
        except Exception:  # whatever it does wrong, the rule about samples says it
            return None
        return sample

    def judged(self, example: Example, response: Response) -> Outcome | None:
        """The outcome; None where the response is refused, or judging fails."""
        try:
            return self.type.judge(example.content, response)
        except Exception:  # other than InvalidResponse: the rule about refusals says it
            return None

    def takes_responses(self, example: Example) -> bool:
        """Whether anybody's response completes it; else something else must."""
        sample = self.sample(example, (0.5,))
        return self.type.actor != "host" or sample is None or self.judged(example, sample) is not None


def drawing(numbers: Sequence[float]) -> Draw:
    """A source of these numbers, again and again; raises Endless."""
    source, left = cycle(numbers), iter(range(MOST_DRAWS))

    def draw() -> float:
        if next(left, None) is None:
            raise Endless(f"sample() draws more than {MOST_DRAWS} numbers")
        return next(source)

    return draw


def kept(response: Response) -> dict[str, Any]:
    """The response as a store keeps it."""
    return response.model_dump(mode="json")


def languages_of(texts: Mapping[str, Text | None]) -> tuple[str, ...]:
    """The languages that these texts are in, the first one first; English where they name none."""
    used = (language for text in texts.values() if isinstance(text, dict) for language in text)
    return tuple(dict.fromkeys(used)) or ("en",)


Rule = Callable[[Subject], Iterator[str]]
"""Yields in words what is wrong, and what to do."""
