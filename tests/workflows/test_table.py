"""Every effect has its activity, its policy and its worker, and nothing is left over."""

from pathlib import Path
from typing import get_args

from temporalio import activity

from activities import notify_activities, record_activities
from activities.channels.email import EmailChannel, EmailSettings
from engine.effects import Effect
from store.database import Database
from workflows.names import NOTIFICATIONS, RECORDS
from workflows.policies import POLICIES


def test_effects_activities_and_policies_are_the_same_names(tmp_path: Path) -> None:
    """An effect's kind is its activity's name and its policy's key; each activity sits in the worker its policy names."""
    database = Database.open(f"sqlite:///{tmp_path / 'store.db'}")
    union, *_ = get_args(Effect)
    kinds = {one.model_fields["kind"].default for one in get_args(union)}
    served = {
        RECORDS: {_name(one) for one in record_activities(database)},
        NOTIFICATIONS: {_name(one) for one in notify_activities(database, EmailChannel(EmailSettings()))},
    }
    assert kinds == set(POLICIES) == set.union(*served.values())
    assert all(kind in served[policy.queue] for kind, policy in POLICIES.items())
    assert all(policy.why for policy in POLICIES.values())


def _name(one: object) -> str | None:
    return activity._Definition.must_from_callable(one).name  # type: ignore[arg-type]
