"""How the HTTP API behaves, whatever is asked of it: problems, repeated requests, pages, ETags, sizes, ids."""

import asyncio

import httpx
import pytest
from structlog.testing import capture_logs

from stepwell.api.app import document
from stepwell.api.frame import LARGEST_BODY
from stepwell.api.problems import MEDIA
from tests.api.front import Front, publish, publish_one_step


async def test_a_problem_names_the_rule_and_the_next_move(door: Front) -> None:
    """RFC 9457, with the rule's id, and the request's id in the body and in the head."""
    host = await door.caller("host")
    await publish_one_step(door.of())
    await host.post("/clients", json={"id": "ann"})
    journey = (await host.post("/journeys", json={"client": "ann", "pathway": "one-step"})).json()["id"]
    assert (await host.post(f"/journeys/{journey}/pause", json={"reason": "a holiday"})).status_code == 200
    again = await host.post(f"/journeys/{journey}/pause", json={"reason": "a holiday"})
    assert (again.status_code, again.headers["content-type"]) == (409, MEDIA)
    problem = again.json()
    assert (problem["rule"], problem["code"], problem["status"]) == ("P1", "not_active", 409)
    assert problem["request_id"] == again.headers["x-request-id"]


async def test_RT5_the_same_request_twenty_times_at_once_is_one(door: Front) -> None:
    """One client is added, and everybody gets the same answer."""
    host = await door.caller("host")
    answers = await asyncio.gather(
        *(host.post("/clients", json={"display_name": "Ann"}, headers={"idempotency-key": "once-and-once"}) for _ in range(20))
    )
    assert {(one.status_code, one.text) for one in answers} == {(201, answers[0].text)}
    assert [one["id"] for one in (await host.get("/clients")).json()["items"]] == [answers[0].json()["id"]]


async def test_RT5_another_body_under_the_same_key_is_refused(door: Front) -> None:
    """And nothing of it is done."""
    host = await door.caller("host")
    first = await host.post("/clients", json={"id": "ann"}, headers={"idempotency-key": "one-of-a-kind"})
    second = await host.post("/clients", json={"id": "bob"}, headers={"idempotency-key": "one-of-a-kind"})
    assert (first.status_code, second.status_code, second.json()["code"]) == (201, 422, "key_used")
    assert (await host.get("/clients/bob")).status_code == 404


async def test_a_key_of_one_caller_is_not_the_key_of_another(door: Front) -> None:
    """Two programs may choose the same Idempotency-Key."""
    one, other = await door.caller("host"), await door.caller("host")
    headers = {"idempotency-key": "the-same-words"}
    assert (await one.post("/clients", json={"id": "ann"}, headers=headers)).status_code == 201
    assert (await other.post("/clients", json={"id": "bob"}, headers=headers)).status_code == 201


async def test_an_error_that_will_be_an_error_again_is_answered_again(door: Front) -> None:
    """A refusal is an answer too; what was not available is tried anew."""
    host = await door.caller("host")
    headers = {"idempotency-key": "refused-once"}
    first = await host.post("/journeys", json={"client": "nobody", "pathway": "none"}, headers=headers)
    second = await host.post("/journeys", json={"client": "nobody", "pathway": "none"}, headers=headers)
    assert (first.status_code, second.status_code) == (404, 404)
    assert "idempotency-replayed" in second.headers


async def test_RT6_of_twenty_answers_to_one_step_exactly_one_is_taken(door: Front) -> None:
    """The others are refused by the rule, and stored nowhere."""
    host = await door.caller("host")
    await publish_one_step(door.of())
    await host.post("/clients", json={"id": "ann"})
    journey = (await host.post("/journeys", json={"client": "ann", "pathway": "one-step"})).json()["id"]
    ann = await door.caller("client", "ann")
    at = f"/journeys/{journey}/occurrences/note.1/responses"
    sent = [ann.post(at, json={"response": {"answers": {"words": f"number {n}"}}}) for n in range(20)]
    answers = await asyncio.gather(*sent)
    assert sorted(one.status_code for one in answers) == [201] + [409] * 19, [one.text for one in answers]
    kept = (await ann.get(at)).json()["items"]
    assert len(kept) == 1


async def test_a_draft_that_somebody_else_changed_is_not_overwritten(door: Front) -> None:
    """Without the ETag it is asked for; with an old one it is refused."""
    host = await door.caller("host")
    at = "/pathways/one/draft"
    assert (await host.put(at, json={"source": "pathway: one"})).status_code == 428
    made = await host.put(at, json={"source": "pathway: one"}, headers={"if-none-match": "*"})
    assert made.status_code == 200
    assert (await host.put(at, json={"source": "x"}, headers={"if-none-match": "*"})).status_code == 412
    changed = await host.put(at, json={"source": "pathway: one\ntitle: One"}, headers={"if-match": made.headers["etag"]})
    assert changed.status_code == 200
    late = await host.put(at, json={"source": "pathway: one\ntitle: Two"}, headers={"if-match": made.headers["etag"]})
    assert (late.status_code, late.json()["code"]) == (412, "changed")
    assert (await host.get(at)).json()["source"] == "pathway: one\ntitle: One"


async def test_a_draft_is_written_checked_and_published_over_http(door: Front) -> None:
    """Every finding comes back at once; what has none is published."""
    host = await door.caller("host")
    await publish(door.of(), "tutorial")
    copied = await host.post("/pathways/tutorial/copy", json={"name": "mine", "title": "Mine"})
    assert (copied.status_code, copied.json()["can_be_published"]) == (201, True)
    draft = await host.get("/pathways/mine/draft")
    published = await host.post("/pathways/mine/publish", headers={"if-match": draft.headers["etag"]})
    assert (published.status_code, published.json()["number"]) == (201, 1), published.text
    broken = await host.post("/pathways/validate", json={"source": "pathway: x\nsteps: [{id: a, type: mesage}]"})
    assert not broken.json()["can_be_published"]
    assert len(broken.json()["findings"]) > 1


@pytest.mark.parametrize("path", ["/clients", "/journeys"])
async def test_SC26_a_body_that_is_too_large_is_refused_before_it_is_kept(door: Front, path: str) -> None:
    """Whether it says how large it is or not."""
    host = await door.caller("host")

    async def drops() -> "asyncio.AsyncIterator[bytes]":
        for _ in range(LARGEST_BODY // 65536 + 2):
            yield b"x" * 65536

    for body in (b"x" * (LARGEST_BODY + 1), drops()):
        refused = await host.post(path, content=body, headers={"content-type": "application/json"})
        assert refused.status_code == 413, refused.text


async def test_every_answer_has_the_headers_no_answer_goes_without(door: Front) -> None:
    """Errors too."""
    host = await door.caller("host")
    for found in (await host.get("/clients"), await host.get("/nowhere"), await door.connection().get("/clients")):
        assert found.headers["cache-control"] == "no-store"
        assert found.headers["x-content-type-options"] == "nosniff"
        assert found.headers["referrer-policy"] == "no-referrer"
        assert "frame-ancestors 'none'" in found.headers["content-security-policy"]


async def test_a_callers_own_request_id_goes_through(door: Front) -> None:
    """And one that is none does not."""
    host = await door.caller("host")
    assert (await host.get("/clients", headers={"x-request-id": "from-the-host-1"})).headers[
        "x-request-id"
    ] == "from-the-host-1"
    assert (await host.get("/clients", headers={"x-request-id": "no id at all!"})).headers["x-request-id"].startswith("req_")


async def test_a_list_is_read_page_by_page(door: Front) -> None:
    """Everything once."""
    host = await door.caller("host")
    for number in range(7):
        await host.post("/clients", json={"id": f"c{number}"})
    seen, cursor = [], ""
    while cursor is not None:
        page = (await host.get("/clients", params={"limit": 3, "cursor": cursor})).json()
        seen += [one["id"] for one in page["items"]]
        cursor = page["next"]
    assert seen == [f"c{number}" for number in range(7)]


def test_the_document_is_OpenAPI_3_1_and_every_route_says_who_may_use_it() -> None:
    """And by which scope."""
    described = document()
    assert described["openapi"].startswith("3.1")
    operations = [one for path in described["paths"].values() for one in path.values()]
    assert len(operations) > 70
    declared = [one for one in operations if "x-stepwell-callers" in one]
    assert {one["operationId"] for one in operations} - {one["operationId"] for one in declared} == {
        *("health", "ready"),
        *("ask_to_opt_out", "opt_out_by_mail"),
    }


async def test_whoever_hangs_up_in_the_middle_of_a_request_is_no_fault(door: Front, caplog: pytest.LogCaptureFixture) -> None:
    """Half a body comes, then nobody: nothing is done, and nothing is logged as broken."""
    key = await door.key("host")
    address = httpx.URL(door.url)
    _, writer = await asyncio.open_connection(address.host, address.port)
    head = f"POST /v1/clients HTTP/1.1\r\nhost: {address.host}\r\nauthorization: Bearer {key}\r\n"
    writer.write(f'{head}content-type: application/json\r\ncontent-length: 100\r\n\r\n{{"id": "ann"'.encode())
    await writer.drain()
    await asyncio.sleep(0.5)
    with capture_logs() as said:
        writer.close()
        await writer.wait_closed()

        async def is_logged() -> bool:
            return any(line["event"] == "answered" for line in said)

        await door.home.until(is_logged, "the request's line")
    [line] = [line for line in said if line["event"] == "answered"]
    assert (line["status"], line["route"]) == (499, "/clients")
    assert not [line for line in said if line["log_level"] == "error"]
    assert not [record for record in caplog.records if record.levelname == "ERROR"]
    assert (await (await door.caller("host")).get("/clients")).json()["items"] == []
