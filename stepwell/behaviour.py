"""How simulated clients behave: when they answer what they got, if at all."""

from collections.abc import Callable
from datetime import timedelta
from random import Random
from typing import Literal, Protocol, get_args

from engine.structure import StepStructure

Name = Literal["prompt", "late", "forgetful", "stops", "mixed"]
NAMES: tuple[str, ...] = get_args(Name)


class Behaviour(Protocol):
    """Says after how long a client answers a delivery or a reminder; None: not because of that."""

    def on_delivery(self, step: StepStructure, number: int) -> timedelta | None:
        """The time until the answer to a step that has just been delivered, the client's `number`-th delivery."""

    def on_reminder(self, step: StepStructure) -> timedelta | None:
        """The time until the answer to a step that was just reminded of."""


class _Drawn:
    def __init__(self, draws: Random) -> None:
        self._draws = draws

    def _hours(self, shortest: float, longest: float) -> timedelta:
        return timedelta(seconds=round(self._draws.uniform(shortest, longest) * 3600))


class Prompt(_Drawn):
    """Answers within four hours."""

    def on_delivery(self, step: StepStructure, number: int) -> timedelta | None:
        """Between ten minutes and four hours."""
        return self._hours(1 / 6, 4)

    def on_reminder(self, step: StepStructure) -> timedelta | None:
        """Has answered before."""
        return None


class Late(_Drawn):
    """Answers everything, after one to five days."""

    def on_delivery(self, step: StepStructure, number: int) -> timedelta | None:
        """Between one day and five."""
        return self._hours(24, 120)

    def on_reminder(self, step: StepStructure) -> timedelta | None:
        """Takes no notice of reminders."""
        return None


class Forgetful(_Drawn):
    """Answers six in ten on delivery, and each reminder finds half of the rest."""

    def on_delivery(self, step: StepStructure, number: int) -> timedelta | None:
        """Within a day, or not without a reminder."""
        return self._hours(1, 24) if self._draws.random() < 0.6 else None

    def on_reminder(self, step: StepStructure) -> timedelta | None:
        """Within twelve hours, or not yet."""
        return self._hours(1, 12) if self._draws.random() < 0.5 else None


class Stops(Prompt):
    """Answers promptly until one day no answer comes any more."""

    def __init__(self, draws: Random) -> None:
        super().__init__(draws)
        self._last = draws.randrange(1, 10)

    def on_delivery(self, step: StepStructure, number: int) -> timedelta | None:
        """As somebody prompt, until the step where they stop."""
        return super().on_delivery(step, number) if number <= self._last else None


_KINDS: dict[str, Callable[[Random], Behaviour]] = {"prompt": Prompt, "late": Late, "forgetful": Forgetful, "stops": Stops}
_MIX = ("prompt", "prompt", "forgetful", "forgetful", "late", "stops")


def behaviour(name: str, draws: Random) -> Behaviour:
    """The behaviour of one simulated client; `mixed` draws one for each. Raises ValueError for another name."""
    if name not in NAMES:
        raise ValueError(f"{name!r} is no behaviour; one of {', '.join(NAMES)}")
    return _KINDS[_MIX[draws.randrange(len(_MIX))] if name == "mixed" else name](draws)
