"""The conformance kit finds every kind of mistake: one broken step type for each, beside one that nothing is wrong with."""

import os
import random
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from itertools import count
from pathlib import Path
from typing import Annotated, Any

import pytest
from pydantic import BaseModel, ConfigDict, Field, StrictInt, StringConstraints
from temporalio import activity

from stepwell.step_types import (
    Answered,
    Completion,
    Content,
    Draw,
    InvalidResponse,
    Offset,
    Outcome,
    Presentation,
    Problem,
    Reader,
    Response,
    StepType,
    Task,
    Text,
    VariableType,
    escaped,
    first_line,
)
from stepwell.testing import RULES, NotConforming, check_step_type, read_cases


class Option(Content):
    """One thing to thank for."""

    label: Text


class ThanksContent(Content):
    """What somebody may be thankful for."""

    prompt: Text
    options: tuple[Option, ...] = Field(default=(), max_length=5)
    most: int = Field(default=3, ge=1, le=9)


class ThanksResponse(Response):
    """What they are thankful for."""

    number: StrictInt = 1
    words: str = Field(default="sun", max_length=2000)


class ThanksStep(StepType[ThanksContent, ThanksResponse]):
    """Write down what was good today."""

    name = "thanks"
    content_model = ThanksContent
    response_model = ThanksResponse

    def texts(self, content: ThanksContent) -> Mapping[str, Text | None]:
        labels = {f"options.{at}.label": one.label for at, one in enumerate(content.options)}
        return {"prompt": content.prompt, **labels}

    def outcomes(self, content: ThanksContent) -> Mapping[str, VariableType]:
        return {"number": "int"}

    def judge(self, content: ThanksContent, response: ThanksResponse) -> Outcome:
        if not 1 <= response.number <= content.most:
            raise InvalidResponse((Problem(where="number", message=f"must be 1 to {content.most}"),))
        return {"number": response.number}

    def sample(self, content: ThanksContent, draw: Draw) -> ThanksResponse:
        return ThanksResponse(number=1 + int(draw() * content.most))

    def present(self, content: ThanksContent, reader: Reader) -> Presentation:
        lines = [reader.markdown(content.prompt), *(f"- {reader.markdown(one.label)}" for one in content.options)]
        return Presentation(body="\n".join(lines), preview=first_line(reader.plain(content.prompt)))

    def picture(self, content: ThanksContent, responses: Sequence[Answered[ThanksResponse]], reader: Reader) -> str | None:
        said = "".join(f"<text>{_xml(one.response.words)}</text>" for one in responses)
        return f'<svg xmlns="http://www.w3.org/2000/svg"><title>Thanks</title><desc>Words</desc>{said}</svg>'

    def report(self, content: ThanksContent, responses: Sequence[Answered[ThanksResponse]], reader: Reader) -> str:
        return "\n\n".join(escaped(one.response.words) for one in responses)


def _xml(words: str) -> str:
    return "".join(f"&#{ord(one)};" for one in words if one.isprintable())


CONTENT = {
    "prompt": {"en": "What was good?", "de": "Was war gut?"},
    "options": [{"label": {"en": "Sun", "de": "Sonne"}}],
    "most": 2,
}


def test_nothing_is_wrong_with_what_is_right() -> None:
    """The type that all broken ones are made of; as a class and as what is made of it."""
    check_step_type(ThanksStep, contents=[CONTENT])
    check_step_type(
        ThanksStep(), cases=[{"name": "one", "content": CONTENT, "accepted": [{"response": {}, "outcome": {"number": 1}}]}]
    )


def _broken(**changes: Any) -> type[ThanksStep]:
    return type("Broken", (ThanksStep,), {"__doc__": "Broken.", **changes})


class _Loose(BaseModel):
    prompt: Text = "x"


class _Inner(BaseModel):
    label: Text


class _LooseInside(Content):
    prompt: Text
    options: tuple[_Inner, ...] = ()
    most: int = 3


class _Forgetful(Content):
    prompt: Text
    options: tuple[Option, ...] = ()
    most: int = Field(default=3, exclude=True)


class _Anything(Response):
    model_config = ConfigDict(extra="ignore")
    number: StrictInt = 1
    words: str = "sun"


_numbers = count()


def _from_clock(self: Any, content: Any, response: Any) -> Outcome:
    return {"number": datetime.now().second}


def _from_time(self: Any, content: Any, response: Any) -> Outcome:
    try:
        return {"number": int(time.time())}
    except Exception:
        return {"number": 1}


def _present_random(self: Any, content: Any, reader: Reader) -> Presentation:
    return Presentation(body=str(random.random()), preview="x")


def _present_counted(self: Any, content: Any, reader: Reader) -> Presentation:
    return Presentation(body=str(next(_numbers)), preview="x")


def _check_file(self: Any, content: Any) -> tuple[Problem, ...]:
    return (Problem(where="", message="x"),) if Path("/nowhere").exists() and open("/nowhere") else ()


def _check_opens_file(self: Any, content: Any) -> tuple[Problem, ...]:
    try:
        open("/nowhere").close()
    except OSError:
        return ()
    return ()


def _check_environment(self: Any, content: Any) -> tuple[Problem, ...]:
    return (Problem(where="", message="x"),) if "SURELY_NOT" in os.environ else ()


def _texts_network(self: ThanksStep, content: ThanksContent) -> Mapping[str, Text | None]:
    socket.socket().close()
    return ThanksStep.texts(self, content)


def _judge(outcome: Callable[[ThanksResponse], Outcome]) -> Callable[..., Outcome]:
    return lambda self, content, response: {**ThanksStep.judge(self, content, response), **outcome(response)}


def _refuse(*problems: Problem) -> Callable[..., Outcome]:
    def judge(self: Any, content: ThanksContent, response: ThanksResponse) -> Outcome:
        if response.number != 1:
            raise InvalidResponse(problems)
        return {"number": 1}

    return judge


def _refuse_all(self: Any, content: Any, response: Any) -> Outcome:
    raise InvalidResponse((Problem(where="number", message="no"),))


def _crash(self: Any, content: ThanksContent, response: ThanksResponse) -> Outcome:
    assert response.number < 100
    return {"number": 1}


def _endless(self: Any, content: Any, draw: Draw) -> ThanksResponse:
    while draw() < 0.9:
        pass
    return ThanksResponse()


def _show(**facts: Any) -> Callable[..., Presentation]:
    def present(self: ThanksStep, content: ThanksContent, reader: Reader) -> Presentation:
        return ThanksStep.present(self, content, reader).model_copy(update=facts)

    return present


def _show_raw(self: Any, content: ThanksContent, reader: Reader) -> Presentation:
    words = content.prompt if isinstance(content.prompt, str) else content.prompt["en"]
    return Presentation(body=words, preview="x")


def _show_plain(self: Any, content: ThanksContent, reader: Reader) -> Presentation:
    return Presentation(body=reader.plain(content.prompt), preview="x")


def _show_label(self: Any, content: ThanksContent, reader: Reader) -> Presentation:
    return Presentation(body="x", preview=reader.plain(content.prompt))


def _show_first_word(self: Any, content: ThanksContent, reader: Reader) -> Presentation:
    return Presentation(body=reader.plain(content.prompt).split()[0], preview="x")


def _draw(svg: str) -> Callable[..., str]:
    head = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink">'
    return lambda self, content, responses, reader: f"{head}<title>t</title><desc>d</desc>{svg}</svg>"


def _draw_words(self: Any, content: Any, responses: Sequence[Answered[ThanksResponse]], reader: Reader) -> str:
    return ThanksStep().picture(content, (), reader).replace("Words", "".join(one.response.words for one in responses) or "W")  # type: ignore[union-attr]


def _report_raw(self: Any, content: Any, responses: Sequence[Answered[ThanksResponse]], reader: Reader) -> str:
    return "\n".join(one.response.words for one in responses)


@activity.defn(name="prepare")
async def _prepare() -> None:
    """Do nothing."""


async def _no_activity() -> None:
    """Do nothing."""


def _always(value: Any) -> Callable[..., Any]:
    return lambda self, *_: value


BROKEN: dict[str, tuple[str, dict[str, Any], str]] = {
    "a name with a capital": ("names", {"name": "Thanks"}, "small letter"),
    "a built-in's name": ("names", {"name": "message"}, "choose another"),
    "an unknown actor": ("names", {"actor": "robot"}, "client, practitioner or host"),
    "no docstring": ("names", {"__doc__": None}, "docstring"),
    "a loose model": ("models", {"content_model": _Loose}, "must be a Content"),
    "a loose model inside": ("models", {"content_model": _LooseInside}, "_Inner takes unknown fields"),
    "a field that is not kept": ("kept as they are", {"content_model": _Forgetful}, "as another"),
    "a text without its name": ("texts", {"texts": lambda self, content: {"prompt": content.prompt}}, "options.0.label"),
    "a text by a wrong name": (
        "texts",
        {"texts": lambda self, content: {"prompt": content.prompt, "options": content.options[0].label}},
        "texts() names 'options'",
    ),
    "the clock": ("purity", {"judge": _from_clock}, "datetime.now"),
    "the clock, quietly": ("purity", {"judge": _from_time}, "time.time"),
    "chance": ("purity", {"present": _present_random}, "random.random"),
    "a memory": ("purity", {"present": _present_counted}, "says one thing, then another"),
    "a file": ("purity", {"check": _check_opens_file}, "builtins.open"),
    "a look at a file": ("purity", {"check": _check_file}, "os.stat"),
    "the environment": ("purity", {"check": _check_environment}, "os.environ"),
    "the network": ("purity", {"texts": _texts_network}, "socket.socket"),
    "an outcome no condition can name": ("outcomes", {"outcomes": _always({"Number!": "int"})}, "Number!"),
    "an outcome of no type": ("outcomes", {"outcomes": _always({"number": "text"})}, "one of bool"),
    "a sample that is refused": (
        "samples",
        {"sample": lambda self, content, draw: ThanksResponse(number=round(draw() * 3))},
        "refused",
    ),
    "a sample that never ends": ("samples", {"sample": _endless}, "10000"),
    "an outcome not declared": ("samples", {"judge": _judge(lambda _: {"mood": 3})}, "not declared"),
    "an outcome of another type": ("samples", {"judge": _judge(lambda one: {"number": float(one.number)})}, "declared as int"),
    "true for a number": ("samples", {"judge": _judge(lambda one: {"number": True})}, "declared as int"),
    "a number that is none": (
        "samples",
        {"outcomes": _always({"number": "double"}), "judge": _judge(lambda one: {"number": float("nan")})},
        "no number",
    ),
    "free text as an outcome": (
        "refusals",
        {"outcomes": _always({"number": "int", "words": "string"}), "judge": _judge(lambda one: {"words": one.words})},
        "longer than 500",
    ),
    "numbers without bounds": (
        "refusals",
        {"judge": lambda self, content, response: {"number": response.number}},
        "larger than conditions can count",
    ),
    "an alarm nobody declared": ("samples", {"alarms": _always(("harm",))}, "risks() does not"),
    "more asked of a step not looked at": ("samples", {"asks_more": _always(("diary",))}, "looks_at() does not"),
    "a crash on a wrong response": ("refusals", {"judge": _crash}, "raises AssertionError"),
    "a refusal without a problem": ("refusals", {"judge": _refuse()}, "without a problem"),
    "a refusal without a place": ("refusals", {"judge": _refuse(Problem(where="", message="no"))}, "say which field"),
    "a refusal without words": ("refusals", {"judge": _refuse(Problem(where="number", message=""))}, "message of one line"),
    "unknown fields taken": ("refusals", {"response_model": _Anything}, "unknown field"),
    "a step that nothing completes": ("samples", {"actor": "host", "judge": _refuse_all}, "nothing else completes it"),
    "a timeout that nobody hears of": (
        "declarations",
        {"completion": _always(Completion(event="x", timeout=Offset(days=1)))},
        "timed_out",
    ),
    "two things at once": ("declarations", {"completion": _always(Completion(event="x", date="y"))}, "one of them"),
    "a completion that is none": ("declarations", {"completion": _always("soon")}, "no Completion"),
    "a task that is none": ("declarations", {"task": _always("thanks.do")}, "no Task"),
    "a task that nobody knows": ("declarations", {"task": _always(Task(activity="thanks.do"))}, "no worker would know"),
    "a task without time": ("declarations", {"task": _always(Task(activity="thanks.do", patience=Offset()))}, "leaves no time"),
    "an activity of anybody's name": ("declarations", {"activities": (_prepare,)}, "thanks.prepare"),
    "an activity that is none": ("declarations", {"activities": (_no_activity,)}, "@activity.defn"),
    "ways without their outcome": ("declarations", {"decides": _always({"a": "journey.day > 1"})}, "declare the outcome 'way'"),
    "an opening by nothing": ("declarations", {"opens": _always({"later": ("picked", ("a",))})}, "does not declare"),
    "a date by nothing": ("declarations", {"dates": _always({"due": "until"})}, "does not declare as string"),
    "a date that is none": (
        "declarations",
        {
            "outcomes": _always({"number": "int", "until": "string"}),
            "dates": _always({"due": "until"}),
            "judge": _judge(lambda one: {"until": "soon"}),
        },
        "2026-12-01",
    ),
    "a rule twice": ("declarations", {"risks": _always(("harm", "harm"))}, "twice"),
    "an empty preview": ("presentation", {"present": _show(preview="")}, "preview is empty"),
    "a prefilled field that is none": ("presentation", {"present": _show(prefill={"mood": "7"})}, "no fields of the response"),
    "a preview of several lines": ("hostile words", {"present": _show_label}, "first_line"),
    "a text that crashes": ("hostile words", {"present": _show_first_word}, "IndexError"),
    "a placeholder left": ("hostile words", {"present": _show_raw}, "unfilled"),
    "a placeholder left in a prefilled field": ("merged names", {"present": _show(prefill={"words": "{{name}}"})}, "unfilled"),
    "a name that is Markdown": ("merged names", {"present": _show_plain}, "reader.markdown()"),
    "a picture that is broken": ("pictures", {"picture": _draw_words}, "well-formed"),
    "a script in a picture": ("pictures", {"picture": _draw("<script>x</script>")}, "<script>"),
    "an event in a picture": ("pictures", {"picture": _draw('<rect onload="x"/>')}, "onload"),
    "a link in a picture": ("pictures", {"picture": _draw('<use xlink:href="https://example.org/x"/>')}, "href"),
    "something loaded by a picture": ("pictures", {"picture": _draw('<rect fill="url(https://example.org)"/>')}, "loads"),
    "a picture without a title": ("pictures", {"picture": _always('<svg xmlns="http://www.w3.org/2000/svg"/>')}, "<title>"),
    "a report of Markdown": ("reports", {"report": _report_raw}, "use escaped()"),
    "a condition that is none": (
        "publishing",
        {"outcomes": _always({"number": "int", "way": "string"}), "decides": _always({"a": "journey.day +"})},
        "error condition",
    ),
    "a journey that goes two ways": (
        "journeys",
        {
            "outcomes": _always({"number": "int", "until": "string"}),
            "dates": _always({"due": "until"}),
            "judge": _judge(lambda one: {"until": f"2026-01-{next(_numbers) % 28 + 1:02}"}),
        },
        "went two ways",
    ),
}


@pytest.mark.parametrize(("rule", "changes", "words"), BROKEN.values(), ids=list(BROKEN))
def test_a_broken_type_is_caught(rule: str, changes: dict[str, Any], words: str) -> None:
    """By the rule that is about it, in words that name the type and say what to do."""
    broken = _broken(**changes)
    with pytest.raises(NotConforming) as found:
        check_step_type(broken, contents=[CONTENT])
    assert f"the step type {broken.name!r}" in str(found.value)
    assert any(one.startswith(f"{rule}: ") and words in one for one in found.value.findings), found.value


def test_a_case_that_is_not_kept_is_caught() -> None:
    """Each kind of line in it."""
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"content": CONTENT}, "says nothing of what is accepted"),
        ({"content": CONTENT, "accepted": [{"response": {"number": 9}, "outcome": {}}]}, "is refused"),
        ({"content": CONTENT, "accepted": [{"response": {}, "outcome": {"number": 2}}]}, "yields {'number': 1}"),
        ({"content": CONTENT, "accepted": [{"response": {}, "outcome": {"number": 1}, "alarms": ["x"]}]}, "raises the alarms"),
        ({"content": CONTENT, "accepted": [], "refused": [{"response": {}, "problems": ["number: no"]}]}, "meets []"),
        ({"content": CONTENT, "accepted": [], "shows": ["Moon"]}, "does not hold 'Moon'"),
        ({"content": CONTENT, "accepted": [], "show": ["Sun"]}, "['show']"),
        ({"wrong_content": {"prompt": 7}, "finds": []}, "finds ["),
        ({"content": {"prompt": 7}}, "contents: it: prompt"),
    ]
    for case, words in wrong:
        with pytest.raises(NotConforming) as found:
            check_step_type(ThanksStep, contents=[CONTENT], cases=[{"name": "it", **case}])
        assert words in str(found.value)


def test_a_class_without_its_parts_is_named() -> None:
    """Each that is missing."""

    class Half(StepType[ThanksContent, ThanksResponse]):
        judge, present = ThanksStep.judge, ThanksStep.present  # type: ignore[assignment]

    with pytest.raises(NotConforming, match="'Half' breaks") as found:
        check_step_type(Half, contents=[CONTENT])
    assert found.value.findings == tuple(
        f"names: the class has no {one}" for one in ("name", "content_model", "response_model")
    )


def test_texts_that_must_be_short_are_tried_with_short_words() -> None:
    """A type may bound its texts."""

    class Short(Content):
        prompt: Annotated[str, StringConstraints(max_length=25)] | dict[str, Annotated[str, StringConstraints(max_length=25)]]
        options: tuple[Option, ...] = ()
        most: int = 3

    check_step_type(_broken(content_model=Short), contents=[{"prompt": "What was good?"}])


def test_nothing_to_try_is_no_success() -> None:
    """A kit that looked at nothing found nothing."""
    with pytest.raises(NotConforming, match="at least one content"):
        check_step_type(ThanksStep)


def test_every_rule_has_a_type_that_breaks_it() -> None:
    """A rule that has never found anything is not trusted."""
    assert {rule for rule, _, _ in BROKEN.values()} | {"cases"} == set(RULES)


def test_a_file_of_cases_that_is_none_is_refused(tmp_path: Path) -> None:
    """With its name, and how to begin."""
    file = tmp_path / "cases.yaml"
    file.write_text("name: x")
    with pytest.raises(ValueError, match="begin each with - name"):
        read_cases(file)


def test_the_world_is_there_again_afterwards() -> None:
    """What was patched is as it was, here and in the types' own modules."""
    before = (time.time, random.random, datetime, date, open, socket.socket)
    with pytest.raises(NotConforming):
        check_step_type(_broken(judge=_from_clock), contents=[CONTENT])
    assert before == (time.time, random.random, datetime, date, open, socket.socket)
    assert isinstance(datetime.now(), datetime)
