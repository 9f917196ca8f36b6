"""Pathways drawn from a seed, as an author would write them and as the reference knows them. What waits, waits for seconds."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from textwrap import dedent, indent

from tests.chaos.reference import PREVIOUS_DELIVERED, Step

NOTE = "CANARY-NOTE"
SECRET_WORDS = "CANARY-PRIVATE"
WORDS = "CANARY-WORDS"
PERSON, MAILS = "CANARY-NAME", "@canary.example"


@dataclass(frozen=True)
class Pathway:
    """One pathway: its text, its steps, and what an answer to each of them looks like."""

    name: str
    steps: tuple[Step, ...]
    private: frozenset[str] = frozenset()
    """Steps whose answers are for the client alone."""
    risky: frozenset[str] = frozenset()

    @property
    def dates(self) -> tuple[str, ...]:
        """The client dates it hangs on, in order."""
        named = [one for step in self.steps for one in (step.anchor, step.nudge) if one and not one.startswith("previous.")]
        return tuple(dict.fromkeys(named))

    @property
    def yaml(self) -> str:
        """As an author would write it."""
        head = [f"pathway: {self.name}", f"title: {self.name}", "quiet_hours: none", "max_contacts_per_day: 100"]
        head += ["release_gap: 0", f"practitioner_notes: {NOTE}"]
        head += ["alerts: {to: practitioner, every: 5 minutes}"] if self.risky else []
        return "\n".join([*head, "steps:", *(indent(self._written(step), "  ") for step in self.steps), ""])

    def _written(self, step: Step) -> str:
        lines = [f"- id: {step.id}", "  type: questionnaire", f"  title: {step.id}", "  rationale: why", "  instructions: do"]
        lines += [f"  practitioner_notes: {NOTE}", f"  required: {str(step.required).lower()}"]
        after = step.anchor if step.anchor.startswith("previous.") else f"date {step.anchor}"
        lines += [f"  deliver: {{after: {after}}}"]
        lines += ["  regardless: true"] if step.regardless else []
        lines += [f"  needs: [{', '.join(step.needs)}]"] if step.needs else []
        lines += [f"  reminders: {{from: date {step.nudge}, after: [0]}}", "  escalate: []"] if step.nudge else []
        lines += ["  visibility: client_only"] if step.id in self.private else []
        lines += ["  content:", "    items:", "      - {id: words, type: text, text: In your words}"]
        safe = "      - {id: safe, type: yes_no, text: Do you feel safe?, risk: {name: not_safe, is: false}}"
        return "\n".join([*lines, *([safe] if step.id in self.risky else [])])


def answer(pathway: Pathway, step: str, mark: str, *, is_safe: bool = True) -> dict[str, dict[str, object]]:
    """A response with words that can be found again wherever they should not be."""
    words = f"{SECRET_WORDS if step in pathway.private else WORDS}-{mark}"
    return {"answers": {"words": words, **({"safe": is_safe} if step in pathway.risky else {})}}


def drawn(draw: random.Random, count: int, length: int) -> list[Pathway]:
    """So many pathways of about so many steps; the last of them asks about risk."""
    return [_drawn(draw, f"path{number}", length, is_risky=number == count) for number in range(1, count + 1)]


def _drawn(draw: random.Random, name: str, length: int, *, is_risky: bool) -> Pathway:
    steps = tuple(_steps(draw, draw.randint(max(3, length - 1), length + 1)))
    required = [one.id for one in steps if one.required]
    private = frozenset(one.id for one in steps if one.id not in required[:1] and draw.random() < 0.3)
    return Pathway(name, steps, private, frozenset(required[:1]) if is_risky else frozenset())


def _steps(draw: random.Random, length: int) -> Iterator[Step]:
    earlier: list[str] = []
    for number in range(1, length + 1):
        kind = "plain" if number == 1 else draw.choice(("plain", "plain", "optional", "dated", "dated", "with", "needs"))
        if number == length:
            kind = "plain"
        name = f"s{number}"
        nudge = f"nudge{number}" if draw.random() < 0.4 else None
        match kind:
            case "optional":
                step = Step(name, required=False, nudge=nudge)
            case "dated":
                step = Step(name, anchor=f"day{number}", regardless=draw.random() < 0.3, nudge=nudge)
            case "with":
                step = Step(name, anchor=PREVIOUS_DELIVERED, regardless=True, nudge=nudge)
            case "needs" if earlier:
                chosen = tuple(sorted(draw.sample(earlier, min(len(earlier), draw.randint(1, 2)))))
                step = Step(name, needs=chosen, nudge=nudge)
            case _:
                step = Step(name, nudge=nudge)
        if step.required:
            earlier.append(name)
        yield step


TWIN = Pathway("afterwards", (Step("last"),))
"""What everybody goes through once all is well again."""


def texts(pathways: Sequence[Pathway]) -> list[str]:
    """Everything to publish."""
    return [dedent(one.yaml) for one in (*pathways, TWIN)]
