"""Documents written by others' rules come in: nothing crashes, nothing is lost in silence, a person can go on with the draft."""

import json
import os
from pathlib import Path

import pytest

from engine.loading import load
from engine.steps.questionnaire import QuestionnaireContent
from stepwell.fhir import Draft, import_fhir
from tests.fhir.shaping import fetched, meaning, sent

FOLDERS = [Path(__file__).parent / "documents", *map(Path, filter(None, [os.environ.get("STEPWELL_FHIR_DOCUMENTS")]))]
DOCUMENTS = sorted(file for folder in FOLDERS for file in folder.glob("*.json"))
FOR_A_PERSON = {"missing-rationale", "missing-instructions", "nobody-alerted", "endless", "content", "too-many-contacts"}


def drafted(*files: Path) -> Draft:
    """An import of files."""
    return import_fhir([(file.name, file.read_bytes()) for file in files])


def told(draft: Draft, what: str, where: str) -> list[str]:
    """Why the elements at a place came over otherwise."""
    return [note.why for note in draft.notes if (note.what, note.where) == (what, where)]


@pytest.mark.parametrize("file", DOCUMENTS, ids=lambda file: file.stem)
def test_a_draft_lacks_only_what_a_person_must_say(file: Path) -> None:
    """It is published as it is, or with what an author has to add: reasons, instructions, who is alerted."""
    draft = drafted(file)
    assert {finding.code for finding in draft.findings} <= FOR_A_PERSON
    errors = {finding.code for finding in draft.findings if finding.severity == "error"}
    assert errors <= {"nobody-alerted", "endless"}


@pytest.mark.parametrize("file", DOCUMENTS, ids=lambda file: file.stem)
def test_every_questionnaire_comes_back(file: Path) -> None:
    """Import, export and import again: the same meaning."""
    for step in load(drafted(file).pathway).value["steps"]:
        if step["type"] == "questionnaire":
            content = QuestionnaireContent.model_validate(step["content"])
            for release in ("R4", "R5"):
                again = fetched(sent(content, release))
                assert meaning(again) == meaning(content)
                assert [item.id for item in again.items] == [item.id for item in content.items]


@pytest.mark.parametrize("file", DOCUMENTS, ids=lambda file: file.stem)
def test_nothing_is_dropped_in_silence(file: Path) -> None:
    """What is put into a document anywhere, unknown to all, is in the report with its place."""
    value = json.loads(file.read_bytes())
    resource = value["entry"][0]["resource"] if value["resourceType"] == "Bundle" else value
    first = resource.get("item") or resource.get("action")
    first[0]["unheardOf"] = 1
    first[0].setdefault("extension", []).append({"url": "http://example.org/own", "valueString": "x"})
    draft = import_fhir([("it", json.dumps(value).encode())])
    places = {note.where for note in draft.notes}
    stem = "item[0]" if "item" in resource else "action[0]"
    assert f"{stem}.unheardOf" in places
    assert f"{stem}.extension[{len(first[0]['extension']) - 1}]" in places


def _document(name: str) -> Draft:
    return drafted(FOLDERS[0] / f"{name}.json")


def test_item_nine_comes_with_a_rule_and_a_note() -> None:
    """LOINC 44260-8: the rule is proposed, and the draft cannot be published before somebody is named to be alerted."""
    draft = _document("two-weeks")
    item = load(draft.pathway).value["steps"][0]["content"]["items"][1]
    assert item["risk"] == {"name": "phq9_item9", "above": 0}
    assert any("danger to life" in why for why in told(draft, "decide", "item[2]"))
    assert [finding.code for finding in draft.findings if finding.severity == "error"] == ["nobody-alerted"]


def test_a_sum_of_ordinals_becomes_a_score() -> None:
    """Of the items that the expression names; the computed item itself is not asked."""
    content = load(_document("two-weeks").pathway).value["steps"][0]["content"]
    assert content["score"] == {"method": "sum", "items": ["item_44250_9", "item_44260_8"]}
    assert [item["id"] for item in content["items"]] == ["item_44250_9", "item_44260_8", "item_69722_7"]


def test_words_come_in_every_language() -> None:
    """Titles and options, and the introduction as one."""
    step = load(_document("two-weeks").pathway).value["steps"][0]
    assert step["title"] == {"en": "The last two weeks", "de": "Die letzten zwei Wochen"}
    assert step["content"]["items"][0]["options"][0]["label"] == {"en": "Not at all", "de": "Überhaupt nicht"}
    assert step["content"]["intro"] == "Over the last two weeks, how often …"


def test_conditions_that_cannot_be_are_for_a_person() -> None:
    """Each with its place; the others are kept."""
    draft = _document("conditions")
    items = {item["id"]: item for item in load(draft.pathway).value["steps"][0]["content"]["items"]}
    assert items["all"]["asked_if"] == [{"item": "yes", "is": True}, {"item": "n", "at_least": 4.8}, {"item": "n", "below": 9}]
    assert len(items["any"]["asked_if"]["any"]) == 4
    assert items["any"]["asked_if"]["any"][2] == {"item": "c", "is_not": "x_2"}
    assert "asked_if" not in items["lost"]
    assert all(told(draft, "decide", f"item[7].enableWhen[{at}]") for at in range(5))
    assert told(draft, "decide", "item[8].extension[0]")


def test_a_plan_becomes_steps_in_stages() -> None:
    """Its questionnaire, its timings, its relations, its menu, and placeholders by who acts."""
    pathway = load(_document("sleep-plan").pathway).value
    steps = {step["id"]: step for step in pathway["steps"]}
    assert [stage["id"] for stage in pathway["stages"]] == ["begin", "practise", "look_back"]
    assert [step["type"] for step in pathway["steps"]] == [
        *("questionnaire", "message", "choice", "message", "message", "review", "host_task", "message", "questionnaire")
    ]
    assert steps["what_sleep_is"]["deliver"] == {"after": "how_do_you_sleep.completed", "offset": "36 hours"}
    assert steps["what_sleep_is"]["required"] is False
    assert steps["keep_a_fixed_hour"]["repeat"] == {"every": "12 hours", "for": "14 days"}
    assert steps["call"]["repeat"] == {"rrule": "FREQ=WEEKLY;BYDAY=MO,TH", "count": 8}
    assert "Adult" in steps["relax"]["practitioner_notes"]
    assert "Sleep seven hours" in pathway["practitioner_notes"]


def test_questions_about_danger_to_life_are_pointed_out() -> None:
    """In words, where no code says it."""
    resource = {"resourceType": "Questionnaire", "item": [{"linkId": "a", "type": "boolean", "text": "Thoughts of suicide?"}]}
    assert told(import_fhir([("it", json.dumps(resource).encode())]), "decide", "item[0]")
