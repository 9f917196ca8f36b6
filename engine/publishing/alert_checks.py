"""Risk rules before publishing: somebody named is alerted, a crisis text is there, and nobody answers in the dark (rule R8)."""

from collections.abc import Iterator, Mapping

from engine.document import PathwayDocument, Step
from engine.findings import Finding
from engine.publishing.practice import Practice

_ADVICE = {
    "STEPWELL_CRISIS_TEXT": "write into it what somebody in a crisis is told at once: whom to call, where to go",
    "STEPWELL_NOTICE_TEXT": "write into it that nobody watches the answers around the clock, and how soon somebody looks",
}


def check_alerts(document: PathwayDocument, risks: Mapping[int, tuple[str, ...]], practice: Practice) -> Iterator[Finding]:
    """What keeps a pathway that asks about risk from being published; `risks` are the rules in force, by step."""
    if document.alerts is not None and practice.roles is not None:
        for at, rung in enumerate(document.alerts.ladder):
            if rung.to != "practitioner" and rung.to not in practice.roles:
                message = f"nobody holds the role {rung.to!r}, so nobody would read the alert"
                advice = f"name them in the setting STEPWELL_STAFF: {rung.to}=name@example.org"
                path = ("alerts", "ladder", at, "to")
                yield Finding(code="unknown-role", path=path, message=message, suggestion=advice)
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


def _finding(step: Step, at: int, code: str, where: str, message: str, suggestion: str) -> Finding:
    return Finding(code=code, step=step.id, path=("steps", at, where), message=message, suggestion=suggestion)
