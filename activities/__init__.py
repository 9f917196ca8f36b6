"""The hands of a journey: what an effect asks for, done in the world. An effect's kind is its activity's name."""

from collections.abc import Callable, Mapping
from typing import Any

from activities.channels.email import EmailChannel
from activities.notifier import Notifier
from activities.recorder import Recorder
from store.database import Database

Activity = Callable[..., Any]


def record_activities(database: Database) -> list[Activity]:
    """What writes to the store."""
    return [Recorder(database).record]


def notify_activities(database: Database, email: EmailChannel, staff: Mapping[str, str] | None = None) -> list[Activity]:
    """What speaks to people; `staff` says where the roles on an escalation ladder read their mail."""
    return [Notifier(database, email, staff or {}).notify]
