"""Whatever a test has the store seal is a canary: when the test is over it stands in no file that it leaves, and in nothing it logged.

Names, addresses, answers, questions and reasons, of every test that has a folder: the store, Temporal's database, logs, dumps.
What mails say is looked at elsewhere (`tests/activities/test_canaries.py`): they carry their reader's own name and address.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from store.sessions import SealingSession
from store.tables import AlertRow, ClientRow, PostRow, PractitionerRow, ResponseDraftRow, ResponseRow, TailoringRow

_OF_PEOPLE = {
    ClientRow: ("display_name", "channels", "consent_text", "held_reason"),
    PractitionerRow: ("display_name", "email"),
    ResponseRow: ("payload", "outcome"),
    ResponseDraftRow: ("payload",),
    PostRow: ("text",),
    TailoringRow: ("words", "reason"),
    AlertRow: ("reason",),
}
_A_CODE = re.compile(r"@?[a-z0-9_.:-]*|.{0,5}", re.DOTALL)
"""What means nothing by itself, or is found by chance: ids, choices, instants, domains, and short words."""
_MAIL = "*.eml"
_sealed: set[str] = set()


@event.listens_for(SealingSession, "before_flush", insert=True)
def _note(session: Session, _context: object, _objects: object) -> None:
    for row in [*session.new, *session.dirty]:
        for name in _OF_PEOPLE.get(type(row), ()):
            _sealed.update(_words_in(vars(row).get(name)))


@pytest.fixture(autouse=True)
def nothing_leaks(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail a test that leaves a canary where anybody could read it; `leaves_words` says why one may."""
    folder = request.getfixturevalue("tmp_path") if "tmp_path" in request.fixturenames else None
    _sealed.clear()
    yield
    if folder is not None and request.node.get_closest_marker("leaves_words") is None:
        assert found(folder, _sealed) == {}, "canaries (SC8, SC9)"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """Fail a test in whose log or output a canary stands."""
    report: pytest.TestReport = yield
    said = "".join(text for name, text in report.sections if name.startswith("Captured"))
    words = {one for one in _sealed if one in said}
    if words and report.when == "call" and report.passed and item.get_closest_marker("leaves_words") is None:
        report.outcome, report.longrepr = "failed", f"canaries were said (SC9): {words}"
    return report


def found(folder: Path, words: set[str]) -> dict[str, set[str]]:
    """The words that stand in files below a folder, by file; as they are, and as JSON writes them."""
    wanted = {one: {one.encode(errors="surrogatepass"), json.dumps(one)[1:-1].encode()} for one in words}
    leaks: dict[str, set[str]] = {}
    for file in folder.rglob("*") if wanted else ():
        if file.is_file() and not file.is_symlink() and not file.match(_MAIL):
            held = file.read_bytes()
            if here := {word for word, spelled in wanted.items() if any(one in held for one in spelled)}:
                leaks[str(file.relative_to(folder))] = here
    return leaks


def _words_in(value: Any) -> Iterator[str]:
    match value:
        case str() if not _A_CODE.fullmatch(value):
            yield value
        case dict():
            for one in value.values():
                yield from _words_in(one)
        case list():
            for one in value:
                yield from _words_in(one)
