"""The words of a mail, in the reader's language, made when it is sent (rule R3). No title unless it is handed in."""

from collections.abc import Sequence
from datetime import timedelta
from html import escape
from typing import NamedTuple

from babel.units import format_unit

from engine.effects import Purpose


class Reader(NamedTuple):
    """Who reads it."""

    name: str
    language: str


class Item(NamedTuple):
    """One step the mail is about."""

    title: str | None
    remaining: timedelta | None
    link: str | None


class Mail(NamedTuple):
    """Subject and both bodies."""

    subject: str
    text: str
    html: str
    language: str
    opt_out: str | None = None
    """Where its reader ends mails of this kind by one click; a header, not a line."""


_CLIENT: dict[str, dict[str, str]] = {
    "en": {
        "hello": "Hello {name},",
        "hello_all": "Hello,",
        "delivered": "Something new is waiting for you",
        "reminder": "A reminder: something is still waiting for you",
        "answer": "Your practitioner has answered your question",
        "one": "One step is open.",
        "many": "{count} steps are open.",
        "remaining": "Time left: {time}",
        "open": "Open it here: {link}",
        "end": "You get this mail because you take part in a programme. Please do not reply to it.",
    },
    "de": {
        "hello": "Guten Tag {name},",
        "hello_all": "Guten Tag,",
        "delivered": "Etwas Neues wartet auf Sie",
        "reminder": "Eine Erinnerung: Etwas wartet noch auf Sie",
        "answer": "Ihre Frage wurde beantwortet",
        "one": "Ein Schritt ist offen.",
        "many": "{count} Schritte sind offen.",
        "remaining": "Verbleibende Zeit: {time}",
        "open": "Hier öffnen: {link}",
        "end": "Sie erhalten diese Nachricht, weil Sie an einem Programm teilnehmen. Bitte antworten Sie nicht darauf.",
    },
    "fr": {
        "hello": "Bonjour {name},",
        "hello_all": "Bonjour,",
        "delivered": "Quelque chose de nouveau vous attend",
        "reminder": "Un rappel : quelque chose vous attend encore",
        "answer": "Une réponse à votre question vous attend",
        "one": "Une étape est ouverte.",
        "many": "{count} étapes sont ouvertes.",
        "remaining": "Temps restant : {time}",
        "open": "Ouvrir ici : {link}",
        "end": "Vous recevez ce message car vous participez à un programme. Merci de ne pas y répondre.",
    },
    "es": {
        "hello": "Hola, {name}:",
        "hello_all": "Hola:",
        "delivered": "Algo nuevo le espera",
        "reminder": "Un recordatorio: algo le espera todavía",
        "answer": "Su pregunta tiene respuesta",
        "one": "Hay un paso abierto.",
        "many": "Hay {count} pasos abiertos.",
        "remaining": "Tiempo restante: {time}",
        "open": "Abrir aquí: {link}",
        "end": "Recibe este mensaje porque participa en un programa. Por favor, no responda.",
    },
    "nl": {
        "hello": "Beste {name},",
        "hello_all": "Beste,",
        "delivered": "Er staat iets nieuws voor u klaar",
        "reminder": "Een herinnering: er staat nog iets voor u klaar",
        "answer": "Uw vraag is beantwoord",
        "one": "Er staat één stap open.",
        "many": "Er staan {count} stappen open.",
        "remaining": "Resterende tijd: {time}",
        "open": "Hier openen: {link}",
        "end": "U ontvangt dit bericht omdat u deelneemt aan een programma. Antwoorden is niet mogelijk.",
    },
}
LANGUAGES = tuple(_CLIENT)

_STAFF: dict[str, tuple[str, str]] = {
    "delivered": ("A client's step waits for you", "A step of a journey is yours to do."),
    "reminder": ("A client's step still waits for you", "A step of a journey is still yours to do."),
    "escalation": (
        "A client has not answered",
        "A required step was not answered in its time, or all reminders have been sent.",
    ),
    "parked": ("A step could not be delivered in time", "It is too late by its own limit: release it or excuse it."),
    "question": ("A client has asked something", "A client has asked a question about a step."),
    "answer": ("A question is answered", "A question about a step is answered."),
    "returned": ("A client has done what you asked for", "What a review had asked for has come; it is yours again."),
    "failed": (
        "A step could not be carried out",
        "What a step needs failed. The client's place is kept; try it again or excuse the step.",
    ),
    "risk": (
        "An alert needs you now",
        "An answer met a rule of risk. Look at it now, and take the alert up with your name. This mail comes again until then.",
    ),
    "undelivered": ("A client could not be reached", "No channel took the message. The client's place is kept."),
}


class Part(NamedTuple):
    """What one message adds to a mail."""

    purpose: Purpose
    items: tuple[Item, ...]


def mail_for(purpose: Purpose, is_client: bool, reader: Reader, items: list[Item], *, reference: str) -> Mail:  # noqa: FBT001
    """Word a message: to a client in their language, to staff with the journey's id to look up."""
    return letter_for([Part(purpose, tuple(items))], reader) if is_client else _to_staff(purpose, reader, items, reference)


def letter_for(parts: Sequence[Part], reader: Reader) -> Mail:
    """Word one mail to a client, in their language, about everything in it (rule R4)."""
    base = reader.language.replace("_", "-").split("-")[0].lower()
    language = base if base in _CLIENT else "en"
    words = _CLIENT[language]
    name = " ".join(reader.name.split())
    answers = [item for part in parts if part.purpose == "answer" for item in part.items]
    steps = [item for part in parts if part.purpose != "answer" for item in part.items]
    lines = [words["hello"].format(name=name) if name else words["hello_all"], ""]
    if steps:
        lines.append(words["one"] if len(steps) == 1 else words["many"].format(count=len(steps)))
        lines += _about(steps, words, language)
    if answers and steps:
        lines += ["", f"{words['answer']}."]
    lines += _about(answers, words, language)
    links = [item.link for item in (*steps, *answers) if item.link]
    return _mail(words[_subject(parts)], [*lines, "", words["end"]], language, links)


def _subject(parts: Sequence[Part]) -> str:
    """A mail with something new in it says so; else what a person wrote goes before what reminds."""
    purposes = [part.purpose for part in parts]
    if any(one not in ("reminder", "answer") for one in purposes):
        return "delivered"
    return "answer" if "answer" in purposes else "reminder"


def _about(items: Sequence[Item], words: dict[str, str], language: str) -> list[str]:
    lines = []
    for item in items:
        if item.title:
            lines += ["", " ".join(item.title.split())]
        if item.remaining is not None and item.remaining > timedelta(0):
            lines.append(words["remaining"].format(time=_in_words(item.remaining, language)))
        if item.link:
            lines.append(words["open"].format(link=item.link))
    return lines


def _in_words(time: timedelta, language: str) -> str:
    """Whole days, hours or minutes, always rounded down: nobody is told of more time than there is."""
    minutes = int(time.total_seconds() // 60)
    for unit, length in (("day", 1440), ("hour", 60)):
        if minutes >= 2 * length:
            return format_unit(minutes // length, f"duration-{unit}", locale=language)
    return (
        format_unit(minutes, "duration-minute", locale=language)
        if minutes
        else "< " + format_unit(1, "duration-minute", locale=language)
    )


def _to_staff(purpose: Purpose, reader: Reader, items: list[Item], reference: str) -> Mail:
    subject, sentence = _STAFF[purpose]
    name = " ".join(reader.name.split())
    lines = [f"Hello {name}," if name else "Hello,", "", sentence]
    lines.append(f"{'Alert' if purpose == 'risk' else 'Journey'}: {reference}")
    lines += [f"Step: {' '.join(item.title.split())}" for item in items if item.title]
    return _mail(subject, lines, "en")


def _mail(subject: str, lines: list[str], language: str, links: Sequence[str] = ()) -> Mail:
    paragraphs = "\n".join(f"<p>{_linked(line, links)}</p>" for line in lines if line)
    html = f'<!doctype html>\n<html lang="{language}">\n<meta charset="utf-8">\n<title>{escape(subject)}</title>\n{paragraphs}\n</html>\n'
    return Mail(subject, "\n".join(lines) + "\n", html, language)


def _linked(line: str, links: Sequence[str]) -> str:
    """Escaped, with our own link made one; whatever else looks like an address, in a name for instance, stays words."""
    ours = next((link for link in links if line.endswith(link)), None)
    if ours is None:
        return escape(line)
    return f'{escape(line.removesuffix(ours))}<a href="{escape(ours)}">{escape(ours)}</a>'
