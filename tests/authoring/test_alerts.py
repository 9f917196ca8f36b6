"""D9, R8: nobody is asked about risk in the dark."""

import pytest

from engine.publishing import Practice, check_pathway
from tests.pathways import document

ALERTS = "alerts: {to: practitioner, ladder: [{after: 1 hour, to: on_call}]}"
OFF = "risks_off: [{rule: thoughts, by: Dr. Eva, reason: asked in person every week}]"


def asks(visibility: str = "client_and_practitioner", more: str = "") -> str:
    """A step with a risk rule."""
    item = "{id: thoughts, type: scale, text: T, min: 0, max: 3, risk: {name: thoughts, above: 0}}"
    head = f"- id: a\n  type: questionnaire\n  title: A\n  rationale: r\n  instructions: i\n  visibility: {visibility}\n"
    return f"{head}  content:\n    items: [{item}]\n    {more}\n"


def found(source: str, **practice: object) -> list[str]:
    return sorted(one.code for one in check_pathway(source, practice=Practice(**practice)).errors)  # type: ignore[arg-type]


def test_R8_somebody_named_and_both_texts_or_nothing_is_published() -> None:
    """Each of them is missed by itself; with all of them there it is published, and knows that it is risky."""
    assert found(document(asks())) == ["nobody-alerted"]
    unwritten = ("STEPWELL_CRISIS_TEXT", "STEPWELL_NOTICE_TEXT")
    assert found(document(asks(), ALERTS), unwritten=unwritten) == ["no-crisis-text", "no-crisis-text"]
    assert found(document(asks(), ALERTS), unwritten=(), roles=()) == ["unknown-role"]
    checked = check_pathway(document(asks(), ALERTS), practice=Practice(unwritten=(), roles=("on_call",)))
    assert checked.findings == ()
    assert checked.published is not None
    structure = checked.published.structure
    assert structure.steps[0].is_risky
    assert structure.alerts is not None
    assert [rung.to for rung in structure.alerts.rungs] == ["practitioner", "on_call"]


@pytest.mark.parametrize("visibility", ["client_only", "client_decides"])
def test_D9_a_private_step_asks_about_risk_only_with_its_rule_switched_off_by_name(visibility: str) -> None:
    """By a named practitioner, with a reason; then nobody need be alerted either."""
    assert found(document(asks(visibility), ALERTS)) == ["risk-in-private"]
    assert found(document(asks(visibility, OFF))) == []
    assert "content" in found(document(asks(visibility, OFF.replace("rule: thoughts", "rule: other"))))
    assert found(document(asks(visibility, OFF.replace("Dr. Eva", '" "')))) != []
