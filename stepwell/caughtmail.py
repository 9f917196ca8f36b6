"""What the embedded mail catcher got, read from its folder. Needs nothing of the catcher itself."""

import email
import email.policy
from datetime import datetime
from email.message import EmailMessage
from pathlib import Path

from pydantic import BaseModel


class CaughtMail(BaseModel):
    """One mail as it was received."""

    file: str
    to: str
    subject: str
    text: str
    html: str
    message_id: str
    language: str
    received_at: datetime


def read_mails(folder: Path) -> list[CaughtMail]:
    """What was caught, the oldest first."""
    mails = []
    for file in sorted(folder.glob("*.eml")):
        message = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
        mails.append(
            CaughtMail(
                file=file.name,
                to=str(message["To"]),
                subject=str(message["Subject"]),
                text=_body(message, "plain"),
                html=_body(message, "html"),
                message_id=str(message["Message-ID"]),
                language=str(message["Content-Language"] or ""),
                received_at=datetime.fromtimestamp(file.stat().st_mtime).astimezone(),
            )
        )
    return mails


def _body(message: EmailMessage, kind: str) -> str:
    """The words of one kind; empty where there are none that can be read, for anybody may send here."""
    part = message.get_body((kind,))
    try:
        return str(part.get_content()) if part else ""
    except (LookupError, ValueError):
        return ""
