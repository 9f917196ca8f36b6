"""A journey goes out: what was done, what was not, what was answered; and nothing that is the client's alone."""

import json
from datetime import timedelta
from typing import Any

import pytest

from stepwell.fhir import export_journey
from stepwell.fhir.releases import Release
from tests.fhir.value_sets import BUNDLE_TYPE, CARE_PLAN_INTENT, REQUEST_STATUS, RESPONSE_STATUS, TASK_INTENT, TASK_STATUS
from tests.pathways import document, step
from tests.workflows.house import House

_HEAD = "  type: questionnaire\n  title: {}\n  rationale: why\n  instructions: do\n"
_ASKED = """
  content:
    items:
      - id: sleep
        type: group
        text: Sleep
        items:
          - {id: hours, type: number, whole: true, text: Hours, min: 0, max: 24, origin: {link_id: "/1"}}
          - id: how
            type: choice
            text: How?
            options: [{value: LA1, label: Well, points: 0}, {value: LA2, label: Badly, points: 3}]
            origin: {system: "http://loinc.org"}
      - {id: words, type: long_text, text: More, required: false}
    score: {items: [how]}
"""


_BESIDE = "  regardless: true\n  deliver: {after: journey.started}\n"


def _question(name: str, visibility: str = "client_and_practitioner", more: str = "") -> str:
    return f"- id: {name}\n{_HEAD.format(name)}  visibility: {visibility}\n{more}{_ASKED}"


PATHWAY = document(
    _question("asked")
    + _question("secret", "client_only", _BESIDE)
    + _question("mine", "client_decides", _BESIDE)
    + step("late", "window: {finish_by: 1 day}\non_expiry: continue\nregardless: true\ndeliver: {after: journey.started}")
    + step("off", "regardless: true\ndeliver: {after: journey.started}")
    + step("later", "regardless: true\ndeliver: {after: journey.started, offset: 30 days}")
)


def _of_type(bundle: dict[str, Any], name: str) -> list[dict[str, Any]]:
    return [entry["resource"] for entry in bundle["entry"] if entry["resource"]["resourceType"] == name]


def _tasks(bundle: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {task["identifier"][0]["value"].split("/")[1]: task for task in _of_type(bundle, "Task")}


@pytest.mark.parametrize("release", ["R4", "R5"])
async def test_V1_a_journey_goes_out_without_what_is_the_clients_alone(home: House, release: Release) -> None:
    """Honest statuses; answers typed and in their groups; `client_only` never, `client_decides` only while it is shared."""
    await home.stepwell.publish(PATHWAY)
    await home.stepwell.keep_practitioner("dr", display_name="Doctor Who")
    await home.stepwell.add_client(id="c1", display_name="Ada Lovelace", email="ada@example.org", practitioner="dr")
    journey = (await home.stepwell.start("c1", "trial")).id
    await home.recorded(journey, "step_delivered", 5)
    said = {"hours": 7, "how": "LA2", "words": "open words"}
    await home.stepwell.respond(journey, "asked.1", {"answers": said})
    await home.stepwell.respond(journey, "secret.1", {"answers": {**said, "words": "SECRET WORDS"}})
    await home.stepwell.respond(journey, "mine.1", {"answers": {**said, "words": "MY WORDS"}})
    await home.stepwell.excuse(journey, "off.1", reason="was on holiday")
    await home.pass_time(journey, timedelta(days=1, minutes=1))
    await home.recorded(journey, "step_expired")

    exported = await export_journey(home.stepwell, journey, release=release)
    bundle = exported.bundle
    everything = json.dumps(bundle)
    for word in ("SECRET WORDS", "MY WORDS", "Ada", "Lovelace", "Doctor", "example.org"):
        assert word not in everything
    tasks = _tasks(bundle)
    assert {name: task["status"] for name, task in tasks.items()} == {
        **{"asked.1": "completed", "secret.1": "completed", "mine.1": "completed"},
        **{"late.1": "failed", "off.1": "cancelled"},
    }
    reason = tasks["off.1"]["statusReason"]
    assert (reason["concept"] if release == "R5" else reason)["text"] == "excused by a practitioner: was on holiday"
    assert tasks["late.1"]["businessStatus"]["text"] == "expired"
    assert {task["status"] for task in tasks.values()} <= TASK_STATUS
    assert {task["intent"] for task in tasks.values()} <= TASK_INTENT

    (plan,) = _of_type(bundle, "CarePlan")
    assert plan["status"] == "active"
    assert plan["status"] in REQUEST_STATUS
    assert plan["intent"] in CARE_PLAN_INTENT[release]
    assert bundle["type"] in BUNDLE_TYPE
    assert plan["subject"]["identifier"] == {"system": "urn:stepwell:client", "value": "c1"}
    assert len(plan["activity"]) == len(tasks)

    (response,) = _of_type(bundle, "QuestionnaireResponse")
    assert response["status"] == "completed"
    assert response["status"] in RESPONSE_STATUS
    assert tasks["asked.1"]["output"][0]["valueReference"]["reference"] == f"urn:uuid:{response['id']}"
    assert response["item"] == [
        {
            "linkId": "sleep",
            "text": "Sleep",
            "item": [
                {"linkId": "/1", "text": "Hours", "answer": [{"valueInteger": 7}]},
                {
                    "linkId": "how",
                    "text": "How?",
                    "answer": [{"valueCoding": {"system": "http://loinc.org", "code": "LA2", "display": "Badly"}}],
                },
            ],
        },
        {"linkId": "words", "text": "More", "answer": [{"valueString": "open words"}]},
        {"linkId": "score", "answer": [{"valueDecimal": 3}]},
    ]
    urls = {f"{one['url']}|{one['version']}" for one in _of_type(bundle, "Questionnaire")}
    assert response["questionnaire"] in urls
    references = [entry["fullUrl"] for entry in bundle["entry"]]
    assert len(set(references)) == len(references)

    await home.stepwell.share(journey, "mine.1")
    again = (await export_journey(home.stepwell, journey, release=release)).bundle
    assert "MY WORDS" in json.dumps(again)
    assert "SECRET WORDS" not in json.dumps(again)
    assert [one["id"] for one in _of_type(again, "Task")] == [task["id"] for task in tasks.values()]
    assert await home.stepwell.withdraw(journey, "mine.1") == 0
