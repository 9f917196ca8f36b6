"""Rules that tell somebody at once: data on an item, switched off only by a named practitioner."""

from typing import Annotated

from pydantic import StringConstraints

from engine.steps.questionnaire.conditions import Compared
from engine.steptype import Content

RuleName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,62}$")]


class Risk(Compared):
    """Met where the answer is so, such as `{name: phq9_item9, above: 0}`. It screens; it assesses no risk."""

    name: RuleName
    """Unique in the questionnaire; alerts and `risks_off` name it."""


class RiskOff(Content):
    """A rule that is not in force here, who decided that, and why. The rest stay in force."""

    rule: RuleName
    by: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
    """A named practitioner."""
    reason: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1000)]
