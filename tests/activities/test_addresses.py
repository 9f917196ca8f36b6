"""What stands in an address or a name stays there: no further header, recipient or tag comes of it."""

import email
import email.policy
from email.message import EmailMessage

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from activities.channels.email import EmailChannel, EmailSettings, PermanentFailure
from activities.wording import Item, Reader, mail_for
from tests.activities.practice import Practice

HEADERS = ["To", "From", "Subject", "Date", "Message-ID", "Auto-Submitted", "MIME-Version", "Content-Type", "Content-Language"]
CHANNEL = EmailChannel(EmailSettings(sender="Practice <stepwell@example.org>"))
MAIL = mail_for("delivered", True, Reader("Ann", "en"), [Item(None, None, None)], reference="jou_1")


@pytest.mark.parametrize(
    "address",
    [
        "ann@example.org\nBcc: eve@example.org",
        "ann@example.org\r\nBcc: eve@example.org",
        "ann@example.org\r\n\r\nHello",
        "ann@example.org, eve@example.org",
        "ann@example.org;eve@example.org",
        "ann@example.org eve@example.org",
        "Ann <ann@example.org>",
        "<ann@example.org>",
        "friends: ann@example.org, eve@example.org;",
        "ann",
        "@example.org",
        "ann@",
        "ann@@example.org",
        " ",
        "ann@example.org (a comment)\nX: y",
        "ann\0@example.org",
        "ann@exa\udcffmple.org",
    ],
)
async def test_an_address_that_is_not_one_address_is_refused_for_good(practice: Practice, address: str) -> None:
    """Nobody gets anything, and trying again would not help."""
    await practice.change_client(channels=[{"kind": "email", "address": address}])
    result = await practice.send(practice.wanted("delivered"))
    assert (result.status, result.reason) == ("failed", "the address is not one")
    assert practice.mails == []


@pytest.mark.parametrize(
    "address", ["ann+mood@example.org", "o'neil@example.co.uk", '"a b"@example.org', "ann@münchen.example"]
)
async def test_unusual_addresses_are_addresses(practice: Practice, address: str) -> None:
    """Plus signs, apostrophes, quotes, and domains beyond ASCII."""
    await practice.change_client(channels=[{"kind": "email", "address": address}])
    assert (await practice.send(practice.wanted("delivered"))).status == "accepted"
    assert [mail.to for mail in practice.mails] == [address]


@pytest.mark.parametrize(
    "name",
    [
        "Ann\nBcc: eve@example.org",
        "Ann\r\n.\r\nMAIL FROM:<eve@example.org>",
        "<script>alert(1)</script>",
        '</p><a href="https://evil.example">click</a>',
        "--===============1==\nContent-Type: text/html",
        ".",
        "A" * 5000,
        "𝔄𝔫𝔫 \u202egnp.exe",
    ],
)
async def test_a_name_stays_one_line_of_words(practice: Practice, name: str) -> None:
    """In the greeting of both parts, and nowhere else."""
    await practice.change_client(display_name=name)
    assert (await practice.send(practice.wanted("delivered"))).status == "accepted"
    (file,) = practice.mail.folder.glob("*.eml")
    message = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
    assert sorted(set(message.keys()) - {"X-Peer", "X-MailFrom", "X-RcptTo"}) == sorted(HEADERS)
    assert message["To"] == "ann@example.org"
    (mail,) = practice.mails
    assert mail.text.splitlines()[0] == f"Hello {' '.join(name.split())},"
    assert "<script" not in mail.html
    assert 'evil.example">' not in mail.html


def _message(address: str) -> EmailMessage | None:
    try:
        return CHANNEL._message(address, MAIL, "jou_1/walk.1/delivered/0")
    except PermanentFailure:
        return None


@settings(max_examples=400, suppress_health_check=[HealthCheck.filter_too_much])
@given(
    st.one_of(
        st.text(max_size=40), st.text('ab@.,;:<>"() \r\n\t\\[]', max_size=30), st.emails().map(lambda one: f"{one}\nTo: x")
    )
)
def test_whatever_is_given_as_an_address_it_is_one_or_none(address: str) -> None:
    """Never an error, never a second recipient, never another header."""
    message = _message(address)
    if message is None:
        return
    assert sorted(message.keys()) == sorted(HEADERS)
    (header,) = message.get_all("To", [])
    assert len(header.addresses) == 1
    assert "\n" not in str(header)
    again = email.message_from_bytes(message.as_bytes(policy=email.policy.SMTPUTF8), policy=email.policy.default)
    assert len(again.get_all("To", [])) == 1
    assert sorted(again.keys()) == sorted(HEADERS)


@given(st.emails())
def test_every_ordinary_address_is_taken_as_it_is(address: str) -> None:
    """Nobody is left without mail for having a long or an odd one."""
    message = _message(address)
    assert message is not None
    again = email.message_from_bytes(message.as_bytes(), policy=email.policy.default)
    (header,) = again["To"].addresses
    assert header.addr_spec == address
