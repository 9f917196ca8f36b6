"""What a client takes with them, as a page to read: one file that needs nothing else, and runs nothing (D43)."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from engine.zones import zone_of

_WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "title": "What is kept about you",
        "made": "Made on",
        "times": "Times are in",
        "nothing": "No pathway yet.",
        "open": "not done",
        "you": "You",
        "practitioner": "Your practitioner",
        "no_answer": "No answer.",
        "questions": "Questions and answers about it",
        "reviews": "What your practitioner said",
        "ratings": "How you found it",
        "yes": "yes",
        "no": "no",
    },
    "de": {
        "title": "Was über Sie gespeichert ist",
        "made": "Erstellt am",
        "times": "Zeiten in",
        "nothing": "Noch kein Weg.",
        "open": "nicht erledigt",
        "you": "Sie",
        "practitioner": "Ihre Behandelnden",
        "no_answer": "Keine Antwort.",
        "questions": "Fragen und Antworten dazu",
        "reviews": "Was Ihre Behandelnden gesagt haben",
        "ratings": "Wie Sie es fanden",
        "yes": "ja",
        "no": "nein",
    },
}
_PAGES = Environment(
    loader=FileSystemLoader(Path(__file__).parent),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def page_of(taken: Mapping[str, Any], now: datetime) -> str:
    """The page of an export, in the client's language and zone; English and UTC where those are not known."""
    client = taken["client"]
    words = _WORDS.get(client["language"], _WORDS["en"])
    zone = zone_of(client["zone"] or "UTC")

    def moment(at: datetime | None) -> str:
        return f"{at.astimezone(zone):%Y-%m-%d %H:%M}" if at is not None else ""

    template = _PAGES.get_template("takeaway.html")
    return template.render(taken=taken, words=words, moment=moment, now=now, zone=client["zone"] or "UTC")
