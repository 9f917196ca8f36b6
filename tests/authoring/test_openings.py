"""What branches and menus open: found out before anybody is sent it."""

import pytest

from engine.publishing import check_pathway, compile_pathway
from tests.pathways import document, step


def menu(opens: str, more: str = "") -> str:
    """A menu whose first thing opens steps."""
    head = f"- id: menu\n  type: choice\n  title: M\n  rationale: r\n  instructions: i\n  {more}\n"
    return f"{head}  content: {{options: [{{value: x, label: X, opens: {opens}}}, {{value: y, label: Y}}]}}\n"


def fork(when: str, steps: str = "[a]", otherwise: str = "[b]") -> str:
    """A fork with one way."""
    way = f"{{name: one, when: '{when}', steps: {steps}}}"
    return f"- id: fork\n  type: branch\n  title: F\n  content: {{ways: [{way}], otherwise: {otherwise}}}\n"


def codes(source: str) -> list[str]:
    return sorted({one.code for one in check_pathway(source).errors})


def test_an_opened_step_comes_only_where_it_was_opened_and_where_its_own_condition_holds() -> None:
    """Both; and of several ways that open it one is enough."""
    source = document(menu("[a]") + step("a", "when: journey.day < 9") + step("b"))
    (a,) = (one for one in compile_pathway(source).structure.steps if one.id == "a")
    assert a.when is not None
    assert a.when.source == "(journey.day < 9) && (('x' in outcomes.menu.picked))"
    both = document(menu("[a]") + fork("true", "[a]", "[]") + step("a"))
    (a,) = (one for one in compile_pathway(both).structure.steps if one.id == "a")
    assert a.when is not None
    assert a.when.source == "('x' in outcomes.menu.picked) || (outcomes.fork.way in ['one'])"


@pytest.mark.parametrize(
    ("steps", "code"),
    [
        (menu("[nothing]") + step("a"), "unknown-step"),
        (step("a") + menu("[a]"), "cycle"),
        (menu("[menu]") + step("a"), "cycle"),
        (menu("[a]", "required: false") + step("a"), "opened-too-early"),
        (menu("[a]") + step("a", "regardless: true"), "opened-too-early"),
        (menu("[a]", "visibility: client_only") + step("a"), "private-outcome"),
        (fork("outcomes.nothing.score > 1") + step("a") + step("b"), "condition"),
        (fork("1 + 1") + step("a") + step("b"), "condition"),
        (fork("true").replace("name: one", "name: otherwise") + step("a") + step("b"), "content"),
        (menu("[a]").replace("value: y", "value: x") + step("a"), "content"),
        (step("a") + "- {id: look, type: review, title: L, content: {prompt: P, of: [nothing]}}\n", "unknown-step"),
        ("- {id: look, type: review, title: L, content: {prompt: P, of: [a]}}\n" + step("a"), "cycle"),
        (step("a", "stage: nowhere"), "unknown-stage"),
    ],
)
def test_S_what_opens_and_looks_at_steps_is_checked(steps: str, code: str) -> None:
    """Each mistake by its code."""
    assert codes(document(steps)) == [code]


def test_an_optional_menu_opens_what_waits_for_it() -> None:
    """Skipped, what it would have opened does not apply."""
    assert codes(document(menu("[a]", "required: false") + step("a", "needs: [menu]"))) == []


@pytest.mark.parametrize(
    "head",
    ["title: 'Hello {{surname}}'", "stages: [{id: a, title: '{{name.first}}'}]", "title: '{{ 7*7 }}'"],
)
def test_S_only_known_places_are_filled_in(head: str) -> None:
    """A misspelt placeholder would stand in a client's text for ever."""
    source = document(step("a"), head) if "title" not in head[:5] else document(step("a")).replace("title: Trial", head)
    assert codes(source) == ["unknown-placeholder"]
    assert codes(document(step("a", body="'Hello {{ name }}, until {{dates.surgery}}'"))) == []
    assert codes(document(step("a", body="'{{client.name}}'"))) == ["unknown-placeholder"]
