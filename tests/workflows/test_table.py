"""Every effect has its activity, its policy and its worker, and nothing is left over."""

from pathlib import Path
from typing import Any, get_args

from temporalio import activity

from activities import notify_activities, record_activities, task_activities, webhook_activities
from activities.channels.email import EmailChannel, EmailSettings
from activities.host import Host
from activities.outbound import Outbound
from engine.effects import AWAIT_STEP_TYPE, FIND_STEP_TYPE, HAND_BACK, SEND_CONTACTS, Effect
from engine.steps.host_task import CALL_HOST
from engine.steps.pathway import START_JOURNEY, STOP_JOURNEY
from store.database import Database
from workflows.names import NOTIFICATIONS, RECORDS, WEBHOOKS
from workflows.policies import CARRYING, CONTACTING, POLICIES


def test_effects_activities_and_policies_are_the_same_names(tmp_path: Path) -> None:
    """An effect's kind is its activity's name and its policy's key; each activity sits in the worker its policy names."""
    nobody: Any = None
    database = Database.open(f"sqlite:///{tmp_path / 'store.db'}")
    speaking = notify_activities(database, EmailChannel(EmailSettings()), {}, owners=nobody, journeys=nobody)
    union, *_ = get_args(Effect)
    kinds = {one.model_fields["kind"].default for one in get_args(union)}
    served = {
        RECORDS: {_name(one) for one in record_activities(database)},
        NOTIFICATIONS: {_name(one) for one in speaking},
    }
    assert kinds == set(POLICIES)
    assert (kinds - {"perform"}) | {SEND_CONTACTS} == set.union(*served.values())
    assert CONTACTING.queue == NOTIFICATIONS
    assert all(kind in served[policy.queue] for kind, policy in POLICIES.items() if kind != "perform")
    assert all(policy.why for policy in POLICIES.values())


def test_every_activity_that_a_step_may_ask_for_is_served(tmp_path: Path) -> None:
    """A step names its activity: those of the built-in types, and the questions about types themselves."""
    nobody: Any = None
    database = Database.open(f"sqlite:///{tmp_path / 'store.db'}")
    served = {_name(one) for one in task_activities(database, (), nobody, Host())}
    assert served == {CALL_HOST, START_JOURNEY, STOP_JOURNEY, FIND_STEP_TYPE, AWAIT_STEP_TYPE, HAND_BACK}


def test_what_carries_events_is_served_where_its_policy_says(tmp_path: Path) -> None:
    """It is no effect of a journey, and stands beside the table."""
    database = Database.open(f"sqlite:///{tmp_path / 'store.db'}")
    assert {_name(one) for one in webhook_activities(database, Outbound())} == {"carry"}
    assert (CARRYING.queue, CARRYING.schedule_to_close) == (WEBHOOKS, None)
    assert CARRYING.heartbeat is not None
    assert CARRYING.start_to_close > CARRYING.heartbeat


def _name(one: object) -> str | None:
    return activity._Definition.must_from_callable(one).name  # type: ignore[arg-type]
