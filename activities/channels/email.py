"""Mail by SMTP: stable message ids, text and HTML, and a clear line between what may pass and what will not."""

import asyncio
import hashlib
from contextlib import suppress
from datetime import UTC, datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from typing import Literal

import aiosmtplib
from pydantic import BaseModel, ConfigDict

from activities.counts import EMAIL, UNCOUNTED, Counts
from activities.wording import Mail

_GOODBYE = 2.0
"""Seconds for the end of a conversation whose message is accepted already."""


class PermanentFailure(Exception):
    """This channel will not take the message, however often it is tried; the text holds no address."""


class TemporaryFailure(Exception):
    """Another try may help; the text holds no address."""


class EmailSettings(BaseModel):
    """Where mail is handed over."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    host: str = "127.0.0.1"
    port: int = 25
    username: str | None = None
    password: str | None = None
    security: Literal["none", "starttls", "tls"] = "none"
    sender: str = "stepwell@localhost"
    """An address, or `Name <address>`."""
    timeout: float = 30.0
    """Seconds for the whole conversation."""
    client_link: str | None = None
    """Where a client opens a step, with `{journey}` and `{occurrence}` in it, or with `{token}`: a link of its own."""
    opt_out_link: str | None = None
    """Where a client ends these mails with one click (RFC 8058), with `{token}` in it."""
    link_days: int = 30
    """How long a token is good for."""


class EmailChannel:
    """Hands mail to an SMTP server: at least once, under an id that never changes (rules N1, N4)."""

    def __init__(self, settings: EmailSettings, counts: Counts = UNCOUNTED) -> None:
        self._settings = settings
        self._counts = counts

    def message_id(self, effect: str) -> str:
        """The Message-ID of an effect: the same for every attempt, and silent about whom it concerns."""
        domain = parseaddr(self._settings.sender)[1].rpartition("@")[2] or "localhost"
        return f"<{hashlib.sha256(effect.encode()).hexdigest()[:40]}@{domain}>"

    @property
    def settings(self) -> EmailSettings:
        """What it works with."""
        return self._settings

    async def send(self, address: str, mail: Mail, effect: str) -> None:
        """Hand it over. Raises PermanentFailure, or TemporaryFailure where another try may help."""
        try:
            await self._talk(self._message(address, mail, effect))
        except PermanentFailure:
            self._counts.failed(EMAIL, "permanent")
            raise
        except TemporaryFailure:
            self._counts.failed(EMAIL, "temporary")
            raise

    async def greet(self) -> None:
        """See whether the server takes us, by name and password where there are any; nothing is sent. Raises as `send` does."""
        await self._talk(None)

    async def _talk(self, message: EmailMessage | None) -> None:
        settings = self._settings
        server = aiosmtplib.SMTP(
            hostname=settings.host,
            port=settings.port,
            username=settings.username,
            password=settings.password,
            use_tls=settings.security == "tls",
            start_tls=settings.security == "starttls",
            timeout=settings.timeout,
        )
        try:
            async with asyncio.timeout(settings.timeout):
                await server.connect()
                if message is not None:
                    await server.send_message(message)
            with suppress(aiosmtplib.SMTPException, OSError):  # what was sent is accepted: how they part is no matter
                await server.quit(timeout=_GOODBYE)
        except (aiosmtplib.SMTPException, OSError) as error:
            raise _sorted_out(error) from None
        finally:
            server.close()

    def _message(self, address: str, mail: Mail, effect: str) -> EmailMessage:
        message = EmailMessage(policy=SMTP)
        try:
            message["To"] = Address(addr_spec=address)  # one address and nothing else: no name, no list, no further header
        except (ValueError, IndexError, MessageError):
            raise PermanentFailure("the address is not one") from None
        message["From"] = self._settings.sender
        message["Subject"] = mail.subject
        message["Date"] = format_datetime(datetime.now(UTC))
        message["Message-ID"] = self.message_id(effect)
        message["Auto-Submitted"] = "auto-generated"
        if mail.opt_out is not None:
            message["List-Unsubscribe"] = f"<{mail.opt_out}>"
            if mail.opt_out.startswith("https://"):  # by one click only where nobody listens in (RFC 8058)
                message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        message.set_content(mail.text)
        message.add_alternative(mail.html, subtype="html")
        message["Content-Language"] = mail.language  # last: setting the content drops headers of this kind
        return message


def _sorted_out(error: Exception) -> Exception:
    """A 5xx to the recipient or the message will not pass by itself. Anything else may: also a 5xx to us, our name or
    our password, which an operator can put right while the message waits."""
    match error:
        case aiosmtplib.SMTPRecipientsRefused(recipients=recipients):
            code = max((one.code for one in recipients), default=0)
            return _by_code(code)
        case aiosmtplib.SMTPRecipientRefused(code=code) | aiosmtplib.SMTPDataError(code=code):
            return _by_code(code)
        case aiosmtplib.SMTPResponseException(code=code):
            return TemporaryFailure(f"the mail server does not work with us ({code}); check its settings")
        case TimeoutError():
            return TemporaryFailure("the mail server took too long")
        case _:
            return TemporaryFailure(f"the mail server could not be used ({type(error).__name__})")


def _by_code(code: int) -> Exception:
    if 500 <= code < 600:
        return PermanentFailure(f"the mail server refused it ({code})")
    return TemporaryFailure(f"the mail server put it off ({code})")
