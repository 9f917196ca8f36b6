"""A message is checked again at the moment it is sent (rule R2)."""

import pytest

from engine.effects import Notify, NotifyResult
from tests.activities.practice import Practice

WALK, REST = "walk.1", "rest.1"


async def _reminder(practice: Practice) -> Notify:
    await practice.pass_time(hours=2)
    effect = practice.wanted("reminder")
    assert set(effect.occurrences) == {WALK, REST}
    return effect


async def _is_skipped(practice: Practice, effect: Notify, reason: str) -> None:
    assert await practice.send(effect) == NotifyResult(status="skipped", reason=reason)
    row = await practice.row(effect)
    assert (row.skipped, row.failed, row.accepted_at, row.message_id) == (reason, None, None, None)
    assert practice.mails == []


async def test_R2_a_reminder_of_answered_steps_is_not_sent(practice: Practice) -> None:
    """The client answered while it was on its way."""
    effect = await _reminder(practice)
    await practice.answers(WALK)
    await practice.answers(REST)
    await _is_skipped(practice, effect, "the step is completed")


async def test_R2_a_reminder_is_about_what_is_still_open(practice: Practice) -> None:
    """One of two steps was answered: the mail speaks of one."""
    effect = await _reminder(practice)
    await practice.answers(WALK)
    assert (await practice.send(effect)).status == "accepted"
    (mail,) = practice.mails
    assert "One step is open." in mail.text
    assert REST in mail.text
    assert WALK not in mail.text


@pytest.mark.parametrize("purpose", ["delivered", "reminder"])
async def test_R2_a_stopped_journey_sends_nothing_more(practice: Practice, purpose: str) -> None:
    """Whatever was on its way to the client."""
    await _reminder(practice)
    await practice.says("stop_journey", "practitioner", reason="moved away")
    await _is_skipped(practice, practice.wanted(purpose), "the journey was stopped")


async def test_R2_a_paused_journey_reminds_nobody(practice: Practice) -> None:
    """But what was delivered before is told of."""
    effect = await _reminder(practice)
    await practice.says("pause_journey", "practitioner", mode="freeze", reason="holiday")
    await _is_skipped(practice, effect, "the journey was paused")
    assert (await practice.send(practice.wanted("delivered"))).status == "accepted"


async def test_R2_a_reminder_from_before_a_pause_means_nothing_after_it(practice: Practice) -> None:
    """Resuming plans again; the old one stays silent."""
    effect = await _reminder(practice)
    await practice.says("pause_journey", "practitioner", mode="freeze", reason="holiday")
    await practice.says("resume_journey", "practitioner")
    assert (await practice.journey()).status == "active"
    await _is_skipped(practice, effect, "the reminder is not wanted any more")


async def test_R2_a_snoozed_step_is_not_reminded_of(practice: Practice) -> None:
    """Also by the message that was on its way."""
    effect = await _reminder(practice)
    for occurrence in (WALK, REST):
        await practice.says("snooze_reminders", occurrence=occurrence, until=practice.now.replace(year=practice.now.year + 1))
    await _is_skipped(practice, effect, "the reminder is not wanted any more")


async def test_R2_an_excused_and_an_expired_step_are_not_reminded_of(practice: Practice) -> None:
    """The reason names the first of them."""
    effect = await _reminder(practice)
    await practice.says("excuse_step", "practitioner", occurrence=REST, reason="agreed")
    await practice.pass_time(days=4)
    assert await practice.send(effect) == NotifyResult(status="skipped", reason="the step is expired")


async def test_R2_what_the_store_does_not_know_yet_has_not_happened_yet(practice: Practice) -> None:
    """The events that belong to a message may be on their way behind it."""
    effect = practice.wanted("delivered")
    ahead = effect.model_copy(
        update={"id": "jou_1/walk.2/delivered/0", "occurrences": ("walk.2",), "generations": (0,), "closes_at": ()}
    )
    assert (await practice.send(ahead)).status == "accepted"
    assert "One step is open." in practice.mails[0].text


async def test_R2_a_skipped_message_may_be_wanted_again(practice: Practice) -> None:
    """A retry of the activity after a reopening looks again, and the old reason is gone."""
    effect = practice.wanted("delivered")
    await practice.answers(WALK)
    await practice.says("excuse_step", "practitioner", occurrence=REST, reason="agreed")
    await _is_skipped(practice, effect, "the step is completed")
    await practice.says("reopen_step", "practitioner", occurrence=REST, reason="asked for it")
    assert (await practice.send(effect)).status == "accepted"
    assert (await practice.row(effect)).skipped is None


async def test_R2_the_practitioner_hears_of_what_expired_and_not_of_what_was_answered(practice: Practice) -> None:
    """A deadline that passed is what an escalation is about; an answer that came meanwhile ends the matter."""
    await practice.pass_time(days=4)
    effect = practice.wanted("escalation", "practitioner")
    assert (await practice.send(effect)).status == "undeliverable", "nobody is the practitioner yet, and it was still sent"
    assert effect.occurrences == (WALK,)
    await practice.answers(WALK)
    assert await practice.send(effect) == NotifyResult(status="skipped", reason="the step is completed")
