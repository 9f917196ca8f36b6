"""The instruments score as their manuals and other people's software do, and nobody edits their wording by accident."""

import hashlib
from pathlib import Path
from typing import Any

import pytest

from engine import instruments
from engine.loading import load
from engine.publishing import Practice, check_pathway
from engine.steps.questionnaire import QuestionnaireContent, QuestionnaireResponse, QuestionnaireStep
from engine.steps.questionnaire.choosing import ChoiceItem
from engine.steps.questionnaire.sheet import Sheet
from engine.steptype import InvalidResponse, Outcome
from engine.words import Reader

KIND = QuestionnaireStep()
STEPS = instruments.library()
GOLDEN = {path.stem: load(path.read_text()).value for path in sorted((Path(__file__).parent / "golden").glob("*.yaml"))}
VECTORS = [(name, one["source"], vector) for name, sources in GOLDEN.items() for one in sources for vector in one["vectors"]]


def content_of(name: str) -> QuestionnaireContent:
    """A library step's content; for a scoring without words, scales of an author's own."""
    if name in STEPS:
        return QuestionnaireContent.model_validate(STEPS[name]["content"])
    written = instruments.scoring(name)
    assert written is not None
    least, most = written["each"]
    items = [
        {"id": item, "type": "scale", "text": "Own words", "min": least, "max": most, "required": False}
        for item in written["items"]
    ]
    return QuestionnaireContent.model_validate({"items": items, "score": name})


def scored(name: str, points: list[int | None]) -> Outcome:
    content = content_of(name)
    answers: dict[str, Any] = {}
    assert content.score is not None
    for item, wanted in zip(content.score.items, points, strict=True):
        question = Sheet(content.items).beside[item]
        if isinstance(question, ChoiceItem):
            answers[item] = next(option.value for option in question.options if option.points == wanted)
        elif wanted is not None:
            answers[item] = wanted
    return KIND.judge(content, QuestionnaireResponse(answers=answers))


@pytest.mark.parametrize(("name", "source", "vector"), VECTORS, ids=[f"{name}-{one['points']}" for name, _, one in VECTORS])
def test_D34_D35_a_worked_example_comes_out_the_same(name: str, source: str, vector: dict[str, Any]) -> None:
    """Other people's numbers, each with its source."""
    outcome = scored(name, vector["points"])
    assert outcome.get("score") == vector.get("score"), source
    if "band" in vector:
        assert outcome.get("band") == vector["band"], source


@pytest.mark.parametrize("name", ["phq9", "gad7", "who5", "wsas"])
def test_every_score_has_two_sources_at_least(name: str) -> None:
    """One source may be wrong about it; several were."""
    assert len(GOLDEN[name]) >= 2


def test_none_of_the_known_wrong_copies_is_ours() -> None:
    """Claims found in public, each of them wrong."""
    phq9, who5, wsas = (content_of(name).score for name in ("phq9", "who5", "wsas"))
    assert phq9 is not None
    assert who5 is not None
    assert wsas is not None
    phq9_items, who5_items = Sheet(content_of("phq9").items).beside, Sheet(content_of("who5").items).beside
    assert phq9.bounds(phq9_items) == (0, 27)
    assert phq9.bounds(phq9_items)[1] != 21, "wikimsk.org: ranges from 0-21"
    assert phq9.bounds(phq9_items)[0] != 1, "michaelframpton.com: 1 to 27"
    assert who5.bounds(who5_items) == (0, 100)
    assert scored("who5", [1, 1, 1, 1, 1])["score"] == 20 != (5 - 5) * 4, "calculator.dev: (raw-5) x 4"
    assert scored("who5", [5, 5, 5, 5, 5])["score"] == 100 != (25 - 5) * 4, "calculator.dev: (raw-5) x 4"
    assert [band.to for band in phq9.bands] == [4, 9, 14, 19, 27], "HL7's own example has a band of 19-14"
    assert "gave noticed" not in KIND.present(content_of("phq9"), Reader()).body, "HL7's own example, item 8"
    assert wsas.band_of(20) == "significant", "a public scorer calls 20 severe; Mundt 2002 says above 20"


def wording(step: dict[str, Any]) -> str:
    """A fingerprint of everything in a step that its reader may see."""
    texts = KIND.texts(QuestionnaireContent.model_validate(step["content"]))
    shown = "\n".join(f"{place}: {text}" for place, text in texts.items())
    return hashlib.sha256(shown.encode()).hexdigest()


def test_the_wording_is_what_it_was() -> None:
    """An instrument with other words is another instrument: change a checksum only with a source in hand."""
    assert {name: wording(step) for name, step in STEPS.items()} == {
        "gad7": "b1cd03b6cd7f2517d51115ab7e43052b69c32e47b3cd7fa6bb6f4131e77a3ca6",
        "hes_ct": "811fc0b2e2154bf63b193f3409af64bf87c3c538a837384dd94dadca74bd8e2a",
        "hes_general": "1b6e35b4b40b3aab6bfdd76d59fad69507811731d2b5b6b3035436a4c9457533",
        "homework_beliefs": "e07346b10e33bb047a60a6cdd8a36063eca3f6a3c553d93d1eff41861cd54cca",
        "phq9": "7a852eb5c50e9e0ea6be6716b528178f9e1d0d160e7a3bfc1b3f2a585030bd44",
    }


NOTICE = "No permission required to reproduce, translate, display or distribute."


@pytest.mark.parametrize("name", ["phq9", "gad7"])
def test_the_notice_that_is_required_is_shown(name: str) -> None:
    """Whoever sees the items sees whose they are."""
    assert KIND.present(content_of(name), Reader()).body.endswith(NOTICE)


def test_D34_the_homework_measures_say_what_they_are_not() -> None:
    """The originals are rated by observers."""
    for name in ("hes_general", "hes_ct"):
        assert "HES-informed self-report" in STEPS[name]["title"]["en"]
        assert "observer-rated research instruments" in STEPS[name]["practitioner_notes"]["en"]


@pytest.mark.parametrize("name", STEPS)
def test_a_library_step_is_published_as_it_is(name: str) -> None:
    """With everything a step should have: not even a warning, also for readers in `en-GB`."""
    for language in ("en", "en-GB"):
        head = f"pathway: p\ntitle: P\nlanguage: {language}\nalerts: {{to: practitioner}}\n"
        checked = check_pathway(f"{head}steps:\n  - use: {name}\n    id: a\n")
        assert [str(one) for one in checked.findings] == []
        assert checked.published is not None
        assert checked.published.contents.steps["a"].kind == "self_assessment"  # type: ignore[index]


def test_an_instrument_without_words_in_a_language_is_found() -> None:
    """Nobody gets an English form by accident."""
    checked = check_pathway("pathway: p\ntitle: P\nlanguage: de\nsteps: [{use: gad7, id: a}]")
    assert {one.code for one in checked.errors} == {"missing-translation"}


def test_a_tenants_own_library_step_comes_first() -> None:
    """And what the step says itself before that."""
    own = {"phq9": {"type": "message", "title": "Ours", "content": {"body": "Hello"}}}
    source = "pathway: p\ntitle: P\nalerts: {}\nsteps: [{use: phq9, id: a, rationale: R, instructions: I}]"
    published = check_pathway(source, practice=Practice(library=own)).published
    assert published is not None
    assert published.contents.steps["a"].type == "message"  # type: ignore[index]


def test_using_an_instrument_leaves_it_as_it_is() -> None:
    """A copy is tailored, never the library."""
    source = "pathway: p\ntitle: P\nalerts: {}\nsteps: [{use: phq9, id: a, content: {intro: Mine}}]"
    assert check_pathway(source).published is not None
    instruments.library()["phq9"]["content"]["items"].clear()
    assert instruments.library() == STEPS


OWN = """
pathway: p
title: P
steps:
  - id: a
    type: questionnaire
    title: T
    rationale: R
    instructions: I
    content:
      score: SCORE
      scores: {more: wsas}
      items:
ITEMS
"""


def test_an_authors_own_items_are_scored_by_name() -> None:
    """The ids and the ranges must be right; what is published holds the scoring itself."""
    items = [f"        - {{id: who5_{at}, type: scale, min: 0, max: 5, text: T}}" for at in range(1, 6)]
    items += [f"        - {{id: wsas_{at}, type: scale, min: 0, max: 8, text: T}}" for at in range(1, 6)]
    source = OWN.replace("ITEMS", "\n".join(items))
    published = check_pathway(source.replace("SCORE", "who5")).published
    assert published is not None
    stored = published.contents.steps["a"].content  # type: ignore[index]
    assert stored["score"]["times"] == 4
    assert stored["scores"]["more"]["missing"] == {"at_most": 1}
    assert dict(published.structure.steps[0].outcomes)["more_band"] == "string"
    for before, after, words in (
        ("max: 5", "max: 4", "score.items 'who5_1' runs from 0 to 4, not from 0 to 5"),
        ("who5_3", "who_3", "score.items.2 'who5_3' is no item"),
    ):
        wrong = check_pathway(source.replace("SCORE", "who5").replace(before, after))
        assert words in [one.message for one in wrong.errors]
    unknown = check_pathway(source.replace("SCORE", "who-5"))
    assert "score: no scoring is called 'who-5'; did you mean 'who5'?" in [one.message for one in unknown.errors]


def test_any_answer_but_the_first_to_item_nine_meets_its_rule() -> None:
    """D9: a screen that a person must follow up, and that only a named practitioner switches off."""
    written = STEPS["phq9"]["content"]
    none: dict[str, Any] = {f"q{at}": "not_at_all" for at in range(1, 10)}
    for value, met in (("not_at_all", ()), *((one, ("phq9_item9",)) for one in ("several_days", "nearly_every_day"))):
        response = QuestionnaireResponse(answers={**none, "q9": value})
        assert KIND.alarms(content_of("phq9"), response) == met
    off = {"risks_off": [{"rule": "phq9_item9", "by": "Dr. A. Example", "reason": "Asked in person every week"}]}
    content = QuestionnaireContent.model_validate({**written, **off})
    assert KIND.check(content) == ()
    assert KIND.risks(content) == ()
    assert KIND.alarms(content, QuestionnaireResponse(answers={**none, "q9": "several_days"})) == ()


def test_the_tenth_item_is_asked_where_there_is_a_problem_and_never_scored() -> None:
    """It is about the nine others."""
    none: dict[str, Any] = {f"q{at}": "not_at_all" for at in range(1, 10)}
    with_it = {**none, "q4": "several_days", "difficulty": "extremely_difficult"}
    assert KIND.judge(content_of("phq9"), QuestionnaireResponse(answers=with_it)) == {"score": 1, "band": "minimal"}
    with pytest.raises(InvalidResponse, match="is not asked"):
        KIND.judge(content_of("phq9"), QuestionnaireResponse(answers={**none, "difficulty": "extremely_difficult"}))


@pytest.mark.parametrize(
    ("name", "before", "after", "reliable", "recovered"),
    [
        ("phq9", 15, 9, "improvement", True),
        ("phq9", 15, 10, "none", False),
        ("phq9", 9, 3, "improvement", False),
        ("phq9", 10, 9, "none", True),
        ("phq9", 4, 10, "deterioration", False),
        ("gad7", 8, 4, "improvement", True),
        ("gad7", 11, 8, "none", False),
        ("gad7", 8, 7, "none", True),
        ("gad7", 3, 7, "deterioration", False),
    ],
)
def test_a_change_is_what_the_manual_says(name: str, before: float, after: float, reliable: str, recovered: bool) -> None:
    """Reliable from 6 and 4 points; recovered from a case (10, 8) to below it."""
    change = instruments.change(name, before, after)
    assert (change.reliable, change.recovered, change.difference) == (reliable, recovered, after - before)


def test_a_change_of_who5_is_the_other_way_round() -> None:
    """Higher is better, and 10 points are notable; reliability and recovery are not known."""
    assert instruments.change("who5", 40, 50).notable == "improvement"
    assert instruments.change("who5", 40, 49).notable == "none"
    assert instruments.change("who5", 60, 48).notable == "deterioration"
    assert instruments.change("who5", 40, 50).reliable is instruments.change("who5", 40, 50).recovered is None


@pytest.mark.parametrize(("name", "score"), [("wsas", 10), ("nothing", 10), ("phq9", float("nan")), ("phq9", float("inf"))])
def test_no_change_is_made_up(name: str, score: float) -> None:
    """Where nobody has said what one is, or a score is no number."""
    with pytest.raises(ValueError, match=r"nobody has said|a score is a number"):
        instruments.change(name, score, 20)
