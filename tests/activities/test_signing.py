"""Signatures of Standard Webhooks: the vectors of the standard, and what a receiver must be able to refuse (TRUST SC19)."""

import time
from datetime import UTC, datetime, timedelta

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from activities.signing import signed_headers

ID = "msg_p5jXN8AQM9LWM0D4loKWxJek"
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OTHER = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
BODY = '{"test": 2432232314}'


def _signed(*secrets: str, at: datetime | None = None) -> dict[str, str]:
    return signed_headers(ID, at or datetime.now(UTC), BODY, secrets, "application/cloudevents+json")


def test_SC19_the_vector_of_the_standard() -> None:
    """Known id, instant, body and secret; known signature."""
    headers = _signed(SECRET, at=datetime.fromtimestamp(1614265330, UTC))
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert (headers["webhook-id"], headers["webhook-timestamp"]) == (ID, "1614265330")


def test_SC19_a_signature_holds_for_the_very_bytes() -> None:
    """One space more, and it does not."""
    headers = _signed(SECRET)
    assert Webhook(SECRET).verify(BODY, headers) == {"test": 2432232314}
    for body in (BODY + " ", BODY.replace(" ", ""), ""):
        with pytest.raises(WebhookVerificationError):
            Webhook(SECRET).verify(body, headers)


def test_SC19_while_a_secret_rotates_both_sign() -> None:
    """A receiver with either is content; with another one it is not."""
    headers = _signed(SECRET, OTHER)
    assert headers["webhook-signature"].count(" ") == 1
    for secret in (SECRET, OTHER):
        Webhook(secret).verify(BODY, headers)
    with pytest.raises(WebhookVerificationError):
        Webhook("whsec_" + "A" * 32).verify(BODY, headers)


@pytest.mark.parametrize("minutes", [-6, 6])
def test_SC19_what_is_older_or_newer_than_five_minutes_is_refused(minutes: int) -> None:
    """By the receiver's library, with the instant that we sign."""
    with pytest.raises(WebhookVerificationError, match="too"):
        Webhook(SECRET).verify(BODY, _signed(SECRET, at=datetime.now(UTC) + timedelta(minutes=minutes)))


@pytest.mark.parametrize("name", ["webhook-id", "webhook-timestamp"])
def test_SC19_id_and_instant_are_signed_too(name: str) -> None:
    """Neither can be put in place of another."""
    changed = {"webhook-id": "msg_another", "webhook-timestamp": str(int(time.time()) - 60)}
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(BODY, {**_signed(SECRET), name: changed[name]})
