"""The forms hold: whatever a step takes can be answered in its form, and what is asked is what Stepwell asks."""

import asyncio
from dataclasses import replace
from io import BytesIO
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest
from host_app.answering import fill
from host_app.files import Files
from host_app.forms.paper import Paper
from host_app.forms.parts import dependent, fields, places
from host_app.forms.types import FORMS, draw
from host_app.texts import Texts
from host_app.wrong import in_words
from hypothesis import assume, given
from hypothesis import strategies as st
from starlette.datastructures import FormData, Headers, UploadFile

from engine.steps import BUILT_IN
from engine.steptype import AnyStepType
from engine.words import Reader
from stepwell.reference import CASES
from stepwell.testing import read_cases
from stepwell.wording import in_readers_words
from tests.host.paper import CLOCK, posted, same
from tests.step_types.contents import contents

EN, DE = Texts("en"), Texts("de")
TYPES = {kind.name: kind for kind in BUILT_IN}
ANSWERED = [name for name in TYPES if name in FORMS]


def _contents() -> list[tuple[str, str, dict[str, Any], dict[str, Any]]]:
    """Type, name, content in a reader's words, and case, of every content that is right."""
    found = []
    for name, kind in TYPES.items():
        for case in read_cases(CASES / f"{name}.yaml"):
            if "content" in case:
                written = kind.content_model.model_validate(case["content"])
                plain = written.model_dump(mode="json", by_alias=True, exclude_defaults=True)
                found.append(
                    (name, str(case["name"]), in_readers_words(kind, written, plain, Reader(facts={"name": "Ada"})), case)
                )
    return found


CONTENTS = [one for one in _contents() if one[0] in FORMS]
ACCEPTED = [
    pytest.param(name, content, accepted["response"], id=f"{name}: {case_name} {at}")
    for name, case_name, content, case in CONTENTS
    for at, accepted in enumerate(case.get("accepted", ()))
]


def _filled(name: str, paper: Paper, form: Any, tmp_path: Path) -> Any:
    return asyncio.run(fill(name, replace(paper, given={}), form, CLOCK, Files(tmp_path)))


@pytest.mark.parametrize(("name", "content", "response"), ACCEPTED)
def test_whatever_is_accepted_can_be_answered_in_its_form(
    name: str, content: dict[str, Any], response: dict[str, Any], tmp_path: Path
) -> None:
    """Drawn with the response in it and posted, the form comes to the same response."""
    paper = Paper(content=content, texts=EN, given=response)
    parts = draw(name, paper)
    assert parts is not None
    filled = _filled(name, paper, posted(parts), tmp_path)
    assert not filled.opened
    asked = {one.where.partition(".")[0] for one in places(parts)}
    assert same(filled.response, {one: said for one, said in response.items() if one in asked})


@pytest.mark.parametrize(("name", "content"), [pytest.param(one[0], one[2], id=f"{one[0]}: {one[1]}") for one in CONTENTS])
def test_an_empty_form_draws_and_every_place_is_there_once(name: str, content: dict[str, Any]) -> None:
    """In both languages; two fields of one name would overwrite each other."""
    for texts in (EN, DE):
        for everything in (False, True):
            parts = draw(name, Paper(content=content, texts=texts, everything=everything))
            assert parts is not None
            drawn = [one.where for one in places(parts)]
            assert len(drawn) == len(set(drawn))
            assert all(one.label for one in fields(parts))


_EDGES = ("1000-01-01T00:00:00+14:00", "2999-12-31T23:59:59.999-12:00")
"""Instants that are, by the clock of UTC, in years that an answer cannot be in."""


@given(contents(), st.lists(st.floats(0, 1, exclude_max=True), min_size=1, max_size=40))
def test_what_is_asked_is_what_stepwell_asks(content: dict[str, Any], draws: list[float]) -> None:
    """On made-up questionnaires: the form shows what the engine asks, and made-up answers pass through it unharmed."""
    kind: AnyStepType = TYPES["questionnaire"]
    try:
        right = kind.content_model.model_validate(content)
    except ValueError:
        assume(False)
    assume(not kind.check(right) and not set(_EDGES) & set(str(content).split("'")))
    turn = cycle(draws)
    response = kind.sample(right, lambda: next(turn)).model_dump(mode="json")
    plain = right.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    paper = Paper(content=plain, texts=EN, given=response)
    parts = draw("questionnaire", paper)
    assert parts is not None
    shown = {one.where.split(".")[1] for one in places(parts)}
    assert shown == set(response["answers"])
    filled = asyncio.run(fill("questionnaire", replace(paper, given={}), posted(parts), CLOCK, Files(Path("/nowhere"))))
    assert not filled.opened
    kind.judge(right, kind.response_model.model_validate(filled.response))


def test_an_answer_that_opens_a_question_shows_it_before_anything_is_sent(tmp_path: Path) -> None:
    """And an answer that closes one again takes its answer away."""
    items = [
        {"id": "a", "type": "yes_no", "text": "A"},
        {"id": "b", "type": "text", "text": "B", "asked_if": {"item": "a", "is": True}},
    ]
    paper = Paper(content={"items": items}, texts=EN)
    closed, opened = draw("questionnaire", paper), draw("questionnaire", replace(paper, given={"answers": {"a": True}}))
    assert closed is not None
    assert opened is not None
    assert dependent(opened) == {"answers.b"}
    yes = FormData([*posted(closed).multi_items(), ("answers.a", "yes")])
    filled = _filled("questionnaire", paper, yes, tmp_path)
    assert filled.opened
    assert [one.where for one in fields(filled.parts)] == ["answers.a", "answers.b"]
    no = FormData([("do", "send"), ("shown", "answers.b"), ("answers.a", "no"), ("answers.b", "words")])
    filled = _filled("questionnaire", paper, no, tmp_path)
    assert (filled.opened, filled.response) == (False, {"answers": {"a": False}})


def test_one_more_and_one_less_of_what_comes_several_times(tmp_path: Path) -> None:
    """What was written stays where it was."""
    group = {
        "id": "meds",
        "type": "group",
        "repeats": True,
        "most": 3,
        "text": "Medicine",
        "items": [{"id": "name", "type": "text", "text": "Name"}],
    }
    paper = Paper(content={"items": [group]}, texts=EN, given={"answers": {"meds": [{"name": "A"}, {"name": "B"}]}})
    parts = draw("questionnaire", paper)
    assert parts is not None
    more = _filled("questionnaire", paper, posted(parts, do="", add="answers.meds"), tmp_path)
    assert [one.value for one in fields(more.parts)] == ["A", "B", None]
    less = _filled("questionnaire", paper, posted(parts, do="", remove="answers.meds.0"), tmp_path)
    assert [one.value for one in fields(less.parts)] == ["B"]
    blank = _filled("questionnaire", paper, posted(more.parts), tmp_path)
    assert blank.response == {"answers": {"meds": [{"name": "A"}, {"name": "B"}]}}


REFUSED = [
    pytest.param(name, content, refused, id=f"{name}: {case_name} {at}")
    for name, case_name, content, case in CONTENTS
    for at, refused in enumerate(case.get("refused", ()))
]


@pytest.mark.parametrize(("name", "content", "refused"), REFUSED)
def test_what_is_wrong_is_said_in_the_readers_language(name: str, content: dict[str, Any], refused: dict[str, Any]) -> None:
    """Every problem of the built-in types that a form can bring about has words in German too."""
    for problem in refused.get("problems", ()):
        where, _, message = str(problem).partition(": ")
        for texts in (EN, DE):
            words = in_words(where, message, texts)
            assert words
            assert words[0].isupper()
        if not _needs_no_words(message):
            assert in_words(where, message, DE) != DE("wrong_unknown"), message


_OF_NO_FORM = (
    *("is no item", "takes no answer", "is no domain", "not asked", "must be a list", "must be {", "must be answers, by item"),
    *("extra inputs", "takes no response", "a valid tuple", "a valid boolean", "a valid string", "twice", "is empty"),
    *("is missing", "than or equal to", "from 0 to 10", "belongs to no reference"),
)


def _needs_no_words(message: str) -> bool:
    """Whether no form of this host can bring it about: it sends what was asked for, in the form it was asked for."""
    return any(part in message for part in _OF_NO_FORM)


def test_a_file_is_kept_here_and_only_its_reference_goes_on(tmp_path: Path) -> None:
    """Under a name that nobody can guess."""
    content = {"items": [{"id": "photo", "type": "attachment", "text": "A photo"}]}
    upload = UploadFile(BytesIO(b"an image"), filename='../Monday "1".png', headers=Headers({"content-type": "image/png"}))
    filled = _filled(
        "questionnaire", Paper(content=content, texts=EN), FormData([("do", "send"), ("answers.photo", upload)]), tmp_path
    )
    photo: Any = filled.response["answers"]
    reference = photo["photo"]["reference"]
    kept = Files(tmp_path).find(reference)
    assert kept is not None
    assert (kept.content, kept.title) == (b"an image", "Monday _1_.png")
    kind: AnyStepType = TYPES["questionnaire"]
    kind.judge(kind.content_model.model_validate(content), kind.response_model.model_validate(filled.response))
    assert Files(tmp_path).find("files/../../etc/passwd") is None
