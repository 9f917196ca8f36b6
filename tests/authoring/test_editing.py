"""D3, D19: documents made from others say what they said before."""

from typing import Any

import pytest

from engine.loading import dump, load
from engine.publishing import check_pathway
from engine.publishing.editing import CannotEdit, combine, copy, reorder
from tests.pathways import EXAMPLES, document, step


def read(source: str) -> dict[str, Any]:
    value: dict[str, Any] = load(source).value
    return value


def test_D19_a_copy_is_the_same_under_another_name() -> None:
    """Nothing else changes, and the first stays as it was."""
    first = read(document(step("a") + step("b")))
    second = copy(first, "other", "Other")
    assert (second["pathway"], second["title"], second["steps"]) == ("other", "Other", first["steps"])
    assert first["pathway"] == "trial"


def test_D19_combined_pathways_keep_their_references() -> None:
    """Steps that share an id are renamed, wherever they are named: anchors, gates, conditions, menus, reviews."""
    options = "[{value: x, label: X, opens: [a]}, {value: y, label: Y}]"
    menu = f"- {{id: menu, type: choice, title: M, content: {{options: {options}}}}}\n"
    more = "needs: [menu]\ndeliver: {after: menu.delivered}\n"
    after = "when: done.a && 'x' in outcomes.menu.picked\nneeds: 'done.a'"
    review = "- {id: look, type: review, title: L, content: {prompt: P, of: [a]}}"
    one = read(document(menu + step("a", more) + step("ab", after) + review))
    both = combine([one, {**one, "pathway": "second-one"}], "both", "Both")
    ids = ["menu", "a", "ab", "look"]
    assert [each["id"] for each in both["steps"]] == [*ids, *(f"second_one_{name}" for name in ids)]
    renamed = {each["id"].removeprefix("second_one_"): each for each in both["steps"][4:]}
    assert renamed["menu"]["content"]["options"][0]["opens"] == ["second_one_a"]
    assert (renamed["a"]["needs"], renamed["a"]["deliver"]) == (["second_one_menu"], {"after": "second_one_menu.delivered"})
    assert renamed["ab"]["when"] == "done.second_one_a && 'x' in outcomes.second_one_menu.picked"
    assert renamed["look"]["content"]["of"] == ["second_one_a"]


@pytest.mark.parametrize("name", ["depression-homework", "surgery", "couple-communication"])
def test_D19_combined_examples_can_be_published(name: str) -> None:
    """With themselves, so that every id is there twice."""
    one = read((EXAMPLES / f"{name}.yaml").read_text())

    both = combine([one, {**one, "pathway": "again"}], "both", one["title"])
    found = check_pathway(dump(both)).errors
    assert [one for one in found if one.code != "too-many-contacts"] == []


def test_D3_steps_come_in_another_order() -> None:
    """Every one of them once."""
    first = read(document(step("a") + step("b") + step("c")))
    assert [one["id"] for one in reorder(first, ["c", "a", "b"])["steps"]] == ["c", "a", "b"]
    for order, words in ((["a", "b"], "left out: c"), (["a", "b", "x"], "'x' is no step"), (["a", "b", "c", "c"], "twice")):
        with pytest.raises(CannotEdit, match=words):
            reorder(first, order)


@pytest.mark.parametrize(
    "text", ["on", "1e3", "09:00", "", "true", " x ", "a: b", "# no", "two\nlines\n", "'", '"', "- a", "{x}", "~", "0x1"]
)
def test_what_is_written_is_read_as_it_was(text: str) -> None:
    """Texts stay texts, whatever they look like."""
    assert load(dump({"a": [text, {"b": text}], "c": 1, "d": None, "e": True})).value == {
        "a": [text, {"b": text}],
        "c": 1,
        "d": None,
        "e": True,
    }
