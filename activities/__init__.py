"""The hands of a journey: what an effect asks for, done in the world. An effect's kind is its activity's name."""

from collections.abc import Callable, Collection, Mapping
from typing import Any

from temporalio.client import Client as Connection

from activities.bulk import Actions, Bulk
from activities.channels.email import EmailChannel
from activities.contacts import Contacts, Reached
from activities.counts import UNCOUNTED, Counts
from activities.courier import Courier
from activities.erasure import Erasing
from activities.executions import Executions
from activities.group import Groups, Starts
from activities.host import Host
from activities.notifier import Notifier, Owners
from activities.outbound import Outbound
from activities.recorder import Recorder
from activities.retention import Departures, Retention
from activities.tasks import Journeys, Tasks
from engine.contacts import UNLIMITED, Budget
from store.database import Database
from store.retention import Keep

Activity = Callable[..., Any]


def record_activities(database: Database, counts: Counts = UNCOUNTED) -> list[Activity]:
    """What writes to the store."""
    return [Recorder(database, counts).record]


def task_activities(database: Database, types: Collection[str], journeys: Journeys, host: Host) -> list[Activity]:
    """What the built-in step types have done; `types` are the names of those installed."""
    tasks = Tasks(database, types, journeys, host)
    return [
        tasks.find_step_type,
        tasks.await_step_type,
        tasks.call_host,
        tasks.start_journey,
        tasks.stop_journey,
        tasks.hand_back,
    ]


def bulk_activities(database: Database, actions: Actions) -> list[Activity]:
    """What works through actions on many journeys."""
    return [Bulk(database, actions).carry_out]


def erasure_activities(database: Database, connection: Connection) -> list[Activity]:
    """What deletes a client."""
    return [Erasing(database, Executions(connection)).erase]


def retention_activities(database: Database, departures: Departures, keep: Keep) -> list[Activity]:
    """What takes away what has been kept for long enough."""
    return [Retention(database, departures, keep).forget]


def group_activities(database: Database, starts: Starts) -> list[Activity]:
    """What starts the members of groups."""
    return [Groups(database, starts).start_some]


def notify_activities(
    database: Database,
    email: EmailChannel,
    staff: Mapping[str, str],
    *,
    owners: Owners,
    journeys: Reached,
    budget: Budget = UNLIMITED,
    counts: Counts = UNCOUNTED,
) -> list[Activity]:
    """What speaks to people; `staff` says where the roles on an escalation ladder read their mail."""
    notifier = Notifier(database, email, staff, owners, budget, counts=counts)
    return [notifier.notify, Contacts(database, email, notifier, journeys, budget, counts=counts).send_contacts]


def webhook_activities(database: Database, outbound: Outbound, counts: Counts = UNCOUNTED) -> list[Activity]:
    """What carries events to hosts."""
    return [Courier(database, outbound, counts=counts).carry]
