"""What a comparison says, in words: for the command line and the console alike."""

from collections.abc import Iterator

from engine.adherence import Figures
from stepwell.whatif.comparing import WhatIf
from stepwell.whatif.impact import Impact

_NEW = {
    "median": "each taken to be answered after the client's own median delay",
    "unanswered": "each taken to stay unanswered",
}


def counted(number: int, what: str) -> str:
    """`1 journey`, `2 journeys`."""
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"


def _deliveries(number: int) -> str:
    return "1 delivery" if number == 1 else f"{number:,} deliveries"


def totals_of(result: WhatIf) -> list[tuple[str, str, str]]:
    """The figures over all journeys: what, as it was, as it would be."""
    both = (result.before, result.after)

    def row(words: str, field: str) -> tuple[str, str, str]:
        before, after = (getattr(one, field) for one in both)
        return (words, _shown(before), _shown(after))

    return [
        row("journeys completed", "completed"),
        row("held at the end", "held"),
        row("not over at the end", "running"),
        row("days to complete, half of them", "median_days"),
        row("deliveries", "deliveries"),
        row("completed steps", "completions"),
        row("expired", "expiries"),
        row("reminders", "reminders"),
        row("messages to clients", "contacts"),
        row("most messages to one in a day", "most_contacts"),
        row("practitioner told", "told"),
        ("required steps done", _share(both[0].required), _share(both[1].required)),
        ("optional steps done", _share(both[0].optional), _share(both[1].optional)),
    ]


def _shown(value: float | None) -> str:
    return "—" if value is None else f"{value:,}"


def _share(figures: Figures) -> str:
    if figures.compliance is None:
        return "—"
    return f"{figures.compliance:.0%} of {figures.offered:,}"


def notes_of(result: WhatIf) -> Iterator[str]:
    """How far the comparison can be trusted: what is without evidence, what was left out and why."""
    if result.without_evidence:
        words = "no evidence: {} of steps that these clients were never sent, {}; they count in no share of steps done"
        yield words.format(_deliveries(result.without_evidence), _NEW[result.policy.unknown])
    if result.unprompted_answers:
        words = "{} came because of a reminder that is not planned any more, and taken not to come"
        yield words.format(counted(result.unprompted_answers, "answer"))
    if result.without_occasion:
        yield f"{counted(result.without_occasion, 'act')} had no occasion any more, such as extending what does not close"
    for code, number in result.refused.items():
        yield f"{counted(number, 'act')} would have been refused: {code}"
    for kind, number in result.not_reenacted.items():
        yield f"not re-enacted: {kind}, in {counted(number, 'journey')}"
    for old, new in result.policy.renamed.items():
        yield f"{old} and {new} are taken to be one step, called {new}"
    if result.left_out:
        first = result.left_out_examples[0]
        yield (
            f"{counted(result.left_out, 'journey')} left out, as re-enacting them on their own version is not what was recorded; "
            f"{first.journey}: {first.why}"
        )


def impact_lines(found: Impact) -> list[tuple[str, str]]:
    """What publishing would bring, as rows of a table."""
    ends = {
        "completed": f"comes to the end by itself after {found.silent_days} days",
        "ended": f"is ended after {found.silent_days} days",
        "held": f"is held after {found.silent_days} days, and a practitioner is told",
        "waiting": "waits for the client, without end",
    }
    rows = [
        ("shortest", _days(found.shortest_days, "everything done the moment it comes")),
        (
            "longest",
            _days(found.longest_days, "everything done just before it closes") if not found.no_end else "no end: see below",
        ),
        ("who never answers", ends[found.silent]),
        (
            "worst day for a client",
            f"{counted(found.most_contacts, 'message')}, on day {found.most_contacts_on}"
            if found.most_contacts_on
            else "no message",
        ),
        ("messages to one client", f"{found.contacts_per_client:g} in all"),
        ("messages a week", f"{found.contacts_per_week:g} to clients, {found.told_per_week:g} to practitioners"),
        ("worst day for the practice", f"{found.busiest.weekday}: {found.busiest.contacts:g} messages to clients"),
        ("for practitioners to do", f"{found.reviews_per_week:g} a week"),
    ]
    if found.running is not None:
        running = ", ".join(f"{one.journeys:,} on version {one.version}" for one in found.running)
        rows.append(("running now", f"{running}; they stay there until they are migrated" if running else "nobody"))
    return rows


def _days(days: float | None, how: str) -> str:
    return f"{days:g} days, {how}" if days is not None else f"more than two years, {how}"


def impact_notes(found: Impact) -> Iterator[str]:
    """What to look at: steps without an end, steps nobody reaches."""
    for one in found.no_end:
        yield f"no end at {one.step}: {one.why}"
    for reach in found.steps:
        if not reach.reached:
            who = "only somebody who does everything at once, at its closing or not at all" if reach.at_an_edge else "nobody"
            yield f"{who} reaches {reach.step}: {reach.why}"
