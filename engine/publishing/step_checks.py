"""What can be wrong with one step by itself: type, content, words, times, windows, reminders, repetition."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise

from dateutil.rrule import rrulestr

from engine.calendar import is_known_country
from engine.document import PathwayDocument, Step
from engine.durations import Offset
from engine.findings import Finding, Path
from engine.publishing.compiling import quiet_hours_of
from engine.steptype import AnyStepType, missing_languages, unknown_placeholders
from engine.structure import TimeWindow
from engine.words import Text

_SOME_MONDAY = datetime(2026, 1, 5, 9)  # noqa: DTZ001 - a wall time: repetition is counted in these


class StepCheck:
    """Finds what is wrong with one step, each finding with its place."""

    def __init__(self, document: PathwayDocument, at: int, step_type: AnyStepType | None) -> None:
        self.document = document
        self.step: Step = document.steps[at]
        self.type = step_type
        self.path: Path = ("steps", at)

    def find(self, code: str, where: Path, message: str, suggestion: str = "", *, warns: bool = False) -> Finding:
        """A finding about this step."""
        severity = "warning" if warns else "error"
        step, path = self.step.id, (*self.path, *where)
        return Finding(code=code, severity=severity, step=step, path=path, message=message, suggestion=suggestion)

    def all(self) -> Iterator[Finding]:
        """Everything that is wrong with the step by itself."""
        yield from self._words()
        yield from self._times()
        yield from self._windows()
        yield from self._reminders()
        yield from self._repetition()

    def _words(self) -> Iterator[Finding]:
        step, languages = self.step, (self.document.language, *self.document.languages)
        if step.title is None:
            yield self.find(
                "missing-content", ("title",), "has no title", "add 'title: …'; 'client_title' for another to clients"
            )
        if self.type is not None and self.type.actor == "client":
            for name, why in (("rationale", "why the client is asked"), ("instructions", "what to do, clearly")):
                if getattr(step, name) is None:
                    yield self.find(f"missing-{name}", (name,), f"has no {name}", f"say {why}", warns=True)
        texts: dict[str, Text | None] = {
            name: getattr(step, name) for name in ("title", "client_title", "rationale", "instructions", "practitioner_notes")
        }
        for problem in missing_languages(texts, languages):
            yield self.find("missing-translation", (problem.where,), f"{problem.where} {problem.message}", problem.suggestion)
        for problem in unknown_placeholders(texts):
            yield self.find("unknown-placeholder", (problem.where,), f"{problem.where} {problem.message}", problem.suggestion)

    def _times(self) -> Iterator[Finding]:
        deliver = self.step.deliver
        if deliver.between is not None and deliver.between[0] >= deliver.between[1]:
            yield self.find(
                "empty-window", ("deliver", "between"), "the window ends before it begins", "write the earlier time first"
            )
        if deliver.between is not None and deliver.at is not None:
            yield self.find("two-times", ("deliver", "at"), "says both 'at' and 'between'", "keep one of them")
        countries = [(("deliver", "calendar"), deliver.calendar)]
        countries += [(("escalate", at, "calendar"), rung.calendar) for at, rung in enumerate(self.step.escalate or ())]  # type: ignore[misc]
        for where, country in countries:
            if country is not None and not is_known_country(country):
                message = f"knows no holidays for {country!r}"
                yield self.find("unknown-country", where, message, "write an ISO code such as 'GB', 'DE' or 'DE-BY'")
        if deliver.offset.is_negative and not deliver.after.startswith("date ") and not deliver.after[:1].isdigit():
            message = f"counts back from {deliver.after}, which is known only once it has happened"
            yield self.find(
                "never-in-time", ("deliver", "offset"), message, "negative offsets go with 'date NAME' or a fixed date"
            )

    def _windows(self) -> Iterator[Finding]:
        step, quiet = self.step, quiet_hours_of(self.document.quiet_hours)
        for name in ("start_by", "finish_by", "inactivity"):
            limit: Offset | None = getattr(step.window, name)
            if limit is None:
                continue
            if limit.roughly <= timedelta(0):
                message = f"{name} leaves no time: the step could never be done"
                yield self.find("never-satisfied", ("window", name), message, "write a length such as '3 days'")
            elif quiet is not None and not step.urgent and self._is_clients and limit.roughly < length_of(quiet):
                message = f"{name} of {limit} is shorter than the quiet hours of {_words(length_of(quiet))}"
                yield self.find(
                    "window-in-quiet-hours", ("window", name), message, "make it longer, or shorten the quiet hours"
                )
        if step.max_lateness is not None and step.max_lateness.over.roughly < timedelta(0):
            yield self.find("wrong-value", ("max_lateness", "over"), "is less than nothing", "write a length such as '2 hours'")

    @property
    def _is_clients(self) -> bool:
        return self.type is None or (self.type.told or self.type.actor) == "client"

    def _reminders(self) -> Iterator[Finding]:
        step, plan = self.step, self.step.reminders
        if plan is None:
            return
        if not plan.offsets and plan.every is None:
            yield self.find(
                "no-reminders", ("reminders",), "has reminders without a time", "add 'after: [1 day]' or 'every: 1 day'"
            )
        if plan.every is not None and plan.every.roughly <= timedelta(0):
            yield self.find(
                "wrong-value", ("reminders", "every"), "must be more than nothing", "write a length such as '1 day'"
            )
        if self.type is not None and (self.type.told or self.type.actor) == "host":
            yield self.find(
                "no-one-to-remind", ("reminders",), "nobody answers this step, so nobody is reminded", "leave them out"
            )
        limits = [limit for limit in (step.window.start_by, step.window.finish_by) if limit]
        if plan.base.startswith("date "):
            return
        if plan.base == "closing" and not limits:
            yield self.find("no-closing", ("reminders", "from"), "counts from a closing the step does not have", "add 'window'")
            return
        latest = timedelta(0) if plan.base == "closing" else min((limit.roughly for limit in limits), default=None)
        for at, offset in enumerate(plan.offsets):
            if offset.is_negative and plan.base in ("delivered", "due"):
                message = f"a reminder {offset} after it was {plan.base} would come before the step"
                yield self.find("reminder-too-early", ("reminders", "after", at), message, "write a length without a sign")
            elif latest is not None and offset.roughly >= latest:
                message = f"the reminder at {offset} comes when the step has closed"
                yield self.find(
                    "reminder-after-window", ("reminders", "after", at), message, "remind earlier, or widen the window"
                )
        if plan.every is not None and latest is not None and plan.base != "closing" and plan.every.roughly >= latest:
            message = f"the first reminder, after {plan.every}, comes when the step has closed"
            yield self.find("reminder-after-window", ("reminders", "every"), message, "remind more often, or widen the window")

    def _repetition(self) -> Iterator[Finding]:
        repeat = self.step.repeat
        if repeat is None:
            return
        if (repeat.every is None) == (repeat.rrule is None):
            yield self.find("no-interval", ("repeat",), "needs either 'every' or 'rrule'", "for example 'every: 1 day'")
            return
        if (
            repeat.count is None
            and repeat.until is None
            and repeat.lasting is None
            and "COUNT" not in (repeat.rrule or "").upper()
        ):
            yield self.find("endless", ("repeat",), "never ends", "add 'count: 14', 'for: 2 weeks' or 'until: 2026-12-31'")
        shortest: timedelta | None
        if repeat.every is not None:
            shortest = repeat.every.roughly
            if shortest < timedelta(minutes=1):
                yield self.find(
                    "wrong-value", ("repeat", "every"), "must be a minute or more", "write a length such as '1 day'"
                )
                return
        else:
            try:
                shortest = _shortest_gap(repeat.rrule or "")
            except (ValueError, TypeError) as error:
                message = f"{repeat.rrule!r} is no recurrence rule: {error}"
                yield self.find("bad-rrule", ("repeat", "rrule"), message[:300], "for example 'FREQ=WEEKLY;BYDAY=MO,TH'")
                return
        limit = self.step.window.finish_by or self.step.window.start_by
        if limit is not None and shortest is not None and limit.roughly > shortest and not repeat.overlap:
            message = f"stays open for {limit}, but the next one comes after {_words(shortest)}"
            yield self.find("overlapping-windows", ("window",), message, "close it sooner, or say 'overlap: true'")


def length_of(window: TimeWindow) -> timedelta:
    """How long a daily window lasts."""
    minutes = (window.end.hour - window.start.hour) * 60 + window.end.minute - window.start.minute
    return timedelta(minutes=minutes % 1440 or 1440)


def _shortest_gap(rrule: str) -> timedelta | None:
    if any(part in rrule.upper() for part in ("SECONDLY", "BYSECOND", "DTSTART", "\n")):
        raise ValueError("seconds and start dates are not for pathways")
    found: list[datetime] = []
    for one in rrulestr(rrule, dtstart=_SOME_MONDAY):
        found.append(one)
        if len(found) == 60:
            break
    return min((later - earlier for earlier, later in pairwise(found)), default=None)


def _words(length: timedelta) -> str:
    hours, minutes = divmod(int(length.total_seconds()) // 60, 60)
    days, hours = divmod(hours, 24)
    parts = ((days, "day"), (hours, "hour"), (minutes, "minute"))
    return " ".join(f"{amount} {unit}{'' if amount == 1 else 's'}" for amount, unit in parts if amount) or "nothing"
