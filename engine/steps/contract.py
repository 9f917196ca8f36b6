"""A contract with oneself: words the client may change, a goal, a day, reasons, and a name signed."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from unicodedata import normalize

from pydantic import Field

from engine.fingerprint import fingerprint
from engine.steps import phrases
from engine.steps.wait import FactName
from engine.steptype import (
    Answered,
    Content,
    Draw,
    InvalidResponse,
    Outcome,
    Presentation,
    Problem,
    Response,
    StepType,
)
from engine.structure import VariableType
from engine.words import Label, Reader, Text, escaped, first_line

_LONGEST = 20_000
_REASON = 1_000


class ContractContent(Content):
    """The words to begin with, and what the day that is named sets going."""

    text: Text
    """The contract as it is put to the client, who may change it: plain text, since all that is signed is seen.

    At most 20,000 characters; `{{name}}` is the client's name.
    """
    signature_label: Label | None = None
    """What stands at the signature, such as "I promise this to myself"."""
    follow_up: FactName | None = None
    """A client date that is set to the day the contract names; a later step may be anchored at it."""


class ContractResponse(Response):
    """A contract as it was signed. It is kept as it is, and never revised."""

    wording: str = Field(max_length=_LONGEST)
    """Its words, as the client left them."""
    name: str = Field(max_length=200)
    """Who promises."""
    goal: str = Field(max_length=2_000)
    """What is promised."""
    until: str = Field(max_length=40)
    """The day by which it is done, such as `2026-12-01`."""
    reasons: tuple[str, ...] = Field(max_length=10)
    """Why: one to ten reasons of at most 1,000 characters."""
    signature: str = Field(max_length=200)
    """The name again, typed as a signature; large letters and spaces make no difference."""


class ContractStep(StepType[ContractContent, ContractResponse]):
    """A contract the client makes with themselves and signs; it cannot be changed afterwards.

    Outcomes: `signed`, always true, and `until`, the day it names as text. With `follow_up`, that day becomes the client
    date of this name.
    """

    name = "contract"
    content_model = ContractContent
    response_model = ContractResponse

    def texts(self, content: ContractContent) -> Mapping[str, Text | None]:
        """The words and what stands at the signature."""
        return {"text": content.text, "signature_label": content.signature_label}

    def check(self, content: ContractContent) -> tuple[Problem, ...]:
        """The words are no longer than what can be signed."""
        every = content.text.values() if isinstance(content.text, dict) else (content.text,)
        if all(len(words) <= _LONGEST for words in every):
            return ()
        return (Problem(where="text", message=f"is longer than {_LONGEST} characters", suggestion="say it shorter"),)

    def outcomes(self, content: ContractContent) -> Mapping[str, VariableType]:
        """That it was signed, and the day it names."""
        return {"signed": "bool", "until": "string"}

    def dates(self, content: ContractContent) -> Mapping[str, str]:
        """The follow-up, on the day the contract names."""
        return {content.follow_up: "until"} if content.follow_up else {}

    def judge(self, content: ContractContent, response: ContractResponse) -> Outcome:
        """Accept a contract that is whole and signed with the name it gives."""
        problems = tuple(_problems(response))
        if problems:
            raise InvalidResponse(problems)
        return {"signed": True, "until": response.until}

    def sample(self, content: ContractContent, draw: Draw) -> ContractResponse:
        """A short contract until a day of 2026."""
        until = f"2026-{int(draw() * 12) + 1:02}-01"
        return ContractResponse(wording="…", name="N. N.", goal="…", until=until, reasons=("…",), signature="n. n.")

    def present(self, content: ContractContent, reader: Reader) -> Presentation:
        """The words with the client's name merged in, then what is asked; the form opens with the words."""
        wording = reader.plain(content.text)
        asked = (phrases.NAME, phrases.GOAL, phrases.UNTIL, phrases.REASONS)
        lines = [*(f"- {reader.plain(one)}" for one in asked), f"- {_at_signature(content, reader)}"]
        return Presentation(
            body="\n\n".join([*_paragraphs(wording), "\n".join(lines)]),
            preview=first_line(wording),
            forecast=reader.plain(phrases.CONTRACT_TO_COME),
            prefill={"wording": wording},
        )

    def report(self, content: ContractContent, responses: Sequence[Answered[ContractResponse]], reader: Reader) -> str:
        """The contract last signed, for printing, with its fingerprint."""
        if not responses:
            return ""
        signed = responses[-1].response
        facts = (
            (reader.plain(phrases.NAME), signed.name),
            (reader.plain(phrases.GOAL), signed.goal),
            (reader.plain(phrases.UNTIL), signed.until),
            *((reader.plain(phrases.REASONS), reason) for reason in signed.reasons),
            (_at_signature(content, reader), signed.signature),
        )
        told = [f"**{name}**: {escaped(value)}" for name, value in facts]
        mark = f"SHA-256: `{fingerprint(signed.model_dump(mode='json'))}`"
        return "\n\n".join([*_paragraphs(signed.wording), *told, mark])


def _at_signature(content: ContractContent, reader: Reader) -> str:
    return escaped(reader.plain(content.signature_label or phrases.SIGNED))


def _paragraphs(plain: str) -> Iterator[str]:
    """Plain text as Markdown, with its lines kept."""
    for paragraph in "\n".join(line.strip() for line in plain.splitlines()).split("\n\n"):
        lines = [escaped(line) for line in paragraph.splitlines() if line]
        if lines:
            yield "\\\n".join(lines)


def _problems(response: ContractResponse) -> Iterator[Problem]:
    for field in ("wording", "name", "goal", "signature"):
        if _is_blank(getattr(response, field)):
            yield Problem(where=field, message="is required", suggestion="fill it in")
    if not _is_blank(response.signature) and _spelt(response.signature) != _spelt(response.name):
        yield Problem(where="signature", message="is not the name", suggestion="sign with the name as given above it")
    if not _is_day(response.until):
        yield Problem(where="until", message="must be a date of this century such as 2026-12-01")
    if not response.reasons:
        yield Problem(where="reasons", message="needs at least one", suggestion="say why")
    for at, reason in enumerate(response.reasons):
        if _is_blank(reason):
            yield Problem(where=f"reasons.{at}", message="is empty", suggestion="leave it out")
        if len(reason) > _REASON:
            yield Problem(where=f"reasons.{at}", message=f"is longer than {_REASON} characters")


def _is_blank(words: str) -> bool:
    """Whether there is nothing to be seen in it."""
    return not any(letter.isprintable() and not letter.isspace() for letter in words)


def _spelt(name: str) -> str:
    return "".join(normalize("NFKC", name).casefold().split())


def _is_day(words: str) -> bool:
    try:
        day = date.fromisoformat(words)
    except ValueError:
        return False
    return day.isoformat() == words and 2000 <= day.year < 2100
