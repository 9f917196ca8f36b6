"""One request, one effect: however often it is sent, to however many gateways, whatever dies meanwhile (RT4, RT5, RT6)."""

import asyncio
import json
import signal
from contextlib import AsyncExitStack, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
from sqlmodel import select

from stepwell.api.once import KEPT
from stepwell.housekeeping import tidy
from store.tables import IdempotencyRow
from tests.api.front import ONE_STEP, Front, publish_one_step

CANARY = "CANARY-ANSWER"


_LATER = """
  - id: later
    type: message
    title: later
    rationale: Because.
    deliver: {after: previous.completed, offset: 9 days}
    content: {body: Hello}
"""


async def _enrolled(door: Front) -> str:
    stepwell = door.of()
    await stepwell.publish(ONE_STEP.format(name="one-step", visibility="client_and_practitioner") + _LATER)
    await stepwell.add_client(id="ann")
    journey = (await stepwell.start("ann", "one-step")).id
    await door.home.recorded(journey, "step_delivered")
    return f"/journeys/{journey}/occurrences/note.1/responses"


def _answer(words: str = CANARY) -> dict[str, object]:
    return {"response": {"answers": {"words": words}}}


async def _rows(door: Front) -> list[IdempotencyRow]:
    async with door.home.database.read() as session:
        return list((await session.scalars(select(IdempotencyRow))).all())


async def test_RT5_one_submission_twenty_times_at_once_is_stored_once(door: Front) -> None:
    """Twenty equal answers."""
    host, path = await door.caller("host"), await _enrolled(door)
    key = {"idempotency-key": "twenty-at-once"}
    answers = await asyncio.gather(*(host.post(path, json=_answer(), headers=key) for _ in range(20)))
    assert {(one.status_code, one.text) for one in answers} == {(201, answers[0].text)}
    assert len((await host.get(path)).json()["items"]) == 1


async def test_RT6_twenty_different_answers_at_once_are_one(door: Front) -> None:
    """One is taken, nineteen are refused with the rule, and what is read is the one."""
    host, path = await door.caller("host"), await _enrolled(door)
    answers = await asyncio.gather(
        *(host.post(path, json=_answer(f"number {n}"), headers={"idempotency-key": f"competing-{n}"}) for n in range(20))
    )
    taken = [n for n, one in enumerate(answers) if one.status_code == 201]
    assert sorted(one.status_code for one in answers) == [201] + [409] * 19, [one.text for one in answers]
    assert {one.json()["rule"] for one in answers if one.status_code == 409} == {"G9"}
    (kept,) = (await host.get(path)).json()["items"]
    assert kept["payload"]["answers"]["words"] == f"number {taken[0]}"


async def test_RT4_fifty_enrolments_at_three_gateways_are_one_journey(door: Front, tmp_path: Path) -> None:
    """With one key; and without one, by the enrolment key: one journey, and whoever came later is told so."""
    await publish_one_step(door.of())
    await door.of().add_client(id="ann")
    await door.of().add_client(id="bob")
    key = await door.key("host")
    async with AsyncExitStack() as stack:
        gateways = [await stack.enter_async_context(door.gateway_process(tmp_path, f"gateway{n}")) for n in range(3)]
        hosts = [door.connection(key, url=one.url) for one in gateways]
        wish = {"client": "ann", "pathway": "one-step"}
        once = {"idempotency-key": "fifty-enrolments"}
        answers = await asyncio.gather(*(hosts[n % 3].post("/journeys", json=wish, headers=once) for n in range(50)))
        assert {(one.status_code, one.text) for one in answers} == {(201, answers[0].text)}
        wish["client"] = "bob"
        each = await asyncio.gather(*(hosts[n % 3].post("/journeys", json=wish) for n in range(12)))
        assert {one.status_code for one in each} <= {201, 409}
        assert len({one.json()["id"] for one in each if one.status_code == 201}) == 1
        assert len((await hosts[0].get("/journeys")).json()["items"]) == 2


async def test_RT5_killed_between_the_effect_and_its_answer_there_is_one_effect(door: Front, tmp_path: Path) -> None:
    """The journey had taken it when the gateway died, answered or not; sent again to another one, it is the same submission."""
    path, key = await _enrolled(door), await door.key("host")
    once = {"idempotency-key": "killed-in-between"}
    async with door.gateway_process(tmp_path) as gateway:
        sending = asyncio.create_task(door.connection(key, url=gateway.url).post(path, json=_answer(), headers=once))
        await door.home.recorded(path.split("/")[2], "step_completed")
        gateway.child.end(signal.SIGKILL)
        with suppress(httpx.HTTPError):
            assert (await sending).status_code == 201
    again = await door.connection(key).post(path, json=_answer(), headers=once)
    assert (again.status_code, again.json()["accepted"]) == (201, True), again.text
    assert len(await door.of().responses(path.split("/")[2], "note.1")) == 1
    history = await door.of().history(path.split("/")[2])
    assert sum(one.kind == "step_completed" for one in history) == 1


async def test_answers_are_kept_sealed(door: Front) -> None:
    """Nothing of them, of the key or of the body can be read in the store, and a secret that was shown once least of all."""
    host = await door.caller("host")
    made = await host.post("/api-keys", json={"kind": "host"}, headers={"idempotency-key": "a-key-please"})
    again = await host.post("/api-keys", json={"kind": "host"}, headers={"idempotency-key": "a-key-please"})
    assert again.json()["secret"] == made.json()["secret"]
    kept = json.dumps([one.model_dump(mode="json") for one in await _rows(door)])
    assert len(await _rows(door)) == 1
    for readable in (made.json()["secret"], made.json()["id"], "a-key-please", "secret"):
        assert readable not in kept


async def test_answers_are_forgotten_after_two_days(door: Front) -> None:
    """By the gateway itself; until then they are there."""
    host = await door.caller("host")
    await host.post("/clients", json={}, headers={"idempotency-key": "two-days-long"})
    now = datetime.now(UTC)
    await tidy(door.home.database, now + KEPT - timedelta(minutes=1))
    assert len(await _rows(door)) == 1
    await tidy(door.home.database, now + KEPT + timedelta(minutes=1))
    assert await _rows(door) == []


async def test_whoever_comes_while_it_is_carried_out_waits_for_its_answer(door: Front) -> None:
    """And whoever took it and is gone is not waited for longer than their lease."""
    host = await door.caller("host")
    await host.post("/clients", json={"id": "ann"}, headers={"idempotency-key": "left-lying-about"})
    async with door.home.database.begin() as session:
        row = await session.get(IdempotencyRow, (await _rows(door))[0].hash)
        assert row is not None
        row.status, row.sealed, row.taken_until = None, None, datetime.now(UTC) + timedelta(seconds=1)
    back = await host.post("/clients", json={"id": "ann"}, headers={"idempotency-key": "left-lying-about"})
    assert (back.status_code, back.json()["code"]) == (409, "client_exists")
