"""What measures is itself seen to work, with a handful of journeys; how fast is no matter here."""

from bench import peers, replay
from bench.peers import Size

_TINY = Size(rounds=1, rushing=1, pacing=1, staying=1, long=6)


async def test_the_same_job_is_done_by_ours_and_by_hand() -> None:
    """Every step mailed once, and a step more costs each of them some events."""
    found = await peers.beside_plain(_TINY)
    assert found.repeated_mails == 0
    for side in (found.ours, found.other):
        assert side.at_rest is not None
        assert 10 <= side.at_rest.events <= 25
        assert 3 <= side.at_rest.actions <= 5


async def test_a_journey_is_replayed_from_the_server() -> None:
    """Sealed as it is."""
    found = await replay.measure(steps=2, times=1)
    assert (found.runs, found.events > 30) == (1, True)
