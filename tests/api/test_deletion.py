"""A client is deleted over HTTP: nothing of theirs is left, neither in the store nor in Temporal (rule P4)."""

import json
from datetime import timedelta
from typing import Any

import pytest
from temporalio.service import RPCError, RPCStatusCode

from stepwell import NotFound, Refused
from stepwell.caughtmail import read_mails
from stepwell.enrolment import Wish, enrol
from store import erasing, outbox
from store.contacts import owner_of
from store.erasing import Whose
from store.tables import JourneyRow
from tests.api.world import ABOUT_A, A, World


async def _runs(world: World, name: str) -> list[str]:
    found = world.door.home.client.list_workflows(f"WorkflowId = '{name}'")
    return [one.run_id async for one in found]


async def _is_gone(world: World, name: str) -> bool:
    try:
        await world.door.home.client.get_workflow_handle(name).describe()
    except RPCError as error:
        return error.status == RPCStatusCode.NOT_FOUND
    return False


async def _finished(world: World, deletion: str) -> dict[str, Any]:
    """Until nothing of them is there, and the second look found nothing either."""
    host = await world.door.caller("host")

    async def is_at(stage: str) -> dict[str, Any] | None:
        seen: dict[str, Any] = (await host.get(f"/deletions/{deletion}")).json()
        return seen if seen["stage"] == stage else None

    await world.door.home.until(lambda: is_at("erased"), "the deletion")
    await world.door.home.pass_time(deletion, timedelta(minutes=3))
    found: dict[str, Any] = await world.door.home.until(lambda: is_at("finished"), "the second look")
    return found


async def _canaries_in(world: World) -> set[str]:
    kept = json.dumps(await world.at_rest(), default=str)
    return {word for word in ABOUT_A if word in kept}


async def test_P4_nothing_of_a_client_is_left_but_the_receipt(world: World) -> None:
    """Canaries in every column before, in none afterwards; every workflow of theirs is unknown to Temporal; others are not touched."""
    a, other = await world.new_a(), await world.new_a()
    stepwell = world.door.of()
    child = (await stepwell.start(a.client, "matrix", again="parallel")).id
    await world.door.home.recorded(child, "step_delivered", 7)
    host, olga = await world.door.caller("host"), await world.door.caller("operator", "olga")
    theirs = [a.journey, child, a.alert, owner_of("default", a.client)]
    assert all([await _runs(world, name) for name in theirs])
    seen = (await host.get(f"/clients/{a.client}/deletion")).json()
    assert (seen["journeys"], seen["running"]) == (2, 2)
    assert {"alert", "api_key", "client_link", "event", "occurrence", "post", "response", "response_draft"} <= set(seen["rows"])
    assert await _canaries_in(world) == set(ABOUT_A)

    begun = await host.delete(f"/clients/{a.client}", params={"reason": "asked"})
    assert begun.status_code == 202, begun.text
    again = await olga.delete(f"/clients/{a.client}", params={"reason": "mistake"})
    assert again.json()["id"] == begun.json()["id"], "twice is once"
    receipt = await _finished(world, begun.json()["id"])
    assert (receipt["client"], receipt["reason"], receipt["ended"]) == (a.client, "asked", len(theirs))

    kept = await world.at_rest()
    text = json.dumps({name: rows for name, rows in kept.items() if name not in ("erasure", "audit", "outgoing")}, default=str)
    for name in (*theirs, f'"{a.client}"'):
        assert name not in text
    async with world.door.home.database.read() as session:
        assert await erasing.count(session, Whose("default", a.client)) == {}
    assert all([await _is_gone(world, name) for name in theirs])
    assert not any([await _runs(world, name) for name in theirs])
    async with world.door.home.database.read() as session:
        told = await outbox.read(session, "default", limit=None)
    about = [(one.type, one.data) for one in told if a.client in json.dumps(one.data)]
    assert about == [("org.stepwell.client.deleted", {"client": a.client})]

    assert not await _is_gone(world, other.journey)
    assert await stepwell.to_do(other.client)
    assert (await host.get(f"/clients/{a.client}")).status_code == 404
    assert (await host.delete(f"/clients/{a.client}", params={"reason": "asked"})).json()["stage"] == "finished"
    assert [one.journey for one in await stepwell.verify()] == []


async def test_P4_the_last_of_a_name_takes_its_canaries_along(world: World) -> None:
    """Where nobody else has the same words, none of them is in any column of any table."""
    a = await world.new_a()
    assert await _canaries_in(world) == set(ABOUT_A)
    deletion = await world.door.of().delete_client(a.client, reason="asked")
    await _finished(world, deletion.id)
    assert await _canaries_in(world) == set()
    for row in (await world.at_rest())["audit"]:
        assert "CANARY" not in json.dumps(row, default=str)


async def test_P4_nothing_begins_and_nobody_is_told_from_the_first_moment(world: World) -> None:
    """Marked, and not carried out yet: entering is refused, changing is refused, a message on its way is not sent."""
    a = await world.new_a()
    stepwell, home = world.door.of(), world.door.home
    await home.idle(a.journey)
    mails = len(list(read_mails(home.mail.folder)))
    row = await stepwell._mark(Whose("default", a.client), "asked")
    with pytest.raises(Refused) as refused:
        await stepwell.start(a.client, "matrix", again="parallel")
    assert refused.value.code == "client_deleted"
    with pytest.raises(Refused, match="being deleted"):
        await stepwell.change_zone(a.client, "Europe/Paris")
    await stepwell.remind_now(a.journey, "note.1")
    await home.recorded(a.journey, "reminder_due")
    await home.idle(a.journey)
    assert len(list(read_mails(home.mail.folder))) == mails
    assert row.stage == "ending"


async def _reserved(world: World, client: str, key: str) -> JourneyRow:
    """A place that is taken, and whose journey is not started yet."""
    stepwell = world.door.of()
    return await enrol(
        stepwell.database, Wish("default", client, "matrix", None, key, "reject", None, None, {}), stepwell._now()
    )


async def _started_all_the_same(world: World, journey: str) -> None:
    """What a start does that was under way when the deletion began: it has looked, and does not look again."""
    await world.door.home.client.start_workflow("journey", id=journey, task_queue="nobody-works-here")


async def test_P4_a_start_that_a_deletion_overtakes_leaves_nothing(world: World) -> None:
    """Whoever started it takes it back; where they died before that, the second look finds it."""
    a = await world.new_a()
    stepwell = world.door.of()
    taken_back, orphaned, refused = [await _reserved(world, a.client, key) for key in ("one", "two", "three")]
    deletion = await stepwell.delete_client(a.client, reason="asked")

    async def is_erased() -> bool:
        return (await stepwell.deletion(deletion.id)).erased_at is not None

    await world.door.home.until(is_erased, "the deletion")
    with pytest.raises((Refused, NotFound)):
        await stepwell._begin(refused)
    assert await _is_gone(world, refused.id)

    for row in (taken_back, orphaned):
        await _started_all_the_same(world, row.id)
        assert not await _is_gone(world, row.id)
    assert await stepwell._take_back_deleted([taken_back]) == {taken_back.id}
    assert await _is_gone(world, taken_back.id)
    assert not await _is_gone(world, orphaned.id)
    await _finished(world, deletion.id)
    assert await _is_gone(world, orphaned.id)
    async with stepwell.database.read() as session:
        assert await erasing.count(session, Whose("default", a.client)) == {}


async def test_P4_a_reason_is_a_code(world: World) -> None:
    """Words would stay in the receipt, and name somebody."""
    a: A = await world.new_a()
    with pytest.raises(Refused, match="no reason that can be kept"):
        await world.door.of().delete_client(a.client, reason="Ann wanted it")  # type: ignore[arg-type]
    host = await world.door.caller("host")
    assert (await host.delete(f"/clients/{a.client}", params={"reason": "Ann wanted it"})).status_code == 422
