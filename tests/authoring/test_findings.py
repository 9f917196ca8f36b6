"""S · what is refused before publishing: everything at once, each with code, step, line and a suggestion."""

import json
import re

import pytest

from engine.findings import DefinitionError, Finding
from engine.publishing import Practice, check_pathway, compile_pathway, pathway_schema
from engine.steps import step_types
from tests.pathways import document, step

TEN_MISTAKES = """\
pathway: ten-mistakes
title: Ten
zone: Europe/Londn
steps:
  - id: a
    type: mesage
    title: A
    content: {body: hello}
  - id: b
    type: message
    title: B
    rationnale: because
    content: {body: hello}
  - id: b
    type: message
    title: B again
    content: {body: hello}
    deliver: {after: nowhere.completed}
  - id: c
    type: questionnaire
    title: C
    when: outcomes.b.score >= 10
    window: {finish_by: 2 hours}
    deliver: {at: "25:00"}
    content: {items: [{id: x, type: yes_no, text: q, requried: true}]}
  - id: d
    type: message
    title: D
    needs: {any: 3, of: [a, b]}
    window: {finish_by: 2 days}
    reminders: {after: [3 days]}
    content: {body: hello}
"""


def codes(source: str) -> list[str]:
    return sorted(finding.code for finding in check_pathway(source).errors)


def only(source: str) -> Finding:
    found = check_pathway(source).errors
    assert len(found) == 1, [str(one) for one in found]
    return found[0]


def test_S_ten_mistakes_are_ten_findings_in_one_answer() -> None:
    """Nobody publishes eleven times to learn of ten mistakes."""
    checked = check_pathway(TEN_MISTAKES)
    assert sorted(one.code for one in checked.errors) == [
        "condition",
        "duplicate-id",
        "reminder-after-window",
        "unknown-field",
        "unknown-field",
        "unknown-step",
        "unknown-step-type",
        "unknown-zone",
        "unreachable",
        "window-in-quiet-hours",
        "wrong-value",
    ]
    assert checked.published is None
    assert all(one.line and one.message for one in checked.errors)
    by_line = {one.line: one for one in checked.errors}
    assert by_line[6].suggestion == "did you mean 'message'?"
    assert by_line[12].suggestion == "did you mean 'rationale'?"
    with pytest.raises(DefinitionError) as refused:
        compile_pathway(TEN_MISTAKES)
    assert len(refused.value.findings) == 11


def test_S_a_right_document_has_no_finding() -> None:
    """The checks find mistakes, not style."""
    checked = check_pathway(document(step("a") + step("b")))
    assert checked.findings == ()
    assert checked.published is not None


@pytest.mark.parametrize(
    ("code", "source"),
    [
        ("unknown-step-type", document(step("a").replace("type: message", "type: mesage"))),
        ("unknown-field", document(step("a", "colour: red"))),
        ("missing-content", document(step("a").replace("  title: a\n", ""))),
        ("missing-field", document(step("a").replace("content: {body: Hello}", "content: {}"))),
        ("duplicate-id", document(step("a") + step("a"))),
        ("missing-id", document(step("a").replace("- id: a\n ", "-"))),
        ("cycle", document(step("a", "needs: [b]") + step("b", "needs: [a]"))),
        ("cycle", document(step("a", "deliver: {after: b.completed}") + step("b"))),
        ("cycle", document(step("a", "needs: [a]"))),
        ("cycle", document(step("a", "needs: done.b") + step("b"))),
        ("unreachable", document(step("a") + step("b", "needs: {any: 2, of: [a]}"))),
        ("unreachable", document(step("a", "when: 'false'"))),
        ("never-satisfied", document(step("a", "window: {finish_by: 0}"))),
        ("condition", document(step("a", "when: outcomes.b.score > 1") + step("b"))),
        ("condition", document(step("a", "when: journey.day"))),
        ("condition", document(step("a", "when: journey.day > 'x'"))),
        ("condition", document(step("a", "needs: a"))),
        ("reminder-after-window", document(step("a", "window: {finish_by: 1 day}\nreminders: {after: [2 days]}"))),
        ("reminder-after-window", document(step("a", "window: {finish_by: 1 day}\nreminders: {every: 2 days}"))),
        ("no-closing", document(step("a", "reminders: {from: closing, after: [-1 day]}"))),
        ("reminder-too-early", document(step("a", "reminders: {after: [-1 day]}"))),
        ("overlapping-windows", document(step("a", "window: {finish_by: 2 days}\nrepeat: {every: 1 day, count: 3}"))),
        (
            "overlapping-windows",
            document(step("a", "window: {finish_by: 6 days}\nrepeat: {rrule: 'FREQ=WEEKLY;BYDAY=MO,FR', count: 3}")),
        ),
        ("endless", document(step("a", "repeat: {every: 1 day}"))),
        ("no-interval", document(step("a", "repeat: {count: 3}"))),
        ("bad-rrule", document(step("a", "repeat: {rrule: FREQ=NEVER, count: 3}"))),
        ("window-in-quiet-hours", document(step("a", "window: {finish_by: 3 hours}")).replace("quiet_hours: none", "")),
        ("quiet-too-long", document(step("a")).replace("quiet_hours: none", "quiet_hours: {from: '08:00', to: '05:00'}")),
        ("missing-translation", document(step("a"), "languages: [de]").replace("title: a", "title: {en: a, de: a}")),
        ("too-many-contacts", document(step("a", "repeat: {every: 1 hour, count: 30}")).replace("day: 100", "day: 5")),
        ("unknown-zone", document(step("a"), "zone: Mars/Olympus")),
        ("unknown-country", document(step("a", "deliver: {calendar: XX}"))),
        ("unknown-anchor", document(step("a", "deliver: {after: yesterday}"))),
        ("unknown-step", document(step("a") + step("b", "needs: [c]"))),
        ("unknown-library-step", document(step("a", "use: hello"))),
        ("never-in-time", document(step("a", "deliver: {offset: -2 days}"))),
        ("empty-window", document(step("a", "deliver: {between: ['12:00', '09:00']}"))),
        ("two-times", document(step("a", "deliver: {between: ['09:00', '12:00'], at: '09:00'}"))),
        ("wrong-value", document(step("a", "deliver: {at: '25:00'}"))),
        ("wrong-value", document(step("a", "deliver: {at: '09:00+02:00'}"))),
        ("wrong-value", document(step("a", "deliver: {offset: 3 fortnights}"))),
        ("wrong-value", document(step("a", "on_expiry: explode"))),
        ("wrong-type", document(step("a", "required: perhaps"))),
        ("no-one-to-remind", document("- {id: w, type: wait, title: W, content: {event: x}, reminders: {every: 1 day}}")),
    ],
)
def test_S_each_mistake_has_its_code_and_place(code: str, source: str) -> None:
    """A mistake comes back with its code, its line, and words that help."""
    found = check_pathway(source)
    matching = [one for one in found.errors if one.code == code]
    assert matching, [str(one) for one in found.findings]
    assert all(one.line for one in matching if code != "too-many-contacts")
    assert found.published is None


def test_S_naive_or_zoned_wall_times_are_refused_with_words() -> None:
    """A wall time is the client's own and has no zone."""
    finding = only(document(step("a", "deliver: {at: '09:00Z'}")))
    assert "without a zone" in finding.message


def test_S_a_mistake_does_not_hide_the_next_one() -> None:
    """A wrong field in a step leaves the rest of the step checked."""
    assert codes(document(step("a", "required: perhaps\nwindow: {finish_by: 0}"))) == ["never-satisfied", "wrong-type"]


def test_S_D25_D26_warnings_do_not_keep_from_publishing() -> None:
    """A step without a rationale is warned of, and published."""
    checked = check_pathway(document("- {id: a, type: message, title: A, content: {body: x}}"))
    assert {one.code for one in checked.findings} == {"missing-rationale", "missing-instructions"}
    assert checked.published is not None


def test_D4_library_steps_are_used_as_they_are_or_tailored() -> None:
    """A library step comes in whole; what the pathway says itself wins, content field by content field."""
    library = {
        "sleep": {
            "type": "message",
            "title": "Sleep",
            "rationale": "why",
            "instructions": "do",
            "content": {"body": "Sleep well", "check": "I will"},
        }
    }
    source = document("- {use: sleep}\n- {id: again, use: sleep, title: Mine, content: {body: My own}}")
    checked = check_pathway(source, practice=Practice(library=library))
    assert checked.published is not None, checked.findings
    steps = checked.published.contents.steps
    assert list(steps) == ["sleep", "again"]
    assert steps["again"].title == "Mine"
    assert steps["again"].content == {"body": "My own", "check": "I will"}
    assert library["sleep"]["title"] == "Sleep"


def test_V2_private_steps_declare_no_outcome() -> None:
    """What only the client sees yields no fact, so a condition on it is refused."""
    item = "content: {items: [{id: x, type: yes_no, text: q}], outcomes: [x]}"
    asked = f"- {{id: a, type: questionnaire, title: A, visibility: client_only, {item}}}\n" + step("b", "when: outcomes.a.x")
    assert codes(document(asked)) == ["condition"]
    assert codes(document(asked.replace("client_only", "client_and_practitioner"))) == []


def test_the_schema_describes_every_step_type() -> None:
    """An editor that knows the schema completes the content of each type."""
    schema = pathway_schema()
    assert schema["$defs"]["Step"]["properties"]["type"]["enum"] == sorted(step_types())
    for branch in schema["$defs"]["Step"]["allOf"]:
        reference = branch["then"]["properties"]["content"]["$ref"].removeprefix("#/$defs/")
        assert "properties" in schema["$defs"][reference]
    assert set(re.findall(r'"#/\$defs/([^"]+)"', json.dumps(schema))) <= schema["$defs"].keys()


def test_a_misspelt_type_is_one_mistake() -> None:
    """Not a field nobody knows and a type that is missing as well."""
    source = document(step("a").replace("type:", "typ:"))
    assert [finding.code for finding in check_pathway(source).errors] == ["unknown-field"]
