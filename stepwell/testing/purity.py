"""Rule: asked twice, a type says the same, and it asks nobody else: no clock, chance, file, network or other process."""

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from functools import partial
from typing import Any, NamedTuple

from engine.steptype import Answered, InvalidResponse
from engine.words import Reader
from stepwell.testing.guard import Touched, untouchable
from stepwell.testing.subject import Example, Subject, drawing, kept

_READER = Reader(facts={"name": "Anna", "practitioner": "Dr. Grey"})
_OF_CONTENT = ("texts", "check", "outcomes", "completion", "task", "decides", "opens", "dates", "looks_at", "risks")


class _Raised(NamedTuple):
    error: str


def purity(subject: Subject) -> Iterator[str]:
    """Every method, on every content and a few responses."""
    for example in subject.examples:
        calls = list(_calls(subject, example))
        with untouchable(type(subject.type)) as touched:
            answers = [(name, _told(call), _told(call)) for name, call in calls]
        for name, first, second in answers:
            if isinstance(first, _Raised):
                yield f"{example.name}: {name}() {first.error}"
            elif first != second:
                yield f"{example.name}: {name}() says one thing, then another; let it depend on what it is given alone"
        if touched:
            asked = ", ".join(dict.fromkeys(touched))
            yield f"{example.name}: asks the world ({asked}); a type is told what it needs, and its own activity does the rest"


def _calls(subject: Subject, example: Example) -> Iterator[tuple[str, Callable[[], Any]]]:
    kind, content = subject.type, example.content
    for name in _OF_CONTENT:
        yield name, partial(getattr(kind, name), content)
    yield "check_beside", partial(kind.check_beside, content, {})
    yield "sample", lambda: kind.sample(content, drawing((0.1, 0.7, 0.3, 0.95)))
    yield "present", partial(kind.present, content, _READER)
    written = content.model_dump(mode="json", by_alias=True)
    yield "content_model", partial(kind.content_model.model_validate, written)
    responses = list(subject.samples(example))[-2:]
    for response in responses:
        yield "response_model", partial(kind.response_model.model_validate, kept(response))
        for name in ("judge", "alarms", "asks_more"):
            yield name, partial(getattr(kind, name), content, response)
    answered = [Answered(response, date(2026, 3, day)) for day, response in enumerate(responses, 1)]
    for name in ("picture", "report"):
        yield name, partial(getattr(kind, name), content, answered, _READER)


def _told(call: Callable[[], Any]) -> Any:
    try:
        told = call()
    except InvalidResponse as refused:
        return refused.problems
    except Touched as touched:
        return _Raised(f"asks for {touched}")
    except Exception as error:  # whatever a type does wrong is to be said of the method
        return _Raised(f"raises {type(error).__name__}: {' '.join(str(error).split())[:200]}")
    return list(told.items()) if isinstance(told, Mapping) else told
