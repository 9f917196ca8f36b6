"""Settings that do not fit are refused with words, before anything is lost by them."""

import base64
from pathlib import Path

import pytest

from stepwell.errors import NotRunning
from stepwell.settings import allowed_targets, load_settings


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("HOST_URL", "host.example.org", "write an address such as"),
        ("HOST_URL", "file:///etc/passwd", "write an address such as"),
        ("HOST_URL", "https://user:secret@host.example.org/tasks", "without a user name"),
        ("OUTBOUND_ALLOW", "hooks.lan", "write host:port"),
        ("OUTBOUND_ALLOW", "hooks.lan:8443,https://x:1", "write host:port"),
        ("HOST_SECRET", "secret", "base64 of 24 bytes or more"),
        ("HOST_SECRET", "whsec_c2hvcnQ=", "base64 of 24 bytes or more"),
        ("HOST_SECRET", "whsec_!!!!", "base64 of 24 bytes or more"),
        ("HOST_SECRET", "whsec_" + "QUFB" * 12, "that nobody can guess"),
        ("HOST_SECRET", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "sample of a document"),
        ("OIDC_ISSUER", "https://login.example.org", "STEPWELL_OIDC_AUDIENCE together"),
        ("RATE_CLIENT", "0", "greater than or equal to 1"),
        ("LINK_DAYS", "400", "less than or equal to 365"),
        ("DEPLOYMENT", "one.two", "match pattern"),
    ],
)
def test_a_setting_that_does_not_fit(name: str, value: str, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Named, with what to write instead; a secret is never repeated."""
    monkeypatch.setenv("STEPWELL_DATABASE", "sqlite:////nowhere/x.db")
    monkeypatch.setenv(f"STEPWELL_{name}", value)
    with pytest.raises(NotRunning, match=words) as refused:
        load_settings()
    assert f"STEPWELL_{name}" in str(refused.value)
    assert "SECRET" not in name or value not in str(refused.value)


@pytest.mark.parametrize(
    "issuer", ["http://login.example.org", "http://127.0.0.1:9000", "https://10.0.0.1", "https://user:word@login.example.org"]
)
def test_an_identity_provider_is_public_and_by_https_or_named(issuer: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever could stand between us and its keys could be anybody."""
    monkeypatch.setenv("STEPWELL_DATABASE", "sqlite:////nowhere/x.db")
    monkeypatch.setenv("STEPWELL_OIDC_AUDIENCE", "stepwell")
    monkeypatch.setenv("STEPWELL_OIDC_ISSUER", issuer)
    with pytest.raises(NotRunning, match="STEPWELL_OUTBOUND_ALLOW"):
        load_settings()
    monkeypatch.setenv("STEPWELL_OIDC_ISSUER", "http://127.0.0.1:9000/realm")
    monkeypatch.setenv("STEPWELL_OUTBOUND_ALLOW", "127.0.0.1:9000")
    assert load_settings().oidc_issuer == "http://127.0.0.1:9000/realm"


def test_texts_are_words_or_words_by_language(monkeypatch: pytest.MonkeyPatch) -> None:
    """As JSON where there are several languages."""
    monkeypatch.setenv("STEPWELL_DATABASE", "sqlite:////nowhere/x.db")
    monkeypatch.setenv("STEPWELL_CRISIS_TEXT", '{"en": "Call 112.", "de": "112 rufen."}')
    monkeypatch.setenv("STEPWELL_NOTICE_TEXT", "Nobody watches.")
    settings = load_settings()
    assert (settings.crisis_text, settings.notice_text) == ({"en": "Call 112.", "de": "112 rufen."}, "Nobody watches.")
    monkeypatch.setenv("STEPWELL_CRISIS_TEXT", "{broken")
    with pytest.raises(NotRunning, match="STEPWELL_CRISIS_TEXT"):
        load_settings()


def test_what_the_deployer_trusts_is_listed_and_the_host_is_among_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """By host and port, each with its scheme's own where none is written."""
    monkeypatch.setenv("STEPWELL_DATABASE", "sqlite:////nowhere/x.db")
    assert allowed_targets(load_settings()) == ()
    monkeypatch.setenv("STEPWELL_OUTBOUND_ALLOW", "Hooks.lan:8443, [fd00::1]:443")
    monkeypatch.setenv("STEPWELL_HOST_URL", "https://host.example.org/tasks")
    assert allowed_targets(load_settings()) == ("hooks.lan:8443", "[fd00::1]:443", "host.example.org:443")


def test_SC28_settings_that_are_shown_show_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever prints them, or meets them in a traceback."""
    monkeypatch.setenv("STEPWELL_DATABASE", "postgresql://stepwell:canary-1@db.example.org/stepwell")
    monkeypatch.setenv("STEPWELL_SMTP_PASSWORD", "canary-2")
    monkeypatch.setenv("STEPWELL_HOST_SECRET", "whsec_" + base64.b64encode(b"canary-3-and-24-bytes-more").decode())
    settings = load_settings()
    shown = f"{settings!r} {settings}"
    assert "smtp_password" in shown
    assert "canary" not in shown
    assert base64.b64encode(b"canary-3").decode()[:8] not in shown


def test_SC28_a_setting_may_stand_in_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As secrets are handed to containers; the file's last line break is not part of it."""
    (tmp_path / "database").write_text("sqlite:////nowhere/x.db\n")
    (tmp_path / "nothing").write_text("\n")
    monkeypatch.setenv("STEPWELL_DATABASE_FILE", str(tmp_path / "database"))
    monkeypatch.setenv("STEPWELL_SMTP_PASSWORD_FILE", str(tmp_path / "nothing"))
    settings = load_settings()
    assert (settings.database, settings.smtp_password) == ("sqlite:////nowhere/x.db", None)


def test_a_setting_stands_in_one_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And what cannot be read is no setting that is missing."""
    monkeypatch.setenv("STEPWELL_DATABASE_FILE", str(tmp_path / "database"))
    with pytest.raises(NotRunning, match=r"STEPWELL_DATABASE_FILE names .*, which cannot be read"):
        load_settings()
    monkeypatch.setenv("STEPWELL_DATABASE", "sqlite:////nowhere/x.db")
    with pytest.raises(NotRunning, match="set STEPWELL_DATABASE or STEPWELL_DATABASE_FILE, not both"):
        load_settings()
