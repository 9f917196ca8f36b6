"""Reading an answer as an operator: only with the right, only for a reason, and it is kept who read what and why (SC14)."""

import pytest

from stepwell.access import SCOPES, Caller
from stepwell.errors import Forbidden, NotFound, Refused
from store import audit
from tests.console.desk import ANSWER, Console

OLGA = Caller(tenant="default", kind="operator", id="olga", scopes=frozenset(SCOPES), credential="key_o")


async def _answered(console: Console) -> str:
    journey = await console.troubled()
    await console.stepwell.respond(journey, "note.1", {"answers": {"words": ANSWER}})
    await console.stepwell.respond(journey, "secret.1", {"answers": {"words": "CANARY-SECRET"}})
    return journey


async def test_an_answer_is_shown_for_a_reason_that_is_kept(console: Console) -> None:
    """The page shows it once; the audit says who, what, when, why and in which request, and nothing of the answer."""
    journey = await _answered(console)
    someone = await console.operator(reveals=True)
    address = f"/journeys/{journey}/occurrences/note.1/reveal"
    assert ANSWER not in (await someone.get(address)).text
    answer = await someone.post(address, {"reason": "The client asked us to look."})
    assert answer.status_code == 200
    assert ANSWER in answer.text
    assert answer.headers["cache-control"] == "no-store"
    entry = (await console.stepwell.audit())[0]
    assert (entry.actor, entry.action, entry.object) == ("operator:olga", "answers revealed", f"{journey}/note.1")
    assert (entry.reason, entry.request) == ("The client asked us to look.", answer.headers["x-request-id"])
    page = await someone.get("/audit")
    assert "The client asked us to look." in page.text
    assert ANSWER not in page.text


async def test_what_is_for_the_client_only_is_shown_to_nobody(console: Console) -> None:
    """That it was tried is kept all the same."""
    journey = await _answered(console)
    someone = await console.operator(reveals=True)
    answer = await someone.post(f"/journeys/{journey}/occurrences/secret.1/reveal", {"reason": "Let me see."})
    assert answer.status_code == 200
    assert "CANARY-SECRET" not in answer.text
    assert "nothing here that may be shown" in answer.text
    assert (await console.stepwell.audit())[0].object == f"{journey}/secret.1"


async def test_without_the_right_there_is_no_way_to_it(console: Console) -> None:
    """No link on the page, no form, no answer; and nothing in the audit but the signing in."""
    journey = await _answered(console)
    someone = await console.operator()
    assert "/reveal" not in (await someone.get(f"/journeys/{journey}?ahead=true")).text
    address = f"/journeys/{journey}/occurrences/note.1/reveal"
    assert (await someone.get(address)).status_code == 403
    answer = await someone.post(address, {"reason": "Let me see."})
    assert answer.status_code == 403
    assert ANSWER not in answer.text
    assert "answers revealed" not in {one.action for one in await console.stepwell.audit()}


@pytest.mark.parametrize("reason", ["", "   ", "x" * 2001, "bell \x07"])
async def test_without_a_reason_nothing_is_read(console: Console, reason: str) -> None:
    """Refused before anything is looked up; the audit says nothing of it."""
    journey = await _answered(console)
    before = await console.stepwell.audit()
    with pytest.raises(Refused):
        await console.stepwell.called_by(OLGA).reveal(journey, "note.1", reason=reason)
    assert await console.stepwell.audit() == before


async def test_where_it_cannot_be_kept_nothing_is_shown(console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading and keeping are one transaction (SC30)."""
    journey = await _answered(console)

    async def broken(*_: object) -> None:
        raise RuntimeError("the disk is full")

    monkeypatch.setattr(audit, "append", broken)
    with pytest.raises(RuntimeError):
        await console.stepwell.called_by(OLGA).reveal(journey, "note.1", reason="The client asked us to look.")


@pytest.mark.parametrize("kind", ["host", "practitioner", "client"])
async def test_it_is_for_operators_alone(console: Console, kind: str) -> None:
    """Practitioners read answers by their own right, hosts for them."""
    journey = await _answered(console)
    caller = Caller(tenant="default", kind=kind, id="dr", scopes=frozenset(SCOPES))  # type: ignore[arg-type]
    with pytest.raises(Forbidden):
        await console.stepwell.called_by(caller).reveal(journey, "note.1", reason="Let me see.")


async def test_another_tenants_answers_are_not_there(console: Console) -> None:
    """As if there were no such journey."""
    journey = await _answered(console)
    other = Caller(tenant="other", kind="operator", id="olga", scopes=frozenset(SCOPES))
    with pytest.raises(NotFound):
        await console.stepwell.called_by(other).reveal(journey, "note.1", reason="Let me see.")


async def test_a_caught_mail_is_read_for_a_reason_as_well(console: Console) -> None:
    """The list shows neither to whom nor what; reading one is kept."""
    journey = await console.troubled()
    await console.home.recorded(journey, "step_delivered")
    await console.home.idle(journey)
    someone = await console.operator(reveals=True)
    listed = await someone.get("/mail")
    assert "canary@example.org" not in listed.text
    assert "c…@….org" in listed.text
    assert (await someone.post("/mail/1", {"reason": " "})).status_code == 409
    shown = await someone.post("/mail/1", {"reason": "To see what is sent."})
    assert "canary@example.org" in shown.text
    assert [one.action for one in await console.stepwell.audit(limit=2)] == ["mail revealed", "signed in"]
    assert (await (await console.operator()).post("/mail/1", {"reason": "To see."})).status_code == 403
