"""Where a lookup that decides fails, the answer is no: nobody is let in, and nothing is shown (SC30)."""

from collections.abc import Callable
from typing import Any

import pytest
from structlog.testing import capture_logs

from stepwell import reading
from stepwell.api import identity
from store import clients, journeys, responses
from tests.api.world import ABOUT_A, NOTE, World

_FAULT = "CANARY-FAULT"
_ANSWER = "/journeys/{journey}/occurrences/both.1/responses"
_LOOKUPS: dict[str, tuple[Any, str, tuple[tuple[str, str], ...]]] = {
    "whose key it is": (identity, "caller_of_key", (("client A", "/clients/{client}/to-do"), ("practitioner of A", _ANSWER))),
    "whose link it is": (identity, "bearer_of", (("link of A", "/link"),)),
    "whose journey it is": (journeys, "get", (("client A", _ANSWER), ("practitioner of A", _ANSWER))),
    "whose client they are": (clients, "get", (("client A", "/clients/{client}"), ("practitioner of A", "/clients/{client}"))),
    "who may read an answer": (reading, "may_read", (("client A", _ANSWER), ("practitioner of A", _ANSWER))),
    "what was answered": (responses, "of_occurrence", (("client A", _ANSWER), ("practitioner of A", _ANSWER))),
}
"""What decides, and who asks for what it decides about: each is let in as long as nothing fails."""


def _fails(*_: object, **__: object) -> Callable[..., Any]:
    raise RuntimeError(_FAULT)


@pytest.mark.parametrize("lookup", _LOOKUPS)
async def test_SC30_a_lookup_that_fails_is_a_no(world: World, lookup: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fault in the middle of a decision: 500, the request's id, and not a word of what it was about or of the fault."""
    module, name, asked = _LOOKUPS[lookup]
    a = await world.new_a()
    callers = await world.callers(a)
    pages = [(callers[who], page.format(**a._asdict())) for who, page in asked]
    for caller, page in pages:
        assert (await caller.get(page)).status_code == 200
    monkeypatch.setattr(module, name, _fails)
    for caller, page in pages:
        with capture_logs() as said:
            answer = await caller.get(page)
        assert (answer.status_code, answer.headers["cache-control"]) == (500, "no-store")
        assert answer.json()["request_id"] == answer.headers["x-request-id"]
        assert not [word for word in (*ABOUT_A, NOTE, _FAULT) if word in answer.text]
        assert [line["error"] for line in said if line["log_level"] == "error"] == ["RuntimeError"]
