"""Links in clients' mails: they show, and only what is sent changes anything; one step, for a while, and never a hint why not."""

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import Message
from email.policy import default
from pathlib import Path

import httpx
import pytest

from store import links
from store.tables import ClientLinkRow
from tests.api.front import Front, front, publish_one_step
from tests.pathways import document, step

PUBLIC = "https://stepwell.example.org"
ANSWER = {"response": {"answers": {"words": "Well."}}}


@pytest.fixture
async def mailing(tmp_path: Path) -> AsyncIterator[Front]:
    """A gateway whose mails hold links."""
    async with front(
        tmp_path,
        email={
            "client_link": "https://app.example.org/step#{token}",
            "opt_out_link": PUBLIC + "/v1/link/opt-out/{token}",
        },
    ) as up:
        yield up


async def _enrolled(door: Front, client: str = "ann") -> str:
    stepwell = door.of()
    await publish_one_step(stepwell)
    await stepwell.add_client(id=client, email=f"{client}@example.org")
    journey = (await stepwell.start(client, "one-step")).id
    await door.home.recorded(journey, "step_delivered")
    return journey


async def _linked(door: Front, journey: str, occurrence: str = "note.1") -> httpx.AsyncClient:
    made = await door.of().make_link(journey, occurrence)
    return door.connection(made.token)


async def _mail(door: Front) -> Message:
    async def came() -> list[Path]:
        return sorted(door.home.mail.folder.glob("*.eml"))

    found = await door.home.until(came, "a mail")
    return message_from_bytes(found[-1].read_bytes(), policy=default)


async def test_SC25_a_mail_brings_a_token_that_opens_its_step_and_nothing_else(mailing: Front) -> None:
    """At least 128 random bits behind a prefix; kept as a hash; no other route takes it."""
    journey = await _enrolled(mailing)
    mail = await _mail(mailing)
    token = re.search(r"step#(stl_[\w-]+)", mail.get_body().get_content()).group(1)  # type: ignore[union-attr]
    assert len(token) >= len("stl_") + 128 / 6
    bearer = mailing.connection(token)
    shown = (await bearer.get("/link")).json()
    assert (shown["journey"], shown["occurrence"], shown["state"]) == (journey, "note.1", "open")
    for path in ("/clients/ann", f"/journeys/{journey}", "/clients", f"/journeys/{journey}/occurrences/note.1/responses"):
        assert (await bearer.get(path)).status_code == 403, path
    held = await mailing.home.held()
    assert links.hash_of(token).encode() in held, "it is the store that was looked at"
    assert token.encode() not in held


async def test_SC25_a_scanner_that_fetches_every_address_changes_nothing(mailing: Front) -> None:
    """Every address of the mail, by GET and HEAD, with and without its token as a credential: the step is not even opened."""
    journey = await _enrolled(mailing)
    mail = await _mail(mailing)
    addresses = re.findall(r"https://[^\s<>\"]+", mail.as_string())
    assert len(addresses) >= 2
    before = await mailing.of().history(journey)
    for address in addresses:
        path, _, token = address.removeprefix(f"{PUBLIC}/v1").removeprefix("https://app.example.org").partition("#")
        for connection in (mailing.connection(), mailing.connection(token or "nothing")):
            for one in (path, "/link", "/link/open", "/link/responses", "/link/opt-out"):
                await connection.get(one)
                await connection.head(one)
    assert await mailing.of().history(journey) == before
    assert (await mailing.of().client("ann")).opted_out == ()


async def test_SC25_the_mails_end_by_one_click(mailing: Front) -> None:
    """RFC 8058: two headers, a POST without any cookie or sign-in, and no more mail; a page asks whoever opens it."""
    await _enrolled(mailing)
    mail = await _mail(mailing)
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    path = mail["List-Unsubscribe"].strip("<>").removeprefix(f"{PUBLIC}/v1")
    nobody = mailing.connection()
    page = await nobody.get(path, headers={"accept-language": "de-CH,de;q=0.9"})
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert '<html lang="de">' in page.text
    assert '<form method="post">' in page.text
    assert page.headers["referrer-policy"] == "no-referrer"
    assert (await mailing.of().client("ann")).opted_out == ()
    assert (await nobody.post(path, data={"List-Unsubscribe": "One-Click"})).status_code == 200
    assert (await mailing.of().client("ann")).opted_out == ("email",)
    assert (await nobody.post(path)).status_code == 200


async def test_SC25_the_token_that_ends_mails_opens_nothing_and_the_other_way_round(mailing: Front) -> None:
    """What stands in an address, where proxies may keep it, shows nobody's step."""
    journey = await _enrolled(mailing)
    mail = await _mail(mailing)
    opting_out = mail["List-Unsubscribe"].strip("<>").rpartition("/")[2]
    assert (await mailing.connection(opting_out).get("/link")).status_code == 401
    token = (await mailing.of().make_link(journey, "note.1")).token
    assert (await mailing.connection().post(f"/link/opt-out/{token}")).status_code == 200
    assert (await mailing.of().client("ann")).opted_out == ()


async def test_a_client_answers_with_nothing_but_the_link(door: Front) -> None:
    """Opened, begun, sent; then the link is over, and only the same request gets its answer again."""
    journey = await _enrolled(door)
    bearer = await _linked(door, journey)
    assert (await bearer.post("/link/open")).status_code == 200
    assert (await bearer.put("/link/draft", json={"response": {"answers": {"words": "We"}}})).status_code == 204
    assert (await bearer.get("/link")).json()["draft"] == {"answers": {"words": "We"}}
    key = {"idempotency-key": "answer-by-link"}
    first = await bearer.post("/link/responses", json=ANSWER, headers=key)
    assert first.status_code == 201, first.text
    again = await bearer.post("/link/responses", json=ANSWER, headers=key)
    assert (again.status_code, again.text, again.headers["idempotency-replayed"]) == (201, first.text, "true")
    for gone in (
        await bearer.get("/link"),
        await bearer.post("/link/responses", json=ANSWER),
        await bearer.post("/link/responses", json=ANSWER, headers={"idempotency-key": "another-key"}),
    ):
        assert (gone.status_code, gone.json()["code"]) == (401, "bad_credential")
    kept = await door.of().responses(journey, "note.1")
    assert [one.payload for one in kept] == [ANSWER["response"]]


async def test_a_client_puts_off_skips_and_ends_mails_by_the_link(door: Front) -> None:
    """Each only where its step allows it."""
    stepwell = door.of()
    await stepwell.publish(document(step("one", "required: false")))
    await stepwell.add_client(id="ann", email="ann@example.org")
    journey = (await stepwell.start("ann", "trial")).id
    await door.home.recorded(journey, "step_delivered")
    bearer = await _linked(door, journey, "one.1")
    until = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    assert (await bearer.post("/link/snooze", json={"until": until})).status_code == 200
    assert (await bearer.post("/link/opt-out")).status_code == 204
    assert (await stepwell.client("ann")).opted_out == ("email",)
    assert (await bearer.post("/link/skip", json={})).status_code == 200
    assert (await bearer.get("/link")).status_code == 401


async def test_SC25_wrong_expired_revoked_and_spent_are_one_answer(door: Front) -> None:
    """Nobody learns from the answer whether a token ever was one."""
    journey = await _enrolled(door)
    stepwell = door.of()
    made = {name: (await stepwell.make_link(journey, "note.1")).token for name in ("expired", "other tenant", "revoked")}
    async with door.home.database.begin() as session:
        row = await session.get(ClientLinkRow, links.hash_of(made["expired"]))
        assert row is not None
        row.expires_at = datetime.now(UTC) - timedelta(seconds=1)
        row = await session.get(ClientLinkRow, links.hash_of(made["other tenant"]))
        assert row is not None
        row.tenant = "another"
    host = await door.caller("host")
    expired = await door.connection(made["expired"]).get("/link")
    assert (await door.connection(made["other tenant"]).get("/link")).status_code in (401, 404)
    assert (await door.connection(made["revoked"]).get("/link")).status_code == 200
    assert (await host.delete(f"/journeys/{journey}/occurrences/note.1/links")).status_code == 204
    revoked = await door.connection(made["revoked"]).get("/link")
    spent_token = (await stepwell.make_link(journey, "note.1")).token
    await stepwell.stop(journey, reason="over")
    spent = await door.connection(spent_token).get("/link")
    spent_with_key = await door.connection(spent_token).post("/link/open", headers={"idempotency-key": "never-before"})
    wrong = await door.connection("stl_" + "x" * 32).get("/link")
    answers = (wrong, expired, revoked, spent, spent_with_key)
    assert [one.status_code for one in answers] == [401] * 5
    told = [{**one.json(), "request_id": ""} for one in answers]
    assert told == [told[0]] * 5
    heads = [sorted(one.headers) for one in answers]
    assert heads == [heads[0]] * 5


async def test_a_link_is_for_the_host_to_make(door: Front) -> None:
    """Shown once; a practitioner and a client make none; to a step that is not there, or is settled, there is none."""
    journey = await _enrolled(door)
    host, ann = await door.caller("host"), await door.caller("client", "ann")
    path = f"/journeys/{journey}/occurrences/note.1/links"
    made = (await host.post(path, json={"hours": 2})).json()
    assert (await door.connection(made["token"]).get("/link")).status_code == 200
    assert datetime.fromisoformat(made["expires_at"]) < datetime.now(UTC) + timedelta(hours=2)
    assert (await ann.post(path, json={})).status_code == 403
    assert (await host.post(f"/journeys/{journey}/occurrences/other.1/links", json={})).status_code == 404
    await ann.post(f"/journeys/{journey}/occurrences/note.1/responses", json=ANSWER)
    assert (await host.post(path, json={})).json()["code"] == "settled"


async def test_the_log_holds_no_token(door: Front, tmp_path: Path) -> None:
    """Neither of a link nor of an address that ends mails: the route's own path is all that is written."""
    journey = await _enrolled(door)
    token = (await door.of().make_link(journey, "note.1")).token
    async with door.gateway_process(tmp_path, log_level="DEBUG") as gateway:
        await door.connection(token, url=gateway.url).get("/link")
        await door.connection(url=gateway.url).get(f"/link/opt-out/{token}")
        await door.connection(url=gateway.url).post(f"/link/opt-out/{token}")
        await door.connection(url=gateway.url).get(f"/no/such/{token}")
        gateway.child.wait_for('"route": "-"')
    assert token not in gateway.child.text
    assert gateway.child.text.count("answered") == 4
