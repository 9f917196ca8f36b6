"""RT17: a thousand clients who are to get something in the same half hour get it all over that half hour (rule T8)."""

from collections import Counter
from datetime import UTC, datetime, time, timedelta

from engine.advance import StartFacts, begin
from engine.base import ClientId, JourneyId, TenantId
from engine.plan import plan
from engine.publishing import compile_pathway
from engine.zones import zone_of
from tests.pathways import document, step

_SOURCE = document(step("first") + step("later", 'regardless: true\ndeliver: {offset: 1 day, between: ["09:00", "09:30"]}'))


def test_RT17_T8_a_herd_is_spread_over_its_window_and_each_keeps_its_place() -> None:
    """Nobody outside, no minute left out, and the same instant however often it is planned."""
    structure = compile_pathway(_SOURCE).structure
    now, zone = datetime(2026, 3, 2, 12, tzinfo=UTC), zone_of("Europe/London")
    minutes: Counter[int] = Counter()
    for number in range(1000):
        facts = StartFacts(journey=JourneyId(f"j{number}"), tenant=TenantId("t"), client=ClientId(f"c{number}"), zone=zone.key)
        journey = begin(structure, facts, now).journey
        due = next(one.at for one in plan(structure, journey, now).items if one.occurrence == "later.1")
        again = next(one.at for one in plan(structure, journey, now + timedelta(hours=3)).items if one.occurrence == "later.1")
        assert due == again
        assert due is not None
        assert time(9) <= due.astimezone(zone).time() < time(9, 30)
        minutes[due.astimezone(zone).minute] += 1
    assert set(minutes) == set(range(30))
    assert max(minutes.values()) < 70
