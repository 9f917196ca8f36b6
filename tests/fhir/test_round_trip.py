"""A questionnaire goes to FHIR and comes back as it was, but for a list of things that is written down."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.loading import load
from engine.steps.questionnaire import QuestionnaireContent, QuestionnaireStep
from stepwell.fhir.releases import Release
from stepwell.fhir.yaml_out import write_yaml
from tests.fhir.shaping import fetched, meaning, sent
from tests.step_types.contents import contents

RELEASES: tuple[Release, ...] = ("R4", "R5")


def _with_words(items: list[dict[str, Any]]) -> None:
    """Questions of white space alone are none in FHIR."""
    for item in items:
        if "text" in item and not item["text"].strip():
            item["text"] += "?"
        _with_words(item.get("items", []))


@pytest.mark.parametrize("release", RELEASES)
@settings(max_examples=150, deadline=None)
@given(made=contents())
def test_any_questionnaire_comes_back(made: dict[str, Any], release: Release) -> None:
    """Types, limits, options, points, conditions, repetition, sums: the same meaning."""
    _with_words(made["items"])
    content = QuestionnaireContent.model_validate(made)
    if QuestionnaireStep().check(content):
        return
    assert meaning(fetched(sent(content, release))) == meaning(content)


RICH = {
    "intro": {"en": "# Hello\n\n**You** may stop.", "de": "Hallo"},
    "items": [
        {
            "id": "mood",
            "type": "scale",
            "text": {"en": "How is your *mood*?", "de": "Wie ist die *Stimmung*?"},
            **{"min": 0, "max": 10, "min_label": {"en": "Low", "de": "Niedrig"}, "max_label": "High"},
        },
        {
            "id": "item_44250_9",
            "type": "choice",
            "text": "How often? 5 < 6_7",
            "options": [
                {"value": "LA1", "label": {"en": "Never", "de": "Nie"}, "points": 0},
                {"value": "x_2", "label": "1. Often\\*", "points": 1.5},
            ],
            "open": True,
            "asked_if": [{"item": "mood", "at_least": 2}, {"item": "mood", "is_not": 7}],
            "origin": {
                "link_id": "/44250-9",
                "codes": [{"code": "44250-9", "system": "http://loinc.org"}],
                "system": "http://loinc.org",
                "options": {"x_2": {"code": "x 2", "system": "urn:other"}},
            },
        },
        {
            "id": "which",
            "type": "choices",
            "text": "Which?",
            "options": [{"value": "One", "label": "One"}, {"value": "Two_things", "label": "Two things"}],
            "origin": {"kind": "string"},
            **{"min": 0, "max": 2},
        },
        {
            "id": "weight",
            "type": "quantity",
            "text": "Weight",
            "units": [{"code": "kg", "label": "kilogrammes"}],
            "origin": {"system": "http://unitsofmeasure.org"},
            **{"min": 20, "max": 400.5},
        },
        {
            "id": "seen",
            "type": "yes_no",
            "text": "Did you see it?",
            "asked_if": {
                "any": [{"item": "weight", "above": {"value": 80, "unit": "kg"}}, {"item": "which", "includes": "Two_things"}]
            },
            "media": [{"kind": "picture", "url": "https://example.org/a.png", "description": {"en": "A cat", "de": "Katze"}}],
        },
        {"id": "file", "type": "attachment", "text": "A file", "media_types": ["image/*", "application/pdf"]},
        {"id": "n", "type": "number", "text": "How long?", "unit": "minutes", "min": -1.5},
    ],
    "score": {"items": ["item_44250_9", "which"]},
}


@pytest.mark.parametrize("release", RELEASES)
def test_languages_markdown_codes_and_units_come_back(release: Release) -> None:
    """What generated questionnaires do not have."""
    content = QuestionnaireContent.model_validate(RICH)
    assert QuestionnaireStep().check(content) == ()
    assert meaning(fetched(sent(content, release))) == meaning(content)


@pytest.mark.parametrize("release", RELEASES)
def test_something_is_noticed_when_it_is_lost(release: Release) -> None:
    """The comparison sees a difference: an option without its points is another questionnaire."""
    content = QuestionnaireContent.model_validate(RICH)
    resource = sent(content, release)
    del resource["item"][2]["answerOption"][1]["extension"]
    assert meaning(fetched(resource)) != meaning(content)


@settings(max_examples=300, deadline=None)
@given(
    value=st.recursive(
        st.text(max_size=30) | st.integers(-(10**14), 10**14) | st.booleans() | st.none(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abc", min_size=1, max_size=3), inner, max_size=3),
        max_leaves=8,
    )
)
def test_what_is_written_as_yaml_reads_back(value: Any) -> None:
    """`1e5`, `on`, `09:00`, colons, quotes, lines, signs of writing: text stays text and numbers stay numbers."""
    assert load(write_yaml({"a": value}, ["a comment"])).value == {"a": value}
