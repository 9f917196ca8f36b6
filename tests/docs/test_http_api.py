"""The page of the HTTP API names every code that the code has, with its status."""

import ast
import re
from pathlib import Path

from stepwell.api.problems import _ABOUT_WHAT_WAS_SENT

_ROOT = Path(__file__).parents[2]
_ROW = re.compile(r"^\| ((?:`\w+`(?:, )?)+) \| (\d{3}) \|$", re.MULTILINE)
_FIXED = {
    **{"forbidden": 403, "not_found": 404, "changed": 412, "invalid_response": 422, "invalid_pathway": 422},
    **{"malformed": 422, "unavailable": 503, "internal": 500, "method_not_allowed": 405, "bad_request": 400},
    "key_destroyed": 410,
}
"""What is no refusal by a rule."""


def _raised() -> dict[str, int]:
    """Every code that is raised somewhere, with its status."""
    found = dict(_FIXED)
    for file in (one for folder in ("stepwell", "engine") for one in (_ROOT / folder).rglob("*.py")):
        if file.parent.name == "console":  # pages have words
            continue
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call):
                found |= _code_of(node)
    return found


def _code_of(call: ast.Call) -> dict[str, int]:
    name = getattr(call.func, "id", "")
    values = [one.value if isinstance(one, ast.Constant) else None for one in call.args[:2]]
    if name in ("Refused", "Refusal") and isinstance(values[0], str):
        return {values[0]: 422 if values[0] in _ABOUT_WHAT_WAS_SENT else 409}
    if name == "ApiError" and isinstance(values[1], str) and isinstance(values[0], int):
        return {values[1]: values[0]}
    return {}


def test_the_page_has_every_code_with_its_status() -> None:
    """A host that was written by the page meets nothing new."""
    page = (_ROOT / "docs" / "http-api.md").read_text()
    told = {code: int(status) for codes, status in _ROW.findall(page) for code in re.findall(r"`(\w+)`", codes)}
    assert told == _raised()


def test_every_code_that_is_said_to_be_about_what_was_sent_is_raised_somewhere() -> None:
    """None is left over from what was."""
    assert set(_raised()) >= _ABOUT_WHAT_WAS_SENT
