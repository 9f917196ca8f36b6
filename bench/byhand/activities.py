"""What the course written by hand does in the world: one mail, one row."""

from dataclasses import dataclass
from email.message import EmailMessage

import aiosmtplib
import aiosqlite
from temporalio import activity

TABLE = "CREATE TABLE IF NOT EXISTS answers (client TEXT, step INTEGER, words TEXT, PRIMARY KEY (client, step))"


@dataclass
class Mail:
    """A step is open."""

    client: str
    step: int


@dataclass
class Answer:
    """What a client answered to a step."""

    client: str
    step: int
    words: str


class Activities:
    """On one connection to the database."""

    def __init__(self, database: aiosqlite.Connection, smtp_port: int) -> None:
        self._database = database
        self._smtp_port = smtp_port

    @activity.defn
    async def notify(self, mail: Mail) -> None:
        """Mail it; the same id with every try."""
        message = EmailMessage()
        message["From"] = "course@example.org"
        message["To"] = f"{mail.client}@example.org"
        message["Subject"] = f"Step {mail.step}"
        message["Message-ID"] = f"<{mail.client}-{mail.step}@example.org>"
        message.set_content("Something is waiting for you.")
        await aiosmtplib.send(message, hostname="127.0.0.1", port=self._smtp_port)

    @activity.defn
    async def keep(self, answer: Answer) -> None:
        """Keep it, once."""
        row = (answer.client, answer.step, answer.words)
        await self._database.execute("INSERT OR IGNORE INTO answers VALUES (?, ?, ?)", row)
        await self._database.commit()
