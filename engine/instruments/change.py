"""What the difference between two scores of one instrument comes to, by published rules."""

from math import isfinite
from typing import Literal

from engine.base import Frozen
from engine.instruments.data import change_rule


class ChangeRule(Frozen):
    """What counts as a change: data of an instrument, each number with its source beside it there."""

    better: Literal["lower", "higher"]
    reliable: float | None = None
    """A difference this large is more than the instrument's own unreliability."""
    notable: float | None = None
    """A difference this large is taken to matter."""
    case_from: float | None = None
    """From here on up a score counts as a case."""


class Change(Frozen):
    """The facts; what is not known of an instrument is None."""

    difference: float
    """After minus before."""
    reliable: Literal["improvement", "deterioration", "none"] | None
    notable: Literal["improvement", "deterioration", "none"] | None
    recovered: bool | None
    """A case before, and none after."""


def change(instrument: str, before: float, after: float) -> Change:
    """Compare two scores of one client. Raises ValueError where the instrument has no rule for change.

    These are facts about two scores and no effect of a pathway: people on waiting lists cross the same lines without
    any treatment, by the passing of time and because high scores tend to be followed by lower ones. Whoever shows a
    change says so. Rules: reliable change and recovery as in the IAPT manual (PHQ-9 6 points and below 10, GAD-7
    4 points and below 8); WHO-5 a notable change of 10.
    """
    if not (isfinite(before) and isfinite(after)):
        raise ValueError("a score is a number; compare two of them")
    written = change_rule(instrument)
    if written is None:
        raise ValueError(f"nobody has said what a change in {instrument!r} is; compare the scores themselves")
    rule = ChangeRule.model_validate(written)
    gained = before - after if rule.better == "lower" else after - before
    return Change(
        difference=after - before,
        reliable=None if rule.reliable is None else _direction(gained, rule.reliable),
        notable=None if rule.notable is None else _direction(gained, rule.notable),
        recovered=None if rule.case_from is None else before >= rule.case_from > after,
    )


def _direction(gained: float, enough: float) -> Literal["improvement", "deterioration", "none"]:
    if gained >= enough:
        return "improvement"
    return "deterioration" if gained <= -enough else "none"
