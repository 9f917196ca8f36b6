"""Risk rules before publishing: somebody named is alerted, a crisis text is there, and nobody answers in the dark (rule R8)."""

from collections.abc import Iterator, Mapping
from datetime import timedelta

from engine.document import PathwayDocument, Step, WrittenAlerts
from engine.findings import Finding, Path
from engine.publishing.practice import Practice

_LEAST = timedelta(minutes=5)
_ADVICE = {
    "STEPWELL_CRISIS_TEXT": "write into it what somebody in a crisis is told at once: whom to call, where to go",
    "STEPWELL_NOTICE_TEXT": "write into it that nobody watches the answers around the clock, and how soon somebody looks",
}


def check_alerts(document: PathwayDocument, risks: Mapping[int, tuple[str, ...]], practice: Practice) -> Iterator[Finding]:
    """What keeps a pathway that asks about risk from being published; `risks` are the rules in force, by step."""
    if document.alerts is not None:
        yield from _plan(document.alerts, practice)
    if not risks:
        return
    first = document.steps[min(risks)]
    if document.alerts is None:
        advice = "add 'alerts: {to: practitioner}', and a ladder for when nobody takes it up"
        yield _finding(
            first, min(risks), "nobody-alerted", "content", "asks about risk, and nobody is named to be alerted", advice
        )
    for setting in practice.unwritten or ():
        message = f"asks about risk, and the setting {setting} is empty"
        yield _finding(first, min(risks), "no-crisis-text", "content", message, _ADVICE[setting])
    for at, rules in risks.items():
        step = document.steps[at]
        if step.visibility != "client_and_practitioner":
            message = f"asks about risk ({', '.join(rules)}), and {step.visibility} would keep the answer from the practitioner"
            advice = "let the practitioner see it, or switch each rule off by name in 'risks_off' with who decided it and why"
            yield _finding(step, at, "risk-in-private", "visibility", message, advice)


def _plan(alerts: WrittenAlerts, practice: Practice) -> Iterator[Finding]:
    """Roles nobody holds, and times that would be a storm or never."""
    named: list[tuple[Path, str]] = [(("alerts", "to"), alerts.to)]
    named += [(("alerts", "ladder", at, "to"), rung.to) for at, rung in enumerate(alerts.ladder)]
    for path, role in named:
        if practice.roles is not None and role not in ("practitioner", *practice.roles):
            message = f"nobody holds the role {role!r}, so nobody would read the alert"
            advice = f"name them in the setting STEPWELL_STAFF: {role}=name@example.org"
            yield Finding(code="unknown-role", path=path, message=message, suggestion=advice)
    if alerts.every.roughly < _LEAST:
        message = f"every {alerts.every} is too often: nobody could act on one message before the next"
        yield Finding(code="wrong-value", path=("alerts", "every"), message=message, suggestion="write '5 minutes' or more")
    for at, rung in enumerate(alerts.ladder):
        if rung.after.roughly <= timedelta(0):
            path = ("alerts", "ladder", at, "after")
            message, advice = "is not after the alert was raised", "write a length such as '1 hour'"
            yield Finding(code="wrong-value", path=path, message=message, suggestion=advice)


def _finding(step: Step, at: int, code: str, where: str, message: str, suggestion: str) -> Finding:
    return Finding(code=code, step=step.id, path=("steps", at, where), message=message, suggestion=suggestion)
