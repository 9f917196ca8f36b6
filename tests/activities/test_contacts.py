"""The owner of a client's mails: one of two is sent, what waits means something, and whoever dies is followed by the same mail."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from activities.contacts import Contacts
from engine.base import EffectId, JourneyId
from engine.effects import Notify, NotifyResult
from store import alerts, contacts, journeys
from store.tables import AlertRow, ContactRow
from tests.activities.practice import Practice
from tests.store.seeds import journey_row

ACCEPTED = NotifyResult(status="accepted")


async def two_journeys(practice: Practice, **client: object) -> tuple[Notify, Notify]:
    """Ann is on another journey too; it is about noon where she is. A message of each."""
    hours = 12 - practice.now.hour
    await practice.change_client(zone=f"Etc/GMT{-hours:+d}" if hours else "UTC", **client)
    async with practice.database.begin() as session:
        await journeys.add(session, journey_row(id="jou_2", client=practice.turn.journey.client, pathway="trial"))
    first = practice.wanted("delivered")
    return first, of_the_other(first)


def of_the_other(effect: Notify, **changes: object) -> Notify:
    """The same message of the other journey."""
    name = EffectId(effect.id.replace("jou_1", "jou_2"))
    return effect.changed(**{"id": name, "journey": JourneyId("jou_2")} | changes)


async def all_contacts(practice: Practice, effects: Sequence[Notify]) -> list[ContactRow]:
    """What is known of these messages."""
    async with practice.database.read() as session:
        found = [await contacts.get(session, effect.id) for effect in effects]
    return [one for one in found if one is not None]


async def test_N3_whoever_has_one_journey_and_no_rule_is_written_to_at_once(practice: Practice) -> None:
    """The plain way: the journey's own activity sends it, no owner is woken, and it counts."""
    effect = practice.wanted("delivered")
    assert await practice.send(effect) == ACCEPTED
    assert (len(practice.mails), practice.owners.woken) == (1, [])
    (known,) = await all_contacts(practice, [effect])
    assert (known.state, known.direct, known.letter) == ("sent", True, effect.id)


async def test_R4_messages_of_two_journeys_become_one_mail(practice: Practice) -> None:
    """The first waits some minutes for the second; the ledger of each says what became of it."""
    effects = await two_journeys(practice)
    for effect in effects:
        assert await practice.send(effect) == ACCEPTED
    assert practice.owners.woken == ["ann", "ann"]
    assert await practice.look() == practice.now + timedelta(minutes=5)
    assert practice.mails == []
    row = await practice.row(effects[0])
    assert (row.held_why, row.held_until, row.accepted_at, row.attempts) == (
        "together",
        practice.now + timedelta(minutes=5),
        None,
        0,
    )
    practice.now += timedelta(minutes=5)
    assert await practice.look() is None
    (mail,) = practice.mails
    assert "4 steps are open." in mail.text
    assert "jou_1" in mail.text
    assert "jou_2" in mail.text
    known = await all_contacts(practice, effects)
    assert [(one.state, one.letter) for one in known] == [("sent", effects[0].id)] * 2
    assert (await practice.row(effects[0])).merged_into is None


async def test_R4_two_journeys_at_the_same_moment_never_each_send_just_one(practice: Practice) -> None:
    """A budget of one, and both ask at once, many times over: one mail today, the other tomorrow, with nothing lost."""
    first, second = await two_journeys(practice, contacts_a_day=1)
    late = second.changed(intended_at=practice.later(minutes=20))
    await asyncio.gather(*(practice.send(effect) for effect in (first, second) * 3), *(practice.look() for _ in range(5)))
    practice.now += timedelta(minutes=5)
    await asyncio.gather(*(practice.look() for _ in range(5)))
    assert len(practice.mails) == 1
    third = of_the_other(late, id=EffectId("jou_2/walk.1/delivered/9"))
    await practice.send(third)
    practice.now += timedelta(minutes=30)
    look_at = await practice.look()
    assert len(practice.mails) == 1
    assert look_at is not None
    assert look_at - third.intended_at == timedelta(days=1)
    practice.now = look_at
    assert await practice.look() is None
    assert len(practice.mails) == 2


async def test_R4_what_went_the_plain_way_counts_for_a_budget_that_comes_after_it(practice: Practice) -> None:
    """Whoever is given a budget of one at noon, and had a mail in the morning, gets no other today."""
    first, second = await two_journeys(practice)
    async with practice.database.begin() as session:
        other = await journeys.get(session, "t", "jou_2")
        assert other is not None
        other.status = "stopped"
    await practice.send(first)
    assert len(practice.mails) == 1
    await practice.change_client(contacts_a_day=1)
    reminder = first.changed(id=EffectId("jou_1/walk.1/delivered/2"), intended_at=practice.later(minutes=1))
    await practice.send(reminder)
    practice.now += timedelta(minutes=10)
    look_at = await practice.look()
    assert look_at is not None
    assert look_at - reminder.intended_at == timedelta(days=1)
    assert len(practice.mails) == 1
    assert second.journey == "jou_2"


async def test_R4_urgent_is_never_held(practice: Practice) -> None:
    """The budget is used up, the client sleeps, somebody holds the rest: it goes at once, and counts."""
    first, second = await two_journeys(
        practice, contacts_a_day=1, snoozed_until=practice.later(days=9), held_at=practice.now, held_by="dr", held_reason="x"
    )
    for number, effect in enumerate((first, second), 1):
        await practice.send(effect.changed(urgent=True))
        await practice.look()
        assert len(practice.mails) == number


async def test_R2_what_was_answered_while_it_waited_is_dropped_with_its_reason(practice: Practice) -> None:
    """Nothing is sent, nothing waits, and the day has room for another."""
    first, _ = await two_journeys(practice)
    await practice.send(first)
    await practice.answers("walk.1")
    await practice.answers("rest.1")
    practice.now += timedelta(minutes=5)
    assert await practice.look() is None
    assert practice.mails == []
    assert (await practice.row(first)).skipped == "the step is completed"
    (known,) = await all_contacts(practice, [first])
    assert (known.state, known.taken_at) == ("dropped", None)


async def test_R3_a_merged_mail_is_worded_when_it_is_sent(practice: Practice) -> None:
    """The client has another name, another language and one step fewer than when the message was asked for."""
    first, _ = await two_journeys(practice)
    await practice.send(first)
    await practice.answers("walk.1")
    await practice.change_client(display_name="Anna", language="de")
    practice.now += timedelta(minutes=5)
    await practice.look()
    (mail,) = practice.mails
    assert "Guten Tag Anna," in mail.text
    assert "Ein Schritt ist offen." in mail.text


async def test_R5_who_opts_out_while_it_waits_gets_no_mail(practice: Practice) -> None:
    """Merged or not, urgent or not."""
    effects = await two_journeys(practice)
    for effect in effects:
        await practice.send(effect.changed(urgent=effect.journey == "jou_2"))
    await practice.change_client(opted_out=["email"])
    practice.now += timedelta(minutes=5)
    assert await practice.look() is None
    assert practice.mails == []
    assert (await practice.row(effects[0])).skipped == "opted out of email"


async def test_N4_who_dies_between_sending_and_noting_sends_the_same_mail_again(
    practice: Practice, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two messages, one mail; its successor sends that mail under its id, with no other in it, and nothing besides."""
    first, second = await two_journeys(practice, contacts_a_day=1)
    await practice.send(first)
    await practice.send(second)
    practice.now += timedelta(minutes=5)

    class Killed(BaseException):
        """What no handler of errors takes."""

    async def die(*_: object, **__: object) -> None:
        raise Killed

    with monkeypatch.context() as dying:
        dying.setattr(Contacts, "_note", die)
        with pytest.raises(Killed):
            await practice.look()
    third = of_the_other(second, id=EffectId("jou_2/rest.1/delivered/9"))
    await practice.send(third)
    assert await practice.look() is not None
    assert len(practice.mails) == 1, "whoever died may only be slow"
    practice.now += timedelta(minutes=1)
    assert await practice.look() is not None, "the third waits for another day"
    mails = practice.mails
    assert len(mails) == 2
    assert {mail.message_id for mail in mails} == {practice.email.message_id(first.id)}
    assert mails[0].text == mails[1].text
    assert [one.state for one in await all_contacts(practice, [first, second, third])] == ["sent", "sent", "waiting"]


async def test_N3_a_mail_server_that_is_away_is_tried_again_and_an_urgent_one_tries_at_once(practice: Practice) -> None:
    """The pause grows; what comes meanwhile does not wait for it; nothing is lost."""
    first, second = await two_journeys(practice, contacts_a_day=1)
    practice.mail.manner = "reject_temporarily"
    await practice.send(first)
    practice.now += timedelta(minutes=5)
    pauses = []
    for _ in range(4):
        look_at = await practice.look()
        assert look_at is not None
        pauses.append((look_at - practice.now).total_seconds())
        practice.now = look_at
    assert pauses == [2, 4, 8, 16]
    assert (await practice.row(first)).failed == "the mail server put it off (451)"
    practice.mail.manner = "accept"
    practice.now -= timedelta(seconds=1)
    await practice.send(second.changed(urgent=True))
    await practice.look()
    assert [mail.message_id for mail in practice.mails] == [practice.email.message_id(second.id)]
    practice.now += timedelta(days=1)
    assert await practice.look() is None
    assert len(practice.mails) == 2
    row = await practice.row(first)
    assert (row.failed, row.attempts) == (None, 5)


async def test_R4_a_mail_that_was_put_off_past_midnight_counts_for_the_day_it_comes(practice: Practice) -> None:
    """The next day has one already: it waits for the day after, so that no local day has two."""
    first, second = await two_journeys(practice, contacts_a_day=1)
    practice.mail.manner = "reject_temporarily"
    await practice.send(first)
    practice.now += timedelta(minutes=5)
    assert await practice.look() is not None
    practice.mail.manner = "accept"
    practice.now += timedelta(days=1)
    urgent = second.changed(urgent=True, intended_at=practice.now)
    await practice.send(urgent)
    async with practice.database.begin() as session:  # it is not yet the moment to try the first again
        row = await contacts.get(session, first.id)
        assert row is not None
        row.look_at = practice.later(minutes=1)
    await practice.look()
    assert len(practice.mails) == 1
    practice.now += timedelta(minutes=2)
    look_at = await practice.look()
    assert len(practice.mails) == 1
    assert look_at is not None
    practice.now = look_at
    assert await practice.look() is None
    assert len(practice.mails) == 2


@pytest.mark.parametrize("manner", ["refused", "away for hours", "no address"])
async def test_N3_the_journey_hears_of_a_mail_that_failed_for_good(practice: Practice, manner: str) -> None:
    """As if its own activity had tried: the practitioner is told of a delivery that only the list shows."""
    first, second = await two_journeys(practice)
    practice.mail.manner = "refuse" if manner == "refused" else "reject_temporarily"
    await practice.send(first)
    await practice.send(second)
    practice.now += timedelta(minutes=5)
    if manner == "no address":
        await practice.change_client(channels=[{"kind": "in_app"}])
    if manner == "away for hours":
        assert await practice.look() is not None
        practice.now += timedelta(hours=6)
    assert await practice.look() is None
    assert [name for name, _ in practice.owners.told] == [first.id, second.id]
    assert {one.state for one in await all_contacts(practice, [first, second])} == {"failed"}
    assert (await practice.row(first)).failed
    assert practice.mails == []


async def test_R8_while_an_alert_of_any_journey_is_open_nobody_is_reminded_on_another(practice: Practice) -> None:
    """Dropped, not saved up: neither what waits already nor what comes. What was delivered is told, what is asked for too."""
    first, _ = await two_journeys(practice)
    await practice.pass_time(hours=2)
    reminder = practice.wanted("reminder")
    await practice.send(reminder)
    facts = {"id": "alert", "tenant": "t", "journey": "jou_2", "occurrence": "x.1", "response_id": "r", "rules": ["r"]}
    async with practice.database.begin() as session:
        await alerts.raise_(session, AlertRow.model_validate(facts | {"raised_at": datetime.now(UTC)}))
    await practice.send(first)
    practice.now += timedelta(minutes=5)
    assert await practice.look() is None
    (mail,) = practice.mails
    assert mail.subject == "Something new is waiting for you"
    assert (await practice.row(reminder)).skipped == "an alert about the client is not acknowledged"

    await practice.says("remind_now", "practitioner", occurrence="walk.1")
    asked = practice.wanted("reminder")
    assert asked.id != reminder.id
    await practice.send(asked)
    practice.now += timedelta(minutes=5)
    await practice.look()
    assert len(practice.mails) == 2

    async with practice.database.begin() as session:
        row = await alerts.get(session, "t", "alert")
        assert row is not None
        await alerts.acknowledge(session, row, by="dr", reason="called", now=datetime.now(UTC))
    assert await practice.look() is None
    assert len(practice.mails) == 2, "what was held is not made up for"


async def test_R8_an_automatic_reminder_is_not_even_handed_over(practice: Practice) -> None:
    """The journey learns that it was skipped; where the store has not heard yet who asked, it is looked at again."""
    await two_journeys(practice, held_at=practice.now, held_by="dr", held_reason="x")
    await practice.pass_time(hours=2)
    reminder = practice.wanted("reminder")
    assert await practice.send(reminder) == NotifyResult(status="skipped", reason="the client's messages are held")
    unheard = reminder.changed(id=EffectId("jou_1/walk.1/reminder/77"))
    with pytest.raises(RuntimeError, match="not in the store yet"):
        await practice.send(unheard)


async def test_R8_a_hold_by_hand_keeps_deliveries_until_it_is_lifted(practice: Practice) -> None:
    """Nothing looks at them again by itself; a practitioner's own words pass; lifted, all go as one."""
    first, second = await two_journeys(practice, held_at=practice.now, held_by="dr", held_reason="x")
    await practice.send(first)
    await practice.send(second)
    practice.now += timedelta(days=3)
    assert await practice.look() is None
    assert practice.mails == []
    assert [(one.held_why, one.held_until) for one in await practice.ledger()] == [("by_hand", None)]
    answer = first.changed(id=EffectId("jou_1/walk.1/answer/1"), purpose="answer")
    await practice.send(answer)
    await practice.look()
    assert [mail.subject for mail in practice.mails] == ["Your practitioner has answered your question"]
    await practice.change_client(held_at=None)
    assert await practice.look() is None
    assert len(practice.mails) == 2
    assert "4 steps are open." in practice.mails[1].text


async def test_P4_who_is_being_deleted_gets_nothing_that_waited(practice: Practice) -> None:
    """Left alone at once."""
    first, _ = await two_journeys(practice)
    await practice.send(first)
    await practice.change_client(deleting_at=practice.now)
    practice.now += timedelta(minutes=5)
    assert await practice.look() is None
    assert practice.mails == []
