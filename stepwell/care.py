"""What a deployer has settled for people in danger: what they are told, and who can be alerted (rule R8)."""

from typing import NamedTuple

from engine.words import Text
from stepwell.settings import Settings


class Care(NamedTuple):
    """The deployer's own words and people."""

    crisis_text: Text | None = None
    """Returned with a response that met a risk rule: whom to call, where to go."""
    notice_text: Text | None = None
    """Shown where clients answer: that nobody watches the answers around the clock."""
    roles: tuple[str, ...] = ()
    """Who can be alerted, besides a client's practitioner."""

    @property
    def unwritten(self) -> tuple[str, ...]:
        """The settings that a pathway which asks about risk needs and that are empty."""
        texts = {"STEPWELL_CRISIS_TEXT": self.crisis_text, "STEPWELL_NOTICE_TEXT": self.notice_text}
        return tuple(name for name, text in texts.items() if text is None)


def care_from(settings: Settings) -> Care:
    """As the settings say."""
    return Care(settings.crisis_text, settings.notice_text, tuple(settings.staff))


NO_CARE = Care()
