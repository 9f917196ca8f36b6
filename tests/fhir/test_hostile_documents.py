"""Whatever is given to the import, it ends soon, with a draft or with `Unusable` and a reason."""

import json
from contextlib import suppress
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.loading import load
from stepwell.fhir import Unusable, import_fhir

DOCUMENTS = [json.loads(file.read_bytes()) for file in sorted((Path(__file__).parent / "documents").glob("*.json"))]
ODD: list[Any] = [
    *(None, True, 0, -1, 2**40, 1e308, "", " ", "x" * 3000, [], {}, [[]], [None, 1, "x"], {"a": {"b": []}}),
    *("{{name}}", "<script>alert(1)</script>", "\u202eevil", "\x00", "'", "- a: b #", "on", "2026-99-99", "group", "choice"),
    *({"url": None}, [{"url": 5, "valueBoolean": "x"}], {"value": "NaN", "code": "d"}, "😀" * 50, "\\", "a\nb: c\n---\n"),
]


def _places(value: Any) -> list[tuple[Any, Any]]:
    """Every place that holds a value, as its container and its key."""
    found: list[tuple[Any, Any]] = []
    waiting = [value]
    while waiting:
        one = waiting.pop()
        pairs = list(one.items()) if isinstance(one, dict) else list(enumerate(one)) if isinstance(one, list) else []
        found += [(one, key) for key, _ in pairs]
        waiting += [inner for _, inner in pairs]
    return found


def _tried(source: bytes) -> None:
    with suppress(Unusable):
        import_fhir([("it", source)])


@settings(max_examples=400, deadline=None)
@given(data=st.data())
def test_mutated_documents(data: st.DataObject) -> None:
    """Dropped keys, wrong types, hostile words, copied parts."""
    value = deepcopy(data.draw(st.sampled_from(DOCUMENTS)))
    for _ in range(data.draw(st.integers(1, 4))):
        places = _places(value)
        if not places:
            break
        container, key = places[data.draw(st.integers(0, len(places) - 1))]
        match data.draw(st.sampled_from(["drop", "odd", "copy"])):
            case "drop":
                del container[key]
            case "odd":
                container[key] = deepcopy(data.draw(st.sampled_from(ODD)))
            case _:
                other, there = places[data.draw(st.integers(0, len(places) - 1))]
                container[key] = deepcopy(other[there])
    _tried(json.dumps(value).encode("utf-8", "surrogatepass"))


@settings(max_examples=100, deadline=None)
@given(source=st.binary(max_size=200))
def test_bytes_that_are_nothing(source: bytes) -> None:
    """Never another error."""
    _tried(source)


def _nested(depth: int) -> dict[str, Any]:
    item: dict[str, Any] = {"linkId": "x", "type": "boolean", "text": "x"}
    for at in range(depth):
        item = {"linkId": f"g{at}", "type": "group", "item": [item]}
    return {"resourceType": "Questionnaire", "item": [item]}


def _many(number: int) -> dict[str, Any]:
    return {
        "resourceType": "Questionnaire",
        "item": [{"linkId": f"Q {at}", "type": "string", "text": "Why?"} for at in range(number)],
    }


def _far_reaching() -> dict[str, Any]:
    """A small document that would be a large draft: one value set for many questions."""
    concepts = [{"code": f"c{at}"} for at in range(1000)]
    values = {"resourceType": "ValueSet", "id": "v", "compose": {"include": [{"concept": concepts}]}}
    items = [{"linkId": f"q{at}", "type": "choice", "answerValueSet": "#v"} for at in range(2000)]
    return {"resourceType": "Questionnaire", "contained": [values], "item": items}


@pytest.mark.parametrize(
    ("source", "says"),
    [
        (b"[" * 100_000, "nested too deeply"),
        (json.dumps(_nested(400)).encode(), "deep"),
        (json.dumps(_many(10_000)).encode(), "10,000 items"),
        (b"{" + b" " * 5_000_001, "larger than"),
        (b'{"resourceType": "Questionnaire", "item": [NaN]}', "NaN is no number"),
        (b'{"resourceType": "Questionnaire", "item": ' + b"9" * 5000 + b"}", "no JSON"),
        (b"<Questionnaire/>", "XML"),
        (b"{}", "no resourceType"),
        (b'{"resourceType": "Patient"}', "neither a Questionnaire nor a PlanDefinition"),
        (b'{"resourceType": "Bundle"}', "no FHIR resource"),
        (b'{"resourceType": "Questionnaire"}', "no items"),
        (b'{"resourceType": "PlanDefinition"}', "no actions"),
        (b"\xff\xfe", "no JSON"),
        (json.dumps({"resourceType": "Questionnaire", "item": [[1]] * 200_001}).encode(), "more than 200,000 values"),
        (json.dumps({"resourceType": "PlanDefinition", "action": [{"title": "a"}] * 901}).encode(), "900 actions"),
        (json.dumps(_far_reaching()).encode(), "20,000 options"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_cannot_be_used_is_said(source: bytes, says: str) -> None:
    """The reason, in words."""
    with pytest.raises(Unusable, match=says):
        import_fhir([("it", source)])


def test_more_items_than_a_step_takes_are_a_finding() -> None:
    """A person splits them; the draft is there to be split."""
    draft = import_fhir([("it", json.dumps(_many(400)).encode())])
    assert any("more than 300 items" in finding.message for finding in draft.findings)


def test_deep_groups_are_put_beside_each_other() -> None:
    """Up to the depth that documents may have."""
    draft = import_fhir([("it", json.dumps(_nested(30)).encode())])
    assert not [finding for finding in draft.findings if finding.severity == "error"]


def test_hostile_words_stay_words() -> None:
    """Script, templates, marks of writing: shown as they are, or not at all."""
    words = "<script>x</script> {{name}} [a](javascript:b) \u202e\x00 **b**"
    resource = {"resourceType": "Questionnaire", "item": [{"linkId": words, "type": "string", "text": words}]}
    draft = import_fhir([("it", json.dumps(resource).encode())])
    (item,) = load(draft.pathway).value["steps"][0]["content"]["items"]
    assert item["text"] == r"\<script>x\</script> { {name}} \[a\](javascript:b)  \*\*b\*\*"
    assert "\u202e" not in draft.pathway
    assert not [finding for finding in draft.findings if finding.severity == "error"]
