"""Rules that tell somebody at once: data on an item, switched off only by a named practitioner."""

from collections.abc import Iterator
from typing import Annotated

from pydantic import StringConstraints

from engine.steps.questionnaire.conditions import Answered, Compared
from engine.steptype import Content, Problem

RuleName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,62}$")]


class Risk(Compared):
    """Met where the answer is so, such as `{name: phq9_item9, above: 0}`. It screens; it assesses no risk."""

    name: RuleName
    """Unique in the questionnaire; alerts and `risks_off` name it."""

    def problems(self, question: Answered) -> Iterator[Problem]:
        """What can never be said of the answer, or that nothing is said."""
        if not self.says_something:
            yield Problem(where="", message=f"the rule {self.name!r} says nothing", suggestion="add 'is: …' or 'above: …'")
        yield from super().problems(question)


class RiskOff(Content):
    """A rule that is not in force here, who decided that, and why. The rest stay in force."""

    rule: RuleName
    by: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
    """A named practitioner."""
    reason: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1000)]
