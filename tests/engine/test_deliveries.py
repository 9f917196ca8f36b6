"""When an event is tried again, and when it is given up: the schedule of Standard Webhooks (rule N5)."""

from datetime import UTC, datetime, timedelta

import pytest

from engine.deliveries import RETRIES, Attempt, fails_too_long, verdict_on

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


def _wait(number: int, status: int | None = 500, retry_after: float | None = None, event: str = "j/1") -> timedelta:
    verdict = verdict_on(Attempt(number, NOW, status, retry_after), "end_1", event)
    assert (verdict.state, verdict.is_gone) == ("waiting", False)
    assert verdict.next_at is not None
    return verdict.next_at - NOW


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_N5_any_2xx_is_taken(status: int) -> None:
    """At whatever attempt."""
    assert verdict_on(Attempt(10, NOW, status), "end_1", "j/1") == ("delivered", None, False)


@pytest.mark.parametrize("status", [None, 100, 199, 300, 302, 400, 401, 404, 429, 500, 503])
def test_N5_everything_else_is_tried_nine_times_more_and_then_given_up(status: int | None) -> None:
    """5 s, 5 min, 30 min, 2, 5, 10, 14, 20, 24 h: each with up to a tenth more."""
    hours = [5 / 3600, 5 / 60, 0.5, 2, 5, 10, 14, 20, 24]
    assert [length.total_seconds() / 3600 for length in RETRIES] == pytest.approx(hours)
    for number, length in enumerate(RETRIES, 1):
        assert length <= _wait(number, status) < length * 1.1
    assert verdict_on(Attempt(len(RETRIES) + 1, NOW, status), "end_1", "j/1") == ("dead", None, False)


def test_N5_what_failed_together_does_not_come_back_together() -> None:
    """Drawn from the ids, so that it is the same wherever it is asked."""
    waits = {_wait(3, event=f"j/{number}") for number in range(50)}
    assert len(waits) == 50
    assert _wait(3, event="j/7") == _wait(3, event="j/7")


def test_N5_a_pause_asked_for_is_kept_within_bounds() -> None:
    """Never earlier than the schedule, never more than a day later."""
    assert _wait(1, 429, 60) == timedelta(seconds=60)
    assert _wait(2, 429, 60) >= timedelta(minutes=5)
    assert _wait(1, 503, 10_000_000) == timedelta(hours=24)
    assert _wait(9, 503, 10_000_000) >= timedelta(hours=24)


def test_N5_gone_is_said_of_the_endpoint_and_the_event_keeps_its_place() -> None:
    """It goes out when the endpoint is switched on again."""
    verdict = verdict_on(Attempt(1, NOW, 410), "end_1", "j/1")
    assert (verdict.state, verdict.is_gone) == ("waiting", True)
    assert verdict_on(Attempt(10, NOW, 410), "end_1", "j/1") == ("dead", None, True)


def test_N5_five_days_of_failures_are_too_long() -> None:
    """To the second."""
    assert not fails_too_long(None, NOW)
    assert not fails_too_long(NOW - timedelta(days=5) + timedelta(seconds=1), NOW)
    assert fails_too_long(NOW - timedelta(days=5), NOW)
