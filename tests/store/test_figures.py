"""Figures over many journeys, counted alike on both databases."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from stepwell import NotFound
from stepwell.models import StepChange
from store.database import Database
from store.tables import AlertRow, DeliveryRow, EndpointRow, NotificationRow, OccurrenceRow, OutgoingRow
from tests.pathways import document, step
from tests.store.doors import door
from tests.store.seeds import NOW, add_journey, client_row, publish, publish_example

HOUR = timedelta(hours=1)


async def settle(session: AsyncSession, name: str, journey: str, state: str, hours: float = 0, **more: Any) -> None:
    """One occurrence, delivered at NOW and settled so many hours later."""
    settled_at = None if state in ("open", "started") else NOW + hours * HOUR
    facts = {"due_at": NOW, "delivered_at": NOW, "settled_at": settled_at} | more
    session.add(OccurrenceRow(journey=journey, id=f"{name}.1", step=name, state=state, **facts))


async def ten(database: Database) -> list[str]:
    """Ten journeys on the tutorial: nine answered `welcome` after 1 to 9 hours, and one never."""
    async with database.begin() as session:
        await publish_example(session, "tutorial")
        found = [(await add_journey(session, status="active")).id for _ in range(10)]
        for hours, journey in enumerate(found):
            if hours:
                await settle(session, "welcome", journey, "completed", hours, late=hours > 6)
        await settle(session, "welcome", found[0], "expired", 48, holds=True)
        await settle(session, "mood", found[1], "open")
        await settle(session, "mood", found[2], "started")
        await settle(session, "mood", found[3], "excused", 1)
    return found


async def test_a_funnel_counts_what_became_of_each_step(database: Database) -> None:
    """In the pathway's order, with how long it took those who did it: figures that somebody really took."""
    await ten(database)
    welcome, mood, low, goodbye = await door(database).funnel("tutorial")
    assert (welcome.step, welcome.title, welcome.reached, welcome.completed) == ("welcome", "Welcome", 10, 9)
    assert (welcome.expired, welcome.holding) == (1, 1)
    assert (round(welcome.median_hours or 0, 6), round(welcome.p90_hours or 0, 6)) == (5, 9)
    assert (mood.open, mood.excused, mood.reached, mood.median_hours) == (2, 1, 3, None)
    assert (low.reached, goodbye.reached) == (0, 0)
    assert (await door(database).funnel("tutorial", version=1))[0] == welcome
    with pytest.raises(NotFound):
        await door(database).funnel("other")


async def test_a_practitioner_counts_their_own(database: Database) -> None:
    """The same figures over the journeys that are theirs; another tenant has none of them."""
    async with database.begin() as session:
        await publish_example(session, "tutorial")
        session.add(client_row("bob", practitioner="dr"))
        await session.flush()
        theirs = await add_journey(session, client="bob", status="active")
        other = await add_journey(session, status="active")
        for row in (theirs, other):
            await settle(session, "welcome", row.id, "completed", 2)
    doctor = door(database, kind="practitioner", id="dr")
    assert (await doctor.funnel("tutorial"))[0].completed == 1
    assert [one.journeys for one in await doctor.journeys_per_version("tutorial")] == [1]
    assert [one.journeys for one in await door(database).journeys_per_version("tutorial")] == [2]


async def test_adherence_by_week_begins_on_mondays(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sunday's last moment is of the week before; what was excused counts nowhere."""
    sunday = datetime.fromisoformat("2026-03-01T23:59:59.999999+00:00")
    async with database.begin() as session:
        await publish_example(session, "tutorial")
        row = await add_journey(session, status="active")
        await settle(session, "welcome", row.id, "completed", due_at=sunday)
        await settle(session, "mood", row.id, "completed", due_at=sunday + timedelta(microseconds=1), late=True)
        await settle(session, "low", row.id, "open", due_at=sunday + timedelta(days=6, hours=23))
        await settle(session, "goodbye", row.id, "excused", due_at=sunday)
    here = door(database)
    monkeypatch.setattr(here, "_now", lambda: datetime.fromisoformat("2026-03-20T00:00:00+00:00"))
    found = [(one.week, one.offered, one.completed, one.on_time) for one in await here.adherence_over_time("tutorial")]
    assert found == [(date(2026, 2, 23), 1, 1, 1), (date(2026, 3, 2), 2, 1, 0)]
    assert await here.adherence_over_time("tutorial", weeks=2) == []


async def test_two_versions_differ_in_what_was_changed_and_nothing_else(database: Database) -> None:
    """Added, removed, moved, re-timed, re-worded: each named once, by step and field."""
    old = document(step("a") + step("b") + step("c") + step("d"))
    changed = step("d").replace("rationale: why", "rationale: because")
    new = document(step("e") + step("c") + step("a", "reminders: {after: [1 day]}") + changed, head="zone: Europe/Berlin")
    async with database.begin() as session:
        await publish(session, old)
        await publish(session, new)
    found = await door(database).version_differences("trial", 1, 2)
    by_step: dict[str, list[StepChange]] = {}
    for one in found.steps:
        by_step.setdefault(one.step, []).append(one)
    assert {name: [one.what for one in changes] for name, changes in by_step.items()} == {
        "e": ["added"],
        "b": ["removed"],
        "c": ["moved", "structure"],
        "a": ["moved", "structure"],
        "d": ["structure", "content"],
    }
    assert by_step["a"][1].fields == ("timing", "reminders", "escalation")
    assert by_step["d"][1].fields == ("rationale",)
    assert found.structure == ("zone",)
    same = await door(database).version_differences("trial", 1, 1)
    assert (same.steps, same.structure, same.contents) == ((), (), ())


async def test_how_the_system_stands(database: Database) -> None:
    """Held, owed, failed; open alerts; messages by cause; webhooks that were given up: of this tenant, since then."""
    async with database.begin() as session:
        row = await add_journey(session, status="active", held=True, owed_since=NOW, failed_at=NOW, created_at=NOW)
        await add_journey(session, created_at=NOW)
        facts = {"journey": row.id, "occurrence": "a.1", "response_id": "r", "rules": ["x"], "raised_at": NOW}
        session.add(AlertRow(id="a1", tenant="t", **facts))
        session.add(AlertRow(id="a2", tenant="t", **facts, acknowledged_at=NOW))
        for number, (failed, skipped) in enumerate([("refused", None), ("refused", None), (None, "opted_out"), (None, None)]):
            told = {"occurrences": [], "purpose": "reminder", "recipient": "c", "channel": "email", "intended_at": NOW}
            session.add(NotificationRow(id=f"n{number}", journey=row.id, **told, failed=failed, skipped=skipped))
        for seq in (1, 2, None):
            about = {"type": "x", "journey": row.id, "data": {}, "at": NOW + (seq or 9) * HOUR}
            session.add(OutgoingRow(tenant="t", id=f"o{seq}", seq=seq, **about))
        session.add(EndpointRow(id="e", tenant="t", url="u", types=[], secrets=[], created_at=NOW, disabled_at=NOW))
        await session.flush()
        session.add(DeliveryRow(endpoint="e", position=1, event="x", dead_at=NOW))
        session.add(DeliveryRow(endpoint="e", position=2, event="y"))
    async with database.of("u").begin() as session:
        await add_journey(session, tenant="u", status="active", held=True, owed_since=NOW, failed_at=NOW)
    found = await door(database).system(since=NOW)
    assert (found.journeys, found.held, found.overdue, found.failed) == ({"active": 1, "starting": 1}, 1, 1, 1)
    assert ([one.id for one in found.alerts], found.open_alerts) == (["a1"], 1)
    messages = [(one.channel, one.outcome, one.reason, one.messages) for one in found.messages]
    assert messages == [("email", "failed", "refused", 2), ("email", "skipped", "opted_out", 1)]
    assert (found.dead_deliveries, found.disabled_endpoints, found.unrecorded_starts) == (1, 1, 1)
    assert found.last_recorded_at == NOW + 2 * HOUR
    assert (await door(database).system(since=NOW + HOUR)).messages == ()
