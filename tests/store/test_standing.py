"""How everything stands, over all tenants, on both databases: what a tenant alone would not see, and nothing of anybody."""

from datetime import timedelta

from store import standing
from store.database import Database
from store.tables import AlertRow, EndpointRow
from tests.store.seeds import NOW, add_journey

_HOUR = timedelta(hours=1)


def _alert(name: str, journey: str, tenant: str = "t", **more: object) -> AlertRow:
    fields = {"occurrence": "mood.1", "response_id": name, "rules": ["item9"], "raised_at": NOW}
    return AlertRow(id=name, tenant=tenant, journey=journey, **(fields | more))


def _endpoint(name: str, **more: object) -> EndpointRow:
    fields = {"tenant": "t", "url": "https://hooks.example.org", "types": [], "secrets": [], "created_at": NOW}
    return EndpointRow(id=name, **(fields | more))


async def test_R8_everything_is_counted_whosever_it_is(database: Database) -> None:
    """Two tenants; what is over is not held, and what was acknowledged is not open."""
    every = database.of_every_tenant()
    async with every.begin() as session:
        mine = await add_journey(session, status="active", held=True, owed_since=NOW - 2 * _HOUR)
        theirs = await add_journey(session, tenant="u", status="active", owed_since=NOW)
        await add_journey(session, status="completed", held=True)
        await add_journey(session, created_at=NOW - _HOUR)
        session.add_all(
            [
                _alert("a1", mine.id, raised_at=NOW - _HOUR),
                _alert("a2", theirs.id, "u", watched_at=NOW),
                _alert("a3", mine.id, raised_at=NOW - 3 * _HOUR, acknowledged_at=NOW),
                _endpoint("e1", disabled_at=NOW),
                _endpoint("e2"),
            ]
        )
    async with every.read() as session:
        assert await standing.journeys(session) == dict.fromkeys(standing.STATUSES, 0) | {
            "active": 2,
            "completed": 1,
            "starting": 1,
        }
        assert await standing.held(session) == 1
        assert await standing.overdue(session, NOW - _HOUR) == 1
        assert await standing.unrecorded(session, NOW) == 1
        assert await standing.open_alerts(session, told_before=NOW) == (2, NOW - _HOUR, 1)
        assert await standing.open_alerts(session, told_before=NOW - 2 * _HOUR) == (2, NOW - _HOUR, 0)
        assert await standing.disabled_endpoints(session) == 1


async def test_where_there_is_nothing_it_says_nought(database: Database) -> None:
    """No alert has no oldest."""
    async with database.of_every_tenant().read() as session:
        assert await standing.open_alerts(session, told_before=NOW) == (0, None, 0)
        assert set((await standing.journeys(session)).values()) == {0}
