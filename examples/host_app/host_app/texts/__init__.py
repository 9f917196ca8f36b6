"""What the host itself says, in the language of whoever reads it. One table per language, beside this file."""

from collections.abc import Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from host_app.texts.de import DE
from host_app.texts.en import EN

LANGUAGES = {"en": EN, "de": DE}
NAMES = {"en": "English", "de": "Deutsch"}
RIGHT_TO_LEFT = frozenset({"ar", "dv", "fa", "he", "ku", "ps", "sd", "ug", "ur", "yi"})
_LONGEST_HEADER = 200


class Texts:
    """The texts in one language."""

    def __init__(self, language: str) -> None:
        self.language = language if language in LANGUAGES else "en"
        self._words = LANGUAGES[self.language]

    def __call__(self, name: str, /, **values: object) -> str:
        """The text of that name with these values in it."""
        return self._words[name].format(**values) if values else self._words[name]

    def count(self, name: str, number: int) -> str:
        """So many of something: `1 minute`, `3 minutes`."""
        return self(f"{name}_one" if number == 1 else f"{name}_many", number=number)

    def has(self, name: str) -> bool:
        """Whether there is a text of that name."""
        return name in self._words

    def or_itself(self, group: str, code: str) -> str:
        """The text for a code of Stepwell's, such as a state; the code itself where it is new to this host."""
        name = f"{group}_{code}"
        return self(name) if self.has(name) else code.replace("_", " ")

    def day(self, on: date) -> str:
        """A day: `Wednesday, 25 November 2026`."""
        return self(
            "day_form",
            weekday=self(f"weekday_{on.weekday()}"),
            day=on.day,
            month=self(f"month_{on.month}"),
            year=on.year,
        )

    def moment(self, at: datetime, zone: ZoneInfo) -> str:
        """An instant as the reader's calendar and clock show it."""
        here = at.astimezone(zone)
        return self("moment_form", day=self.day(here.date()), time=f"{here:%H:%M}")


def language_for(*wishes: str, header: str = "") -> str:
    """The first language of these wishes that there are texts in, else what the browser asks for, else English."""
    for wish in (*wishes, *_accepted(header[:_LONGEST_HEADER])):
        if wish.split("-")[0].lower() in LANGUAGES:
            return wish.split("-")[0].lower()
    return "en"


def direction_of(language: str) -> str:
    """Which way a language is written."""
    return "rtl" if language.split("-")[0].lower() in RIGHT_TO_LEFT else "ltr"


def _accepted(header: str) -> Sequence[str]:
    """The languages of an Accept-Language header, the dearest first."""
    wishes: list[tuple[float, str]] = []
    for part in header.split(","):
        name, _, weight = part.strip().partition(";q=")
        try:
            wishes.append((-float(weight or 1), name.strip()))
        except ValueError:
            continue
    return [name for _, name in sorted(wishes, key=lambda wish: wish[0])]
