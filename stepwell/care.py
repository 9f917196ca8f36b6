"""What a deployer has settled for the people on pathways: what those in danger are told, who can be alerted (rule R8), and how
often a client is written to (rule R4)."""

from typing import NamedTuple

from engine.contacts import UNLIMITED, Budget
from engine.words import Text
from stepwell.settings import Settings, budget_of


class Care(NamedTuple):
    """The deployer's own words and people."""

    crisis_text: Text | None = None
    """Returned with a response that met a risk rule: whom to call, where to go."""
    notice_text: Text | None = None
    """Shown where clients answer: that nobody watches the answers around the clock."""
    roles: tuple[str, ...] = ()
    """Who can be alerted, besides a client's practitioner."""

    budget: Budget = UNLIMITED
    """How often a client is written to, unless something else is said of them."""

    @property
    def unwritten(self) -> tuple[str, ...]:
        """The settings that a pathway which asks about risk needs and that are empty."""
        texts = {"STEPWELL_CRISIS_TEXT": self.crisis_text, "STEPWELL_NOTICE_TEXT": self.notice_text}
        return tuple(name for name, text in texts.items() if text is None)


def care_from(settings: Settings) -> Care:
    """As the settings say."""
    return Care(settings.crisis_text, settings.notice_text, tuple(settings.staff), budget_of(settings))


NO_CARE = Care()
