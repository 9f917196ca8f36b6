"""What a page has somebody type is there."""

import re
from pathlib import Path

import pytest
import typer.main
from typer.core import TyperGroup

from stepwell.cli import app

_ROOT = Path(__file__).parents[2]
_PAGES = sorted([*(_ROOT / "docs").rglob("*.md"), *_ROOT.glob("*.md")])
_TYPED = re.compile(r"`(stepwell [a-z][^`\n]*)`|^\s*\$ (stepwell .+)$", re.MULTILINE)


@pytest.mark.parametrize("page", _PAGES, ids=lambda page: str(page.relative_to(_ROOT)))
def test_every_command_on_a_page_is_one(page: Path) -> None:
    """With its subcommand and each of its options; a group may stand for all of its commands."""
    typed = {one or other for one, other in _TYPED.findall(page.read_text())}
    assert [line for line in sorted(typed) if not _is_known(re.split(r" [#|·]", line)[0].split()[1:])] == []


def test_one_that_is_none_is_found() -> None:
    """By its name, its subcommand, its option."""
    assert _is_known(["journey", "list", "--held"])
    assert not any(map(_is_known, (["journeys"], ["journey", "search"], ["journey", "list", "--failed"])))


def _is_known(words: list[str]) -> bool:
    group, left = typer.main.get_command(app), list(words)
    while isinstance(group, TyperGroup) and left and left[0] in group.commands:
        group = group.commands[left.pop(0)]
    if isinstance(group, TyperGroup):
        return not left
    options = {name for parameter in group.params for name in (*parameter.opts, *parameter.secondary_opts)}
    return all(word.partition("=")[0] in options for word in left if word.startswith("--"))
