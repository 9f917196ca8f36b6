"""Who gets a message, in which words and by which channel, decided when it is sent."""

from typing import Any

import pytest

from activities import wording
from activities.wording import LANGUAGES
from engine.effects import NotifyResult, fall_back
from stepwell.mailcatcher import MailCatcher
from store.database import Database
from store.tables import PractitionerRow
from tests.activities.practice import LINK, Practice
from tests.pathways import document, step
from tests.store.seeds import NOW

LADDER = document(
    step(
        "walk",
        "window: {finish_by: 1 day}\nescalate: [{after: 1 hour}, {after: 2 hours, to: supervisor}]",
    )
)


def _eva(**more: Any) -> PractitionerRow:
    fields: dict[str, Any] = {"display_name": "Dr. Eva", "email": "eva@practice.example", "language": "de", "created_at": NOW}
    return PractitionerRow(tenant="t", id="eva", **(fields | more))


async def _open_ladder(database: Database, mail: MailCatcher, **journey: Any) -> Practice:
    """A required step that nobody answered in time."""
    practice = Practice(database, mail)
    await practice.open(LADDER, **journey)
    await practice.pass_time(days=2)
    return practice


@pytest.mark.parametrize("language", LANGUAGES)
async def test_R3_a_mail_is_in_the_language_of_the_moment(practice: Practice, language: str) -> None:
    """Also where language, name and address changed after the message was intended."""
    effect = practice.wanted("delivered")
    await practice.change_client(
        language=language, display_name="Änne Ó'Neil", channels=[{"kind": "email", "address": "new@example.org"}]
    )
    await practice.send(effect)
    (mail,) = practice.mails
    words = wording._CLIENT[language]
    assert (mail.to, mail.subject, mail.language) == ("new@example.org", words["delivered"], language)
    assert words["hello"].format(name="Änne Ó'Neil") in mail.text
    assert "Änne Ó&#x27;Neil" in mail.html
    for occurrence in effect.occurrences:
        link = LINK.format(journey="jou_1", occurrence=occurrence)
        assert words["open"].format(link=link) in mail.text
        assert f'<a href="{link}">' in mail.html


async def test_R3_the_time_left_is_counted_from_the_sending(practice: Practice) -> None:
    """The step closes in three days less the moment that the test has taken."""
    await practice.send(practice.wanted("delivered"))
    (mail,) = practice.mails
    assert mail.text.count("Time left: 2 days") == 1, "one of the two steps has a limit"


async def test_without_a_place_to_open_steps_there_is_no_link(practice: Practice) -> None:
    """And no half of a sentence about one."""
    practice.configure(client_link=None)
    await practice.send(practice.wanted("delivered"))
    (mail,) = practice.mails
    assert "Open it here" not in mail.text
    assert "<a " not in mail.html


async def test_D12_R5_who_opted_out_of_mail_gets_none(practice: Practice) -> None:
    """The next channel is the list in the app, and the ledger says why."""
    await practice.change_client(opted_out=["email"])
    effect = practice.wanted("delivered")
    assert await practice.send(effect) == NotifyResult(status="failed", reason="opted out of email")
    row = await practice.row(effect)
    assert (row.skipped, row.failed, row.accepted_at) == ("opted out of email", None, None)
    following = fall_back(effect)
    assert (await practice.send(following)).status == "accepted"
    assert (await practice.row(following)).channel == "in_app"
    assert practice.mails == []


async def test_R5_urgent_content_passes_no_opt_out(practice: Practice) -> None:
    """It passes quiet hours, and nothing else."""
    await practice.change_client(opted_out=["email"])
    effect = practice.wanted("delivered").model_copy(update={"urgent": True})
    assert (await practice.send(effect)).reason == "opted out of email"
    assert practice.mails == []


async def test_R5_nobody_opts_out_of_their_own_list(practice: Practice) -> None:
    """The step is in it anyway."""
    await practice.change_client(opted_out=["email", "in_app"])
    assert (await practice.send(fall_back(practice.wanted("delivered")))).status == "accepted"


async def test_R6_an_escalation_goes_to_the_clients_practitioner(database: Database, mail: MailCatcher) -> None:
    """By name, in the words for staff, with the journey to look up; nothing in it names the client."""
    practice = await _open_ladder(database, mail)
    await practice.hire(_eva())
    await practice.change_client(practitioner="eva")
    effect = practice.wanted("escalation", "practitioner")
    assert (await practice.send(effect)).status == "accepted"
    (sent,) = practice.mails
    assert (sent.to, sent.subject, sent.language) == ("eva@practice.example", "A client has not answered", "en")
    assert sent.text.splitlines()[0] == "Hello Dr. Eva,"
    assert "Journey: jou_1" in sent.text
    assert "Ann" not in sent.text
    assert (await practice.row(effect)).recipient == "practitioner"


async def test_R6_the_journeys_own_practitioner_comes_first(database: Database, mail: MailCatcher) -> None:
    """And one who is not known any more gives way to the client's."""
    practice = await _open_ladder(database, mail, practitioner="eva")
    await practice.hire(_eva())
    other = _eva(email="other@practice.example")
    other.id = "other"
    await practice.hire(other)
    await practice.change_client(practitioner="other")
    await practice.send(practice.wanted("escalation", "practitioner"))
    assert [sent.to for sent in practice.mails] == ["eva@practice.example"]


async def test_R6_a_role_on_the_ladder_reads_its_own_mail(database: Database, mail: MailCatcher) -> None:
    """Where the deployer said where; else the practitioner is told."""
    practice = await _open_ladder(database, mail, practitioner="eva")
    await practice.hire(_eva())
    effect = practice.wanted("escalation", "supervisor")
    practice.staff["supervisor"] = "lead@practice.example"
    assert (await practice.send(effect)).status == "accepted"
    assert [sent.to for sent in practice.mails] == ["lead@practice.example"]
    assert (await practice.row(effect)).recipient == "supervisor"
    practice.staff.clear()
    again = effect.model_copy(update={"id": f"{effect.id}/again"})
    await practice.send(again)
    assert [sent.to for sent in practice.mails][1:] == ["eva@practice.example"]


async def test_R6_a_practitioner_without_mail_has_their_list(database: Database, mail: MailCatcher) -> None:
    """And where there is no practitioner, it is undeliverable and said so."""
    practice = await _open_ladder(database, mail)
    effect = practice.wanted("escalation", "practitioner")
    assert await practice.send(effect) == NotifyResult(status="undeliverable", reason="no channel is left")
    await practice.hire(_eva(email=None))
    await practice.change_client(practitioner="eva")
    assert (await practice.send(effect)).status == "accepted"
    assert (await practice.row(effect)).channel == "in_app"
    assert practice.mails == []


async def test_a_message_for_another_tenants_client_is_never_sent(practice: Practice) -> None:
    """The tenant is part of whom it is about, whatever ids are in it."""
    effect = practice.wanted("delivered").model_copy(update={"tenant": "other"})
    with pytest.raises(RuntimeError, match="not in the store yet"):
        await practice.send(effect)
    assert practice.mails == []


async def test_R8_an_alert_is_not_told_by_a_list(database: Database, mail: MailCatcher) -> None:
    """A practitioner without mail has a list, which nobody looks at because of an alert: the alarm has to climb."""
    practice = await _open_ladder(database, mail)
    await practice.hire(_eva(email=None))
    await practice.change_client(practitioner="eva")
    effect = practice.wanted("escalation", "practitioner")
    alarm = effect.model_copy(update={"id": f"{effect.id}/risk", "purpose": "risk", "alert": "alert_1"})
    assert (await practice.send(alarm)).status == "failed"
    assert (await practice.row(alarm)).accepted_at is None
