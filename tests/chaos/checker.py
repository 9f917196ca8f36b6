"""The invariants: each looks at what is left of a run and says what may not be. Nothing found is the good news."""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from datetime import datetime, time
from typing import Any

from tests.chaos.evidence import Evidence, Journey
from tests.chaos.history import Operation
from tests.chaos.pathways import MAILS, NOTE, PERSON, SECRET_WORDS, TWIN, WORDS
from tests.chaos.reference import Facts, Happening, Reference, journey_of

_ALARMED = 90.0
"""Seconds after the last fault within which somebody was told of an alert: a try that died with its worker is given up after 60."""
_IN_FLIGHT = 1
"""Reminders of one step that may have been handed over when it was settled."""
_BAD_WORDS = re.compile(
    r"TMPRL1100|[Nn]on-?determinis|never retrieved|never awaited|Unhandled|UnfinishedUpdateHandlers|UnfinishedSignalHandlers"
    r'|"level": "(error|critical)"|AssertionError|stopped at a bug'
)
_SAID_LOUDLY = re.compile(
    r"(Failed (decoding arguments|handling activation|encoding completion)|Exception handling failed).*"
    r"(StoreUnavailable|KeysUnavailable|does not answer)|(Store|Keys)Unavailable.*an alert cannot be told"
)
"""What was given cannot be opened while the keys are away, nor what comes of it be sealed, nor an alert be told: it is tried again."""
_AWAY_FROM_STORE = re.compile(r"worker-store|postgres")
_TRIED_AGAIN = 8.0
"""Seconds until what could not be recorded is recorded, after an outage of some seconds: each try waits twice as long."""
Check = Callable[[Evidence], list[str]]


def acknowledged_is_stored_once(evidence: Evidence) -> list[str]:
    """I1: every response that was acknowledged is there, once, word for word."""
    wrong = []
    for one in evidence.of("respond"):
        if one.outcome == "ok":
            found = _stored(evidence, one)
            if found != 1:
                wrong.append(f"I1: {one.path} by {one.key}: acknowledged, and stored {found} times")
    return wrong


def nothing_stored_that_nobody_sent(evidence: Evidence) -> list[str]:
    """I2: every response is one that somebody sent, every journey one that somebody entered on."""
    sent: dict[str, list[object]] = defaultdict(list)
    for one in evidence.operations:
        if one.does in ("respond", "twin") and isinstance(one.body, dict) and "response" in one.body:
            sent[one.path].append(_words(one.body["response"]))
    wrong = [
        f"I2: {name} of {journey.id}: nobody sent what is stored"
        for journey in evidence.journeys.values()
        for name, stored in journey.responses.items()
        for one in stored
        if _words(one["payload"]) not in sent[f"/journeys/{journey.id}/occurrences/{name}/responses"]
    ]
    entered = Counter(
        (one.client, one.body["pathway"]) for one in evidence.operations if one.path == "/journeys" and one.outcome != "fail"
    )
    there = Counter((one.client, one.pathway) for one in evidence.journeys.values())
    wrong += [f"I2: {client} is {count} times on {name}" for (client, name), count in there.items() if count > 1]
    wrong += [f"I2: {client} is on {name}, and nobody asked for it" for client, name in there if (client, name) not in entered]
    return wrong


def one_of_rivals_is_accepted(evidence: Evidence) -> list[str]:
    """I1, G9: of several answers to one step exactly one is taken; of one answer sent often all are told the same."""
    rivals: dict[str, list[Operation]] = defaultdict(list)
    same: dict[str, list[Operation]] = defaultdict(list)
    for one in (*evidence.of("respond"), *evidence.of("enrol")):
        (rivals if "-rival" in one.key else same)[one.path if "-rival" in one.key else one.key].append(one)
    wrong = []
    for path, all_of_them in rivals.items():
        taken = [one for one in all_of_them if one.outcome == "ok"]
        if len(taken) > 1 or (not taken and all(one.outcome == "fail" and one.code != "journey_over" for one in all_of_them)):
            wrong.append(f"I1: {path}: {len(taken)} of {len(all_of_them)} rivals are accepted")
    for key, all_of_them in same.items():
        answers = {(one.outcome, repr(one.answer)) for one in all_of_them if one.outcome != "unknown"}
        if len({outcome for outcome, _ in answers}) > 1 or len([one for one in answers if one[0] == "ok"]) > 1:
            wrong.append(f"I1: {key}: one request has {len(answers)} answers")
    taken_too = [one.path for one in evidence.of("contradict") if one.outcome == "ok"]
    return wrong + [f"I1: {path}: another body is taken under the same key" for path in taken_too]


def order_and_gates_hold(evidence: Evidence) -> list[str]:
    """I3: nothing comes before its gate or its time, out of order, in a pause, after the end or in quiet hours; and the mails
    that arrived outside say the same."""
    wrong = []
    for journey in evidence.journeys.values():
        wrong += [f"I3: {journey.id} ({journey.client}): {one}" for one in _judged(evidence, journey).wrong]
    for mail in evidence.mails[: evidence.mails_before]:
        for name, occurrence in mail["about"]:
            journey, entered = evidence.journeys.get(name), _entered_at(evidence, name)
            if journey is None or entered is None:
                wrong.append(f"I3: a mail is about {name}, which nobody entered on")
                continue
            answered = _answers_before(evidence, journey, occurrence)
            if answered and mail["wall"] < max(answered):
                wrong.append(f"I3: a mail about {occurrence} of {name} arrived before what it waits for was sent")
            due = _dated(evidence, journey, occurrence)
            if due is not None and mail["wall"] < due - 1:
                wrong.append(f"I3: a mail about {occurrence} of {name} arrived {due - mail['wall']:.1f} s before its date")
    return wrong


def one_delivery_one_id(evidence: Evidence) -> list[str]:
    """I4: each step is delivered once, each message has one id, and attempts are told truthfully."""
    wrong = []
    rows = {row["message_id"]: row for one in evidence.journeys.values() for row in one.ledger if row["message_id"]}
    about: dict[tuple[str, ...], set[str]] = defaultdict(set)
    known = evidence.mails[: evidence.mails_before]
    arrived = Counter(mail["id"] for mail in known if mail["taken"])
    seen = {mail["id"] for mail in evidence.mails if mail["taken"]}
    for mail in known:
        if mail["id"] not in rows:
            wrong.append(f"I4: mail {mail['id']} to {mail['to']} is in no ledger")
        for name, occurrence in mail["about"]:
            about[name, occurrence, mail["to"], mail["subject"]].add(mail["id"])
    wrong += [
        f"I4: {key[1]} of {key[0]} has {len(ids)} message ids" for key, ids in about.items() if len(ids) > 1 and len(key) == 4
    ]
    for name, count in arrived.items():
        if name in rows and count > rows[name]["attempts"]:
            wrong.append(f"I4: mail {name} was taken {count} times in {rows[name]['attempts']} attempts")
    for journey in evidence.journeys.values():
        ids = Counter(row["id"] for row in journey.ledger)
        wrong += [f"I4: {journey.id}: {count} ledger rows for {name}" for name, count in ids.items() if count > 1]
        for row in journey.ledger:
            by_mail = row["accepted_at"] is not None and row["channel"] == "email" and row["message_id"] is not None
            if by_mail and row["merged_into"] is None and row["message_id"] not in seen:
                wrong.append(f"I4: {row['id']} is told to be accepted, and no mail server saw it")
    return wrong


def nothing_is_silent(evidence: Evidence) -> list[str]:
    """I5: every journey is over, paused, or waits for something that will come; and what was owed has come."""
    wrong = [f"I5: {one}" for one in (*evidence.late, *evidence.mismatches)]
    now = datetime.fromtimestamp(evidence.gathered_at - 5).astimezone()
    for journey in evidence.journeys.values():
        owed = _judged(evidence, journey).owed(now)
        if owed:
            wrong.append(f"I5: {journey.id} ({journey.client}) owes {', '.join(owed)}")
        open_ones = [one for one in journey.forecast if one.get("at") or one.get("waits_for")]
        is_open = _open_steps(journey)
        if journey.status == "active" and journey.wake_at is None and not is_open and not journey.held and not open_ones:
            wrong.append(f"I5: {journey.id} waits for nothing")
    wrong += [f"I5: {one}" for one in _workflows_apart(evidence)]
    return wrong + [f"I5: the workflow of {name} fails again and again" for name in evidence.troubled]


def no_reminder_afterwards(evidence: Evidence) -> list[str]:
    """I6: no reminder of what is done, paused, stopped or opted out of; at most one that was on its way."""
    wrong = []
    ends = {journey.id: _ends(evidence, journey) for journey in evidence.journeys.values()}
    late: Counter[tuple[str, str]] = Counter()
    for mail in evidence.mails:
        if "reminder" not in mail["subject"].lower():
            continue
        for name, occurrence in mail["about"]:
            ended = ends.get(name, {}).get(occurrence)
            if ended is not None and mail["wall"] > ended and not _was_under_way(evidence, name, mail, ended):
                late[name, occurrence] += 1
    wrong += [f"I6: {what} of {name} was reminded of {count} times after it was over" for (name, what), count in late.items()]
    for one in evidence.of("opt_out"):
        if one.outcome != "ok":
            continue
        after = {mail["id"] for mail in evidence.mails if mail["to"] == f"{one.client}{MAILS}" and mail["wall"] > one.ended + 1}
        if len(after) > _IN_FLIGHT:
            wrong.append(f"I6: {one.client} got {len(after)} mails after opting out")
    return wrong


def reminders_within_their_cap(evidence: Evidence) -> list[str]:
    """I7: no step is reminded of more often than its author said, and nobody in quiet hours: by what arrived outside."""
    wrong = []
    reminded: dict[tuple[str, str], set[str]] = defaultdict(set)
    for mail in evidence.mails:
        for name, occurrence in mail["about"]:
            if "reminder" in mail["subject"].lower():
                reminded[name, occurrence].add(mail["id"])
    wrong += [f"I7: {what} of {name} has {len(ids)} reminders" for (name, what), ids in reminded.items() if len(ids) > 1]
    for mail in evidence.mails:
        person = evidence.people.get(mail["to"].partition("@")[0])
        if person is not None and person.quiet and _is_quiet(person.quiet, person.zone, mail["wall"]):
            wrong.append(f"I7: {person.id} got a mail in quiet hours")
    return wrong


def nothing_private_outside(evidence: Evidence) -> list[str]:
    """I8: no note, no private answer, no answer at all in a mail, a webhook or a log; no word of anybody's in a database's files."""
    wrong = [f"I8: {one}" for one in evidence.kept]
    places = [("a mail", mail["raw"]) for mail in evidence.mails] + [("a webhook", hook["body"]) for hook in evidence.hooks]
    places += list(evidence.logs.items())
    for where, text in places:
        wrong += [f"I8: {mark} stands in {where}" for mark in (NOTE, SECRET_WORDS, WORDS) if mark in text]
    wrong += [f"I8: a name stands in the log {name}" for name, text in evidence.logs.items() if PERSON in text]
    return wrong


_TOLD = {
    "respond": "step_completed",
    "skip": "step_skipped",
    "pause": "journey_paused",
    "resume": "journey_resumed",
    "stop": "journey_stopped",
}
_BY = {"respond": "client", "skip": "client", "pause": "host", "resume": "host", "stop": "host"}


def every_change_is_told(evidence: Evidence) -> list[str]:
    """I9: every acknowledged change is an event with who did it, events are numbered without a gap, the audit's chain holds."""
    wrong = [f"I9: the audit is {evidence.audit}"] if evidence.audit else []
    for one in evidence.operations:
        kind = _TOLD.get(one.does)
        if kind is None or one.outcome != "ok":
            continue
        name = one.path.split("/")[2]
        occurrence = one.path.split("/occurrences/")[1].split("/")[0] if "/occurrences/" in one.path else None
        journey = evidence.journeys.get(name)
        found = [event for event in journey.history if event["kind"] == kind] if journey else []
        found = [event for event in found if occurrence is None or event["occurrence"] == occurrence]
        if len(found) != 1:
            wrong.append(f"I9: {one.does} {occurrence or ''} of {name} was acknowledged, and is told {len(found)} times")
        elif found[0]["by"]["role"] != _BY[one.does]:
            wrong.append(f"I9: {one.does} of {name} is told as done by {found[0]['by']['role']}")
    numbers = {journey.id: [event["seq"] for event in journey.history] for journey in evidence.journeys.values()}
    gaps = [name for name, found in numbers.items() if found != list(range(1, len(found) + 1))]
    return wrong + [f"I9: the events of {name} are not numbered in one row" for name in gaps]


def rows_are_what_events_say(evidence: Evidence) -> list[str]:
    """I10: what lists show is what the events come to, and what hosts were sent is what they can read."""
    wrong = [f"I10: {one}" for one in evidence.mismatches]
    told = {event["id"]: event["type"] for event in evidence.events}
    for journey in evidence.journeys.values():
        wrong += [
            f"I10: {journey.id}/{one['seq']} is told to no host"
            for one in journey.history
            if f"{journey.id}/{one['seq']}" not in told
        ]
    wrong += [
        f"I10: a webhook with the id {hook['id']} tells of nothing"
        for hook in evidence.hooks[: evidence.hooks_before]
        if hook["id"] not in told
    ]
    taken = {hook["id"] for hook in evidence.hooks if hook["taken"]}
    for event, state in evidence.deliveries.items():
        if state == "delivered" and event not in taken:
            wrong.append(f"I10: {event} is told to be delivered, and the receiver never saw it")
        if state == "dead":
            wrong.append(f"I10: {event} was given up")
    return wrong + [f"I10: {event} is on no way to the receiver" for event in _passed_over(evidence)]


def every_risk_is_told(evidence: Evidence) -> list[str]:
    """I11: every answer that meets a risk rule has an alert, and the practitioner was written to in time."""
    wrong = []
    raised: dict[tuple[str, str], list[str]] = {}
    for alert in evidence.alerts:
        raised.setdefault((alert["journey"], alert["occurrence"]), []).append(alert["id"])
    told = {
        mail["wall"]: mail["raw"] for mail in evidence.mails if mail["to"] == "grey@example.org" and "alert" in mail["subject"]
    }
    for one in evidence.of("respond"):
        if one.outcome != "ok" or one.body["response"]["answers"].get("safe") is not False:
            continue
        name = one.path.split("/")[2]
        occurrence = one.path.split("/occurrences/")[1].split("/")[0]
        alerts = raised.get((name, occurrence), [])
        if not alerts:
            wrong.append(f"I11: an answer to {occurrence} of {name} met a risk rule, and there is no alert")
        by_when = max(one.ended, evidence.healed_at) + _ALARMED
        in_time = [text for wall, text in told.items() if wall <= by_when]
        if not any(alert in text for alert in alerts for text in in_time) and evidence.gathered_at > by_when:
            wrong.append(f"I11: nobody was told of the alert of {name} in time")
    return wrong


def logs_are_clean(evidence: Evidence) -> list[str]:
    """I12: no error, no lost exception, no non-determinism in any log; no answer of 500."""
    wrong = [
        f"I12: {name}: {line[:300]}"
        for name, text in evidence.logs.items()
        for line in text.splitlines()
        if _BAD_WORDS.search(line) and not _SAID_LOUDLY.search(line)
    ]
    wrong += [f"I12: {one.does} {one.path} was answered with 500" for one in evidence.operations if 500 in one.statuses]
    return wrong + [
        f"I12: {one.path} was answered with 503 and not when to try again" for one in evidence.operations if one.bare
    ]


def stops_are_orderly(evidence: Evidence) -> list[str]:
    """RT23: whoever is asked to end does so in time and with exit code 0."""
    ended = [one for one in evidence.faults if one["fault"].startswith("term")]
    return [f"RT23: {one['fault']}: exit code {one['code']} after {one['took']} s" for one in ended if one["code"] != 0]


def means_something(evidence: Evidence) -> list[str]:
    """The run counts: nine of ten operations were answered for certain, every fault happened, everybody goes on afterwards."""
    certain = sum(one.outcome in ("ok", "fail") for one in evidence.operations)
    wrong = (
        []
        if certain * 10 >= len(evidence.operations) * 9
        else [f"vacuous: {certain} of {len(evidence.operations)} are certain"]
    )
    missing = set(evidence.planned) - {one["fault"] for one in evidence.faults if "missed" not in one}
    wrong += [f"vacuous: {one} did not happen" for one in sorted(missing)]
    wrong += [f"vacuous: afterwards: {one}" for one in evidence.after]
    if not any(one.outcome == "ok" for one in evidence.of("respond")) or not evidence.mails:
        wrong.append("vacuous: nobody answered anything, or no mail came")
    return wrong


INVARIANTS: tuple[Check, ...] = (
    acknowledged_is_stored_once,
    nothing_stored_that_nobody_sent,
    one_of_rivals_is_accepted,
    order_and_gates_hold,
    one_delivery_one_id,
    nothing_is_silent,
    no_reminder_afterwards,
    reminders_within_their_cap,
    nothing_private_outside,
    every_change_is_told,
    rows_are_what_events_say,
    every_risk_is_told,
    logs_are_clean,
    stops_are_orderly,
)


def check(evidence: Evidence) -> list[str]:
    """Everything that is wrong, each once."""
    return list(dict.fromkeys(one for invariant in (*INVARIANTS, means_something) for one in invariant(evidence)))


def unsettled(evidence: Evidence) -> list[str]:
    """What has not come to rest yet: steps that are owed, changes that are not recorded, messages on their way."""
    now = datetime.fromtimestamp(evidence.gathered_at).astimezone()
    waits = []
    for journey in evidence.journeys.values():
        waits += [f"{journey.id} ({journey.client}) owes {one}" for one in _judged(evidence, journey).owed(now)]
        waits += [f"message {row['id']} is on its way" for row in journey.ledger if _is_under_way(row)]
        if journey.status == "starting":
            waits.append(f"{journey.id} has not started")
    if evidence.is_patient:
        waits += [f"{event} is on no way to the receiver" for event in _passed_over(evidence)]
    waits += _workflows_apart(evidence)
    return waits + every_change_is_told(evidence) + acknowledged_is_stored_once(evidence)


# How evidence is read


def _workflows_apart(evidence: Evidence) -> list[str]:
    """Journeys that are over and whose workflow runs with nothing under way, or the other way round."""
    wrong = []
    for journey in evidence.journeys.values():
        state = evidence.workflows.get(journey.id)
        is_over = journey.status == "stopped" or (journey.status == "completed" and not _open_steps(journey))
        if state not in (("COMPLETED", "BUSY") if is_over else ("RUNNING", "BUSY")):
            wrong.append(f"{journey.id} is {journey.status}, its workflow {state}")
    return wrong


def _passed_over(evidence: Evidence) -> list[str]:
    """Events that are not on their way to the receiver; where nobody waited for the courier, only those before one that is."""
    told = [event["id"] for event in evidence.events]
    known = [at for at, event in enumerate(told) if event in evidence.deliveries]
    upto = len(told) if evidence.is_patient else max(known, default=0)
    return [event for event in told[:upto] if event not in evidence.deliveries]


def _is_under_way(row: dict[str, Any]) -> bool:
    return not (row["accepted_at"] or row["skipped"] or row["merged_into"] or row["failed"] or row["held_why"])


def happenings_of(journey: Journey) -> list[Happening]:
    """The history as the reference reads it."""
    return [
        Happening(
            event["seq"],
            datetime.fromisoformat(event["at"]),
            event["kind"],
            event.get("occurrence", ""),
            tuple(event.get("occurrences", ())) if event["kind"] == "reminder_due" else (),
        )
        for event in journey.history
    ]


def facts_of(evidence: Evidence, journey: Journey) -> Facts:
    """What the client was entered with."""
    person = evidence.people.get(journey.client)
    if person is None:
        return Facts()
    quiet = (time.fromisoformat(person.quiet[0]), time.fromisoformat(person.quiet[1])) if person.quiet else None
    return Facts({name: datetime.fromisoformat(value) for name, value in person.dates.items()}, person.zone, quiet)


def _judged(evidence: Evidence, journey: Journey) -> Reference:
    person = evidence.people.get(journey.client)
    steps = person.pathway.steps if person is not None else TWIN.steps
    return journey_of(steps, facts_of(evidence, journey), happenings_of(journey))


def _words(payload: dict[str, object]) -> object:
    return payload.get("answers")


def _stored(evidence: Evidence, one: Operation) -> int:
    name = one.path.split("/")[2]
    occurrence = one.path.split("/occurrences/")[1].split("/")[0]
    journey = evidence.journeys.get(name)
    found = journey.responses.get(occurrence, ()) if journey else ()
    return sum(_words(each["payload"]) == _words(one.body["response"]) for each in found)


def _entered_at(evidence: Evidence, journey: str) -> float | None:
    found = evidence.journeys.get(journey)
    if found is None:
        return None
    began = [one.began for one in evidence.operations if one.path == "/journeys" and one.client == found.client]
    return min(began, default=None)


def _answers_before(evidence: Evidence, journey: Journey, occurrence: str) -> list[float]:
    """When the answers were first sent that this step has to wait for, as its clients remember it."""
    person = evidence.people.get(journey.client)
    if person is None:
        return []
    step = next(one for one in person.pathway.steps if one.occurrence == occurrence)
    if step.regardless:
        return []
    earlier = person.pathway.steps[: person.pathway.steps.index(step)]
    waits_for = [one.occurrence for one in earlier if (one.id in step.needs if step.needs else one.required)]
    sent: dict[str, float] = {}
    for one in evidence.of("respond"):
        if one.path.startswith(f"/journeys/{journey.id}/"):
            name = one.path.split("/occurrences/")[1].split("/")[0]
            sent[name] = min(sent.get(name, one.began), one.began)
    return [sent.get(name, float("inf")) for name in waits_for]


def _dated(evidence: Evidence, journey: Journey, occurrence: str) -> float | None:
    person = evidence.people.get(journey.client)
    step = next((one for one in person.pathway.steps if one.occurrence == occurrence), None) if person else None
    value = person.dates.get(step.anchor) if person and step else None
    return datetime.fromisoformat(value).timestamp() if value else None


def _open_steps(journey: Journey) -> list[str]:
    delivered = [event["occurrence"] for event in journey.history if event["kind"] == "step_delivered"]
    settled = {
        event["occurrence"] for event in journey.history if event["kind"].startswith("step_") and event["kind"] in _SETTLING
    }
    return [one for one in delivered if one not in settled]


_SETTLING = ("step_completed", "step_skipped", "step_cancelled", "step_expired", "step_abandoned", "step_excused")


def _ends(evidence: Evidence, journey: Journey) -> dict[str, float]:
    """When the client was told for certain that a step, or all of the journey, is over."""
    ends: dict[str, float] = {}
    for one in evidence.operations:
        if one.outcome != "ok" or not one.path.startswith(f"/journeys/{journey.id}/"):
            continue
        if one.does in ("respond", "skip"):
            name = one.path.split("/occurrences/")[1].split("/")[0]
            ends[name] = min(ends.get(name, one.ended), one.ended)
        elif one.does == "stop":
            person = evidence.people[journey.client]
            ends = {step.occurrence: min(ends.get(step.occurrence, one.ended), one.ended) for step in person.pathway.steps}
    return ends


def _was_under_way(evidence: Evidence, journey: str, mail: dict[str, object], ended: float) -> bool:
    """Whether the attempt that brought this mail had begun before the end was known.

    The store knows of it a moment later; where workers could not reach the store, once they can, and have tried again.
    """
    row = next((one for one in evidence.journeys[journey].ledger if one["message_id"] == mail["id"]), None)
    if row is None or row["attempted_at"] is None:
        return False
    kept_away = [
        one for one in evidence.faults if _AWAY_FROM_STORE.search(one["fault"]) and one["began"] <= ended <= one["ended"]
    ]
    known = max([ended + 1, *(one["ended"] + _TRIED_AGAIN for one in kept_away)])
    return datetime.fromisoformat(row["attempted_at"]).timestamp() <= known


def _is_quiet(quiet: tuple[str, str], zone: str, wall: float) -> bool:
    facts = Facts({}, zone, (time.fromisoformat(quiet[0]), time.fromisoformat(quiet[1])))
    reference = Reference((), facts)
    return reference.is_quiet(datetime.fromtimestamp(wall).astimezone())


def by_invariant(wrong: Iterable[str]) -> dict[str, int]:
    """How many of each."""
    return dict(Counter(one.partition(":")[0] for one in wrong))
