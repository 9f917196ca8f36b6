"""What the console knows of the deployment it is in."""

from dataclasses import dataclass
from pathlib import Path

from stepwell.settings import Settings


@dataclass(frozen=True)
class Surroundings:
    """What the console knows of the deployment it is in."""

    ui: str | None = None
    """Temporal's Web UI."""
    namespace: str = "default"
    public_url: str | None = None
    mail_folder: Path | None = None


def surroundings_from(settings: Settings) -> Surroundings:
    """As the settings have it."""
    folder = Path(settings.mail_folder) if settings.mail_folder else None
    return Surroundings(settings.ui, settings.namespace, settings.public_url, folder)


NOWHERE = Surroundings()
"""Nothing is known of it."""
