"""What becomes of a message, with a mail server in every manner: the ledger knows, and the id never changes."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from activities.channels.email import TemporaryFailure
from engine.effects import NotifyResult, fall_back
from tests.activities.practice import Practice


async def test_N1_a_message_that_was_accepted_is_not_sent_again(practice: Practice) -> None:
    """However often the activity is repeated: one row, one mail, the same result."""
    effect = practice.wanted("delivered")
    results = [await practice.send(effect) for _ in range(3)]
    assert results == [NotifyResult(status="accepted")] * 3
    assert len(practice.mails) == 1
    row = await practice.row(effect)
    assert row.attempts == 1


async def test_N1_messages_of_their_own_have_ids_of_their_own(practice: Practice) -> None:
    """As many Message-IDs as messages, and the ledger holds each."""
    await practice.pass_time(hours=2)
    assert len(practice.effects) == 2
    for effect in practice.effects:
        await practice.send(effect)
    ids = [mail.message_id for mail in practice.mails]
    assert len(set(ids)) == len(ids) == len(practice.effects)
    assert ids == [row.message_id for row in [await practice.row(effect) for effect in practice.effects]]


async def test_N2_the_ledger_follows_a_message_from_intention_to_action(practice: Practice) -> None:
    """Intended by the plan, attempted and accepted just now, seen and acted on when the journey says so."""
    effect = practice.wanted("delivered")
    before = datetime.now(UTC)
    await practice.send(effect)
    row = await practice.row(effect)
    assert (row.purpose, row.recipient, row.channel) == ("delivered", "client", "email")
    assert row.occurrences == list(effect.occurrences)
    assert row.intended_at == effect.intended_at
    assert row.attempted_at is not None
    assert row.accepted_at is not None
    assert before <= row.attempted_at <= row.accepted_at <= datetime.now(UTC)
    assert (row.attempts, row.skipped, row.failed, row.seen_at, row.acted_at) == (1, None, None, None, None)

    occurrence = effect.occurrences[0]
    await practice.pass_time(minutes=5)
    await practice.says("open_step", occurrence=occurrence)
    opened_at = practice.now
    await practice.pass_time(minutes=5)
    await practice.answers(occurrence)
    row = await practice.row(effect)
    assert (row.seen_at, row.acted_at) == (opened_at, practice.now)


async def test_N3_a_mail_that_is_refused_has_failed_and_the_next_channel_is_tried(practice: Practice) -> None:
    """The list in the app takes it, and the practitioner is to know that nothing brings it to the client."""
    practice.mail.manner = "refuse"
    effect = practice.wanted("delivered")
    assert await practice.send(effect) == NotifyResult(status="failed", reason="the mail server refused it (550)")
    assert (await practice.row(effect)).failed == "the mail server refused it (550)"
    following = fall_back(effect)
    for _ in range(2):  # the answer may be lost and the activity repeated
        assert await practice.send(following) == NotifyResult(
            status="undeliverable", reason="email failed; only the to-do list shows it"
        )
    row = await practice.row(following)
    assert (row.channel, row.message_id, row.failed, row.attempts) == ("in_app", None, None, 1)
    assert row.accepted_at is not None
    assert practice.mails == []


async def test_N3_a_reminder_that_only_the_list_takes_is_no_matter(practice: Practice) -> None:
    """The practitioner hears of a delivery that did not reach the client, not of each reminder after it."""
    practice.mail.manner = "refuse"
    await practice.pass_time(hours=2)
    effect = practice.wanted("reminder")
    assert (await practice.send(effect)).status == "failed"
    for _ in range(2):
        assert await practice.send(fall_back(effect)) == NotifyResult(status="accepted")


async def test_N3_where_no_channel_is_left_it_is_undeliverable(practice: Practice) -> None:
    """Which tells the engine to tell the practitioner."""
    effect = fall_back(fall_back(practice.wanted("delivered")))
    assert await practice.send(effect) == NotifyResult(status="undeliverable", reason="no channel is left")
    row = await practice.row(effect)
    assert (row.failed, row.accepted_at, row.channel) == ("no channel is left", None, None)


@pytest.mark.parametrize(
    ("channels", "reason"),
    [
        ([{"kind": "email"}], "there is no address for email"),
        ([{"kind": "email", "address": None}], "there is no address for email"),
        ([{"kind": "pigeon", "address": "loft 7"}], "nothing here sends by pigeon"),
        ([{"kind": "email", "address": "not an address"}], "the address is not one"),
    ],
)
async def test_N3_a_channel_that_cannot_work_fails_at_once(
    practice: Practice, channels: list[dict[str, str]], reason: str
) -> None:
    """Trying it for six hours would help nobody."""
    await practice.change_client(channels=channels)
    effect = practice.wanted("delivered")
    assert await practice.send(effect) == NotifyResult(status="failed", reason=reason)
    assert (await practice.row(effect)).failed == reason
    assert practice.mails == []


async def test_N4_what_may_pass_is_tried_again_under_the_same_id(practice: Practice) -> None:
    """Put off twice, then taken: one mail, three attempts, and the failure is forgotten."""
    effect = practice.wanted("delivered")
    practice.mail.manner = "reject_temporarily"
    for attempt in (1, 2):
        with pytest.raises(TemporaryFailure, match=r"put it off \(451\)"):
            await practice.send(effect)
        row = await practice.row(effect)
        assert (row.attempts, row.failed, row.accepted_at) == (attempt, "the mail server put it off (451)", None)
    practice.mail.manner = "accept"
    assert (await practice.send(effect)).status == "accepted"
    row = await practice.row(effect)
    assert (row.attempts, row.failed) == (3, None)
    assert [mail.message_id for mail in practice.mails] == [row.message_id]


async def test_N4_a_server_that_hangs_is_given_up_and_tried_again(practice: Practice) -> None:
    """The whole conversation has one time limit."""
    practice.configure(timeout=0.3)
    practice.mail.manner = "hang"
    effect = practice.wanted("delivered")
    with pytest.raises(TemporaryFailure, match="took too long"):
        await practice.send(effect)
    assert (await practice.row(effect)).failed == "the mail server took too long"
    assert practice.mails == []
    practice.configure()
    practice.mail.manner = "accept"
    assert (await practice.send(effect)).status == "accepted"


async def test_N4_a_server_that_takes_it_and_drops_the_line_gets_it_twice_under_one_id(practice: Practice) -> None:
    """At least once: nobody can know, and both mails say that they are the same."""
    practice.mail.manner = "accept_then_drop"
    effect = practice.wanted("delivered")
    with pytest.raises(TemporaryFailure):
        await practice.send(effect)
    practice.mail.manner = "accept"
    assert (await practice.send(effect)).status == "accepted"
    first, second = practice.mails
    assert first.message_id == second.message_id == (await practice.row(effect)).message_id


async def test_N4_a_server_that_is_away_is_tried_again(practice: Practice) -> None:
    """Nothing is lost while it is restarted."""
    await practice.mail.stop()
    effect = practice.wanted("delivered")
    with pytest.raises(TemporaryFailure, match="could not be used"):
        await practice.send(effect)
    await practice.mail.start()
    assert (await practice.send(effect)).status == "accepted"
    assert len(practice.mails) == 1


async def test_N4_the_id_depends_on_nothing_but_the_message(practice: Practice) -> None:
    """Another process, another day, another client name: the same; and it tells nobody whom it concerns."""
    effect = practice.wanted("delivered")
    before = practice.email.message_id(effect.id)
    practice.configure(timeout=3.0)
    assert practice.email.message_id(effect.id) == before
    assert before.startswith("<")
    assert before.endswith("@practice.test>")
    for part in (*effect.id.split("/")[:2], "ann", "Ann"):
        assert part not in before


async def test_N4_an_attempt_that_comes_home_late_does_not_undo_an_acceptance(practice: Practice) -> None:
    """The first was given up as lost, the second was taken, then the first one fails."""
    effect = practice.wanted("delivered")
    await practice.send(effect)
    await practice._notifier._note(effect, failed="the mail server took too long")
    row = await practice.row(effect)
    assert row.failed is None
    assert row.accepted_at is not None


async def test_a_journey_that_is_not_in_the_store_yet_is_waited_for(practice: Practice, tmp_path: Path) -> None:
    """The error lets the activity be tried again; nothing is sent meanwhile."""
    effect = practice.wanted("delivered").model_copy(update={"journey": "jou_2", "id": "jou_2/walk.1/delivered/1"})
    with pytest.raises(RuntimeError, match="journey jou_2 is not in the store yet"):
        await practice.send(effect)
    assert practice.mails == []
