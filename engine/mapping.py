"""What becomes of each step of a running journey that moves to another version (rule E2)."""

from typing import Literal

from pydantic import Field

from engine.base import Frozen, StepId

Waits = Literal["keep", "restart"]


class Mapping(Frozen):
    """Steps are kept where both versions have their id. The rest is said here, by the author who knows."""

    renamed: dict[StepId, StepId] = Field(default_factory=dict)
    """The old id of a step, and its new one."""
    cancel: tuple[StepId, ...] = ()
    """Steps that the new version has not: where one is open, it is cancelled."""
    redirect: dict[StepId, StepId] = Field(default_factory=dict)
    """Steps that the new version has not: where one is open, it is cancelled and this step of the new version comes at once."""
    waits: Waits = "keep"
    """Of a wait that has begun and that the new version changes: it keeps what remains of it, or begins anew by the new rule."""
    waits_of: dict[StepId, Waits] = Field(default_factory=dict)
    """The same for one step, by its new id."""

    def waits_for(self, step: StepId) -> Waits:
        """What becomes of a wait of this step."""
        return self.waits_of.get(step, self.waits)
