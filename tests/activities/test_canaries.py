"""What no mail and no log may carry: words that occur nowhere else are put wherever content is (rules V3, V4)."""

import email
import email.policy
import json
from pathlib import Path
from typing import Any

import pytest
import structlog

from engine.effects import fall_back
from stepwell.mailcatcher import MailCatcher, Manner
from store import alerts, outbox, responses
from store.database import Database
from store.tables import AlertRow, PractitionerRow, ResponseRow
from tests.activities.practice import Practice
from tests.store.seeds import NOW, client_row

ON_TITLES = "name_titles_in_mail: true\n"
PATHWAY = """\
pathway: trial
title: Xpathwaytitle
client_title: Xpathwayclienttitle
practitioner_notes: Xpathwaynotes
quiet_hours: none
max_contacts_per_day: 100
{head}steps:
  - id: mood
    type: questionnaire
    title: Xsteptitle
    client_title: Xstepclienttitle
    rationale: Xrationale
    instructions: Xinstructions
    practitioner_notes: Xstepnotes
    kind: self_assessment
    window: {{finish_by: 1 day}}
    reminders: {{after: [1 hour]}}
    escalate: [{{after: 1 hour}}]
    content:
      intro: Xintro
      items:
        - {{id: mood, type: scale, text: "Xquestion", min: 0, max: 10, min_label: Xlow, max_label: Xhigh}}
        - {{id: why, type: text, text: "Xopenquestion", required: false}}
      outcomes: [mood]
  - id: read
    type: message
    title: Xreadtitle
    rationale: Xreadrationale
    instructions: Xreadinstructions
    content: {{body: Xbody}}
"""
CLIENT = {"display_name": "Xclientname", "consent_text": "Xconsent", "practitioner": "eva"}
ANSWER = {"answers": {"mood": 7, "why": "Xanswer"}}
EVA: dict[str, Any] = {
    "display_name": "Xpractitionername",
    "email": "xpractitioneraddress@example.org",
    "language": "en",
    "created_at": NOW,
}


async def _live(practice: Practice, head: str) -> list[dict[str, Any]]:
    """Everything that mails are sent for, and the log of it."""
    client = client_row("cli_1", channels=[{"kind": "email", "address": "xclientaddress@example.org"}, {"kind": "in_app"}])
    for name, value in CLIENT.items():
        setattr(client, name, value)
    await practice.hire(PractitionerRow(tenant="t", id="eva", **EVA))
    with structlog.testing.capture_logs() as log:
        await practice.open(PATHWAY.format(head=head), client)
        answer: dict[str, Any] = {"occurrence": "mood.1", "by_role": "client", "visibility": "client_only", "received_at": NOW}
        async with practice.database.begin() as session:
            kept = ResponseRow(tenant="t", id="r1", journey="jou_1", payload=ANSWER, outcome={"mood": 7}, **answer)
            await responses.keep(session, kept)
        await practice.pass_time(hours=3)
        overtaken = practice.wanted("reminder")
        await _send_all(practice)
        await practice.pass_time(days=2)
        await _send_all(practice)
        await practice.says("extend_step", "practitioner", occurrence="mood.1", until=practice.later(hours=5), reason="Xreason")
        await practice.says("respond", occurrence="mood.1", response_id="r1", outcome={"mood": 7})
        practice.effects.append(overtaken.model_copy(update={"id": "jou_1/mood.1/reminder/9"}))
        await _send_all(practice)
    return [dict(line) for line in log]


async def _send_all(practice: Practice) -> None:
    """What was asked for since, to whoever it is for; and once more where the channel refuses."""
    for effect in practice.effects:
        await practice.send(effect)
    practice.mail.manner = "refuse"
    for effect in practice.effects:
        await practice.send(effect.model_copy(update={"id": f"{effect.id}/again"}))
        await practice.send(fall_back(effect))
    practice.mail.manner = "accept"
    practice.effects.clear()


def _canaries(text: str) -> set[str]:
    """The words of ours that are in it."""
    words = "".join(letter if letter.isalpha() else " " for letter in text).lower().split()
    return {word for word in words if word.startswith("x") and len(word) > 4}


def _decoded(folder: Path) -> list[tuple[str, str, str]]:
    """Of every mail: to whom, every header with its value, and both bodies."""
    mails = []
    for file in sorted(folder.glob("*.eml")):
        message = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
        headers = "\n".join(f"{name}: {value}" for name, value in message.items() if name not in ("To", "X-Peer", "X-RcptTo"))
        parts = [part for part in message.walk() if not part.is_multipart()]
        assert [part.get_content_type() for part in parts] == ["text/plain", "text/html"]
        bodies = "\n".join(part.get_content() for part in parts)
        inner = "\n".join(f"{name}: {value}" for part in parts for name, value in part.items())
        mails.append((str(message["To"]), f"{headers}\n{inner}", bodies))
    return mails


@pytest.mark.parametrize(
    ("head", "allowed"),
    [
        ("", {"client": {"xclientname"}, "practitioner": {"xpractitionername"}}),
        (
            ON_TITLES,
            {
                "client": {"xclientname", "xstepclienttitle", "xreadtitle"},
                "practitioner": {"xpractitionername", "xsteptitle"},
            },
        ),
    ],
    ids=["as it is", "with titles"],
)
async def test_D2_D8_V3_V4_mails_carry_the_readers_own_name_and_titles_only_where_allowed(
    database: Database, mail: MailCatcher, head: str, allowed: dict[str, set[str]]
) -> None:
    """Not in any header, part or kind of mail; a client sees the client's title and a practitioner theirs."""
    practice = Practice(database, mail)
    await _live(practice, head)
    found: dict[str, set[str]] = {"client": set(), "practitioner": set()}
    for address, headers, bodies in _decoded(mail.folder):
        assert _canaries(headers) == set()
        found["client" if address.startswith("xclient") else "practitioner"] |= _canaries(bodies)
    assert found == allowed
    assert len(practice.mails) >= 4


@pytest.mark.parametrize("head", ["", ON_TITLES], ids=["as it is", "with titles"])
async def test_V4_the_log_carries_ids_and_nothing_else(database: Database, mail: MailCatcher, head: str) -> None:
    """Neither what was sent nor why it could not be; not even with titles in mails."""
    log = await _live(Practice(database, mail), head)
    assert {line["event"] for line in log} == {"recorded", "notified"}
    assert {line.get("status") for line in log} >= {"accepted", "failed", "skipped"}
    assert _canaries(json.dumps(log, default=str)) == set()


async def test_V4_the_ledger_carries_ids_and_nothing_else(database: Database, mail: MailCatcher) -> None:
    """It is shown to practitioners, operators and hosts alike."""
    practice = Practice(database, mail)
    await _live(practice, ON_TITLES)
    rows = [row.model_dump() for row in await practice.ledger()]
    assert len(rows) > 6
    assert _canaries(json.dumps(rows, default=str)) == set()


async def test_N5_V4_what_hosts_hear_carries_ids_and_nothing_else(database: Database, mail: MailCatcher) -> None:
    """No answer, score, reason, name, title or address is in any event that leaves, nor in an alert's."""
    practice = Practice(database, mail)
    await _live(practice, ON_TITLES)
    alert = AlertRow(
        id="alert_1", tenant="t", journey="jou_1", occurrence="mood.1", response_id="r1", rules=["Xrule"], raised_at=NOW
    )
    async with database.begin() as session:
        await alerts.raise_(session, alert)
    async with database.begin() as session:
        row = await session.get_one(AlertRow, "alert_1")
        await alerts.acknowledge(session, row, by="Xpractitionername", reason="Xreason", now=NOW)
    async with database.read() as session:
        told = [outbox.sent_as(row) for row in await outbox.read(session, "t", limit=None)]
    kinds = {"step.extended", "step.completed", "practitioner.told", "reminder.due", "alert.raised", "alert.acknowledged"}
    assert {f"org.stepwell.{kind}" for kind in kinds} <= {one.type for one in told}
    assert _canaries("\n".join(one.as_json() for one in told)) == set()


async def test_V4_an_error_holds_no_address_and_no_word(database: Database, mail: MailCatcher) -> None:
    """It goes into the workflow's history."""
    practice = Practice(database, mail)
    client = client_row(
        "cli_1", display_name="Xclientname", channels=[{"kind": "email", "address": "xclientaddress@example.org"}]
    )
    await practice.open(PATHWAY.format(head=ON_TITLES), client)
    effect = practice.wanted("delivered")
    manners: tuple[Manner, ...] = ("reject_temporarily", "accept_then_drop")
    for manner in manners:
        practice.mail.manner = manner
        with pytest.raises(Exception) as failure:  # noqa: PT011 - whatever it is, it must not talk
            await practice.send(effect)
        assert _canaries(f"{failure.value!r} {failure.value.__cause__!r} {failure.value.__context__ and 'chained'}") == set()
        assert failure.value.__cause__ is None
        assert failure.value.__suppress_context__
    await practice.change_client(channels=[{"kind": "email", "address": "xclientaddress at example org"}])
    result = await practice.send(effect)
    assert (result.status, _canaries(result.reason)) == ("failed", set())


def test_the_canaries_sing() -> None:
    """They are seen in a header, in a tag and between other words."""
    assert _canaries("Subject: Xsteptitle\n<p>Hello Xclientname,</p> x Xbody=") == {"xsteptitle", "xclientname", "xbody"}
