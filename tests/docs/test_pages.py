"""The pages hold: those of the step types say what their code says, and every link leads somewhere."""

import re
from pathlib import Path

import pytest

from engine.loading import load
from engine.steps import BUILT_IN
from engine.steptype import AnyStepType
from stepwell.reference import CASES, EVENTS, PAGES, event_table, write_pages
from stepwell.testing import read_cases
from stepwell.testing.places import nested_models

ROOT = Path(__file__).parents[2]
DOCS = sorted([*(ROOT / "docs").rglob("*.md"), *ROOT.glob("*.md")])
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_CODE = re.compile(r"```.*?```", re.DOTALL)


def test_the_pages_of_the_step_types_are_as_the_generator_writes_them(tmp_path: Path) -> None:
    """Where this fails: make docs."""
    write_pages(tmp_path, CASES)
    assert {file.name: file.read_text() for file in tmp_path.iterdir()} == {
        one.name: one.read_text() for one in PAGES.iterdir()
    }


def test_the_page_about_events_lists_every_one() -> None:
    """Where this fails: make docs."""
    assert f"\n{event_table()}\n" in EVENTS.read_text()


@pytest.mark.parametrize("kind", BUILT_IN, ids=lambda kind: kind.name)
def test_an_example_is_what_its_case_says(kind: AnyStepType) -> None:
    """Copied from the page into a pathway, it means the same."""
    (block,) = re.findall(r"```yaml\n(.*?)```", (PAGES / f"{kind.name}.md").read_text(), re.DOTALL)
    (step,) = load(block).value
    first = read_cases(CASES / f"{kind.name}.yaml")[0]["content"]
    assert kind.content_model.model_validate(step["content"]) == kind.content_model.model_validate(first)


@pytest.mark.parametrize("kind", BUILT_IN, ids=lambda kind: kind.name)
def test_an_author_is_told_what_every_model_is(kind: AnyStepType) -> None:
    """And what every field of the content and of the response is."""
    for model in (kind.content_model, kind.response_model):
        assert all(one.__doc__ for one in nested_models(model))
        assert [name for name, field in model.model_fields.items() if not field.description] == []


def _anchors(page: str) -> set[str]:
    heads = re.findall(r"^#+ (.+)$", _CODE.sub("", page), re.MULTILINE)
    return {
        re.sub(r"[^\w\- ]", "", re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", head)).strip().lower().replace(" ", "-")
        for head in heads
    }


@pytest.mark.parametrize("page", DOCS, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    """To a file that is there, and to a heading in it."""
    for target in _LINK.findall(re.sub(r"`[^`\n]*`", "", _CODE.sub("", page.read_text()))):
        if target.startswith(("http://", "https://", "mailto:")):
            continue
        name, _, anchor = target.partition("#")
        file = (page.parent / name).resolve() if name else page
        assert file.exists(), target
        assert not anchor or anchor in _anchors(file.read_text()), target
