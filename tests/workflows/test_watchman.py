"""The look around that every worker takes again and again: nothing that goes wrong in it ends it."""

from structlog.testing import capture_logs

from engine.errors import Unavailable
from stepwell.watchman import _whatever_happens


async def test_what_is_away_is_a_warning_and_a_bug_is_an_error_and_the_watch_outlives_both() -> None:
    async def fails(error: Exception) -> None:
        raise error

    with capture_logs() as said:
        await _whatever_happens(fails(Unavailable("the store is away")), "alerts cannot be looked for")
        await _whatever_happens(fails(KeyError("a bug")), "alerts cannot be looked for")
    assert [one["log_level"] for one in said] == ["warning", "error"]
    assert {one["event"] for one in said} == {"alerts cannot be looked for"}
