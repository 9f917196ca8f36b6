"""What leaves for hosts: every event under a public name, with ids and facts and nothing that anybody wrote (rule N5)."""

import json
from datetime import UTC, datetime

import pytest
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent as TheirEvent

from engine.announcements import ALERT_RAISED, JOURNEY_EVENTS, OTHERS, TYPES, Announcement, CloudEvent, announce, cloud_event
from engine.events import JourneyPaused, RiskAcknowledged, StepCompleted
from engine.messages import By
from tests.store.happenings import KINDS, one_of_every_kind

WHOSE = {"client": "c1", "pathway": "sleep", "version": 2}
WRITTEN = {"reason", "why", "obstacle", "zone", "quiet_hours", "dates", "value", "shifted_to"}
"""What somebody wrote, what holds values of answers, and what tells of a person's life."""


def test_N5_every_event_has_a_public_name_of_its_own() -> None:
    """The table is total, and no two things are called the same."""
    assert set(JOURNEY_EVENTS) == {kind.model_fields["kind"].default for kind in KINDS}
    assert len(set(TYPES)) == len(TYPES) == len(KINDS) + len(OTHERS)
    assert all(len(type) <= 60 and type.startswith("org.stepwell.") for type in TYPES)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_N5_what_is_told_of_an_event_is_there_and_may_leave(kind: type) -> None:
    """A field of the event that is not named stays; a name that fits no field would be a mistake."""
    fields = set(kind.model_fields)  # type: ignore[attr-defined]
    public = JOURNEY_EVENTS[kind.model_fields["kind"].default]  # type: ignore[attr-defined]
    assert set(public.facts) <= fields
    assert not set(public.facts) & WRITTEN
    assert fields - set(public.facts) <= WRITTEN | {"kind", "seq", "at", "by"}, "a new field: may it leave?"


def test_N5_nothing_written_leaves_with_any_event() -> None:
    """Every field of every kind is filled, and the words are looked for."""
    for event in one_of_every_kind():
        told = json.dumps(announce(event, "jou_1", WHOSE)._asdict(), default=str)
        for word in ("agreed", "“why”", "no time", "Kathmandu", "06:30"):
            assert word not in told, event.kind


def test_N5_who_did_it_is_told_as_a_role() -> None:
    """The id of whoever takes up an alert is a person's name."""
    event = RiskAcknowledged(seq=3, at=_NOON, by=By(role="practitioner", id="Dr. Eva"), alert="alert_1", reason="called")
    assert announce(event, "jou_1", WHOSE).data == {"journey": "jou_1", **WHOSE, "by": "practitioner", "alert": "alert_1"}


def test_N5_an_event_is_a_cloud_event_to_others() -> None:
    """Their library reads it, and finds what we mean."""
    event = StepCompleted(seq=12, at=_NOON, by=By(role="client"), occurrence="mood.1", step="mood", response_id="r1")
    ours = cloud_event(announce(event, "jou_1", WHOSE), "a b", 4711)
    theirs = JSONFormat().read(lambda attributes, data: TheirEvent(attributes, data), ours.as_json())
    assert theirs.get_id() == "jou_1/12"
    assert theirs.get_type() == "org.stepwell.step.completed"
    assert theirs.get_source() == "urn:stepwell:a%20b"
    assert theirs.get_subject() == "jou_1"
    assert theirs.get_time() == _NOON
    assert theirs.get_extension("sequence") == "0000000012"
    assert theirs.get_extension("position") == "4711"
    data = {"by": "client", "occurrence": "mood.1", "step": "mood", "response_id": "r1", "late": False, "content_version": None}
    assert theirs.get_data() == {"journey": "jou_1", **WHOSE, **data}


def test_N5_what_is_no_entry_of_a_journey_has_no_number() -> None:
    """An alert is told before its journey hears of it."""
    told = Announcement("alert_1/raised", ALERT_RAISED.type, _NOON, {"alert": "alert_1"}, "jou_1")
    assert json.loads(cloud_event(told, "t", 7).as_json()) == {
        "specversion": "1.0",
        "id": "alert_1/raised",
        "source": "urn:stepwell:t",
        "type": "org.stepwell.alert.raised",
        "subject": "jou_1",
        "time": "2026-03-02T12:00:00Z",
        "datacontenttype": "application/json",
        "position": "7",
        "data": {"alert": "alert_1"},
    }


def test_N5_the_bytes_are_the_same_each_time() -> None:
    """They are signed anew with each attempt, over the same body."""
    event = JourneyPaused(seq=1, at=_NOON, mode="freeze", reason="holiday")
    sent = cloud_event(announce(event, "jou_1", {"client": "zoë", "pathway": "p", "version": 1}), "t", 1).as_json()
    assert CloudEvent.model_validate_json(sent).as_json() == sent


_NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
