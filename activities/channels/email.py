"""Mail by SMTP: stable message ids, text and HTML, and a clear line between what may pass and what will not."""

import hashlib
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Literal

import aiosmtplib
from pydantic import BaseModel, ConfigDict

from activities.wording import Mail


class PermanentFailure(Exception):
    """This channel will not take the message, however often it is tried; the text holds no address."""


class EmailSettings(BaseModel):
    """Where mail is handed over."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    host: str = "127.0.0.1"
    port: int = 25
    username: str | None = None
    password: str | None = None
    security: Literal["none", "starttls", "tls"] = "none"
    sender: str = "stepwell@localhost"
    timeout: float = 30.0
    """Seconds for the whole conversation."""
    client_link: str | None = None
    """Where a client opens a step, with `{journey}` and `{occurrence}` in it."""


class EmailChannel:
    """Hands mail to an SMTP server: at least once, under an id that never changes (rules N1, N4)."""

    def __init__(self, settings: EmailSettings) -> None:
        self._settings = settings

    def message_id(self, effect: str) -> str:
        """The Message-ID of an effect: the same for every attempt, and silent about whom it concerns."""
        domain = self._settings.sender.rpartition("@")[2] or "localhost"
        return f"<{hashlib.sha256(effect.encode()).hexdigest()[:40]}@{domain}>"

    def link(self, journey: str, occurrence: str) -> str | None:
        """Where the client opens a step, if the deployer said where."""
        template = self._settings.client_link
        return template.replace("{journey}", journey).replace("{occurrence}", occurrence) if template else None

    async def send(self, address: str, mail: Mail, effect: str) -> None:
        """Hand it over. Raises PermanentFailure, or what aiosmtplib raises where another try may help."""
        message = self._message(address, mail, effect)
        settings = self._settings
        try:
            await aiosmtplib.send(
                message,
                hostname=settings.host,
                port=settings.port,
                username=settings.username,
                password=settings.password,
                use_tls=settings.security == "tls",
                start_tls=settings.security == "starttls",
                timeout=settings.timeout,
            )
        except aiosmtplib.SMTPRecipientsRefused as refused:
            code = max((one.code for one in refused.recipients), default=0)
            raise _sorted_out(code) from None
        except aiosmtplib.SMTPResponseException as refused:
            raise _sorted_out(refused.code) from None
        except aiosmtplib.SMTPException as error:
            raise ConnectionError(f"the mail server could not be used: {type(error).__name__}") from None

    def _message(self, address: str, mail: Mail, effect: str) -> EmailMessage:
        message = EmailMessage(policy=SMTP)
        try:
            message["To"] = address
        except (ValueError, IndexError):
            raise PermanentFailure("the address is not one") from None
        message["From"] = self._settings.sender
        message["Subject"] = mail.subject
        message["Date"] = format_datetime(datetime.now(UTC))
        message["Message-ID"] = self.message_id(effect)
        message["Auto-Submitted"] = "auto-generated"
        message["Content-Language"] = mail.language
        message.set_content(mail.text)
        message.add_alternative(mail.html, subtype="html")
        return message


def _sorted_out(code: int) -> Exception:
    """5xx will not pass by itself; anything else may."""
    if 500 <= code < 600:
        return PermanentFailure(f"the mail server refused it ({code})")
    return ConnectionError(f"the mail server put it off ({code})")
