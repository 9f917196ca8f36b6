"""Texts between the two: FHIR's are plain, with translations and Markdown as extensions; ours are Markdown, by language."""

import re
from typing import Any, NamedTuple

from engine.words import Text
from stepwell.fhir.node import Node

HL7 = "http://hl7.org/fhir/StructureDefinition/"
TRANSLATION = "translation"
MARKDOWN = "rendering-markdown"

_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Z]{2})?")
_TAG = re.compile(r"[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*")
_LONGEST = 50_000
_INLINE = re.compile(r"([\\`*_\[\]]|<(?=[A-Za-z/!?])|~(?=~)|&(?=#?[A-Za-z0-9]{1,32};))")
_BEGINNING = re.compile(r"^([ \t]*)([#>+=-]|[0-9]{1,9}(?=[.)]))", re.MULTILINE)
_ESCAPED = re.compile(r"\\([\\`*_\[\]<~&#>+=.)-])")
_PLACE = re.compile(r"\{\{(?=[^{}\n]{0,80}\}\})")


def to_markdown(text: str) -> str:
    """Plain text as Markdown that reads the same."""
    quiet = _INLINE.sub(r"\\\1", text)
    return _BEGINNING.sub(lambda one: one[1] + (f"{one[2]}\\" if one[2].isdigit() else f"\\{one[2]}"), quiet)


def to_plain(markdown: str) -> str:
    """Markdown without the strokes that only keep it plain."""
    return _ESCAPED.sub(r"\1", markdown)


class Words(NamedTuple):
    """How the texts of one document are read."""

    language: str
    """The document's."""
    base: str
    """The pathway's; texts in another language are written with it."""

    def of(self, node: Node, name: str) -> Text | None:
        """The text of an element, as Markdown, with its translations; None where there is none."""
        plain = node.text(name)
        more = node.node(f"_{name}")
        rendered = more.extension(MARKDOWN)
        source = rendered.value()[1] if rendered is not None else None
        is_markdown = isinstance(source, str) and bool(source.strip())
        words = {self.language: str(source) if is_markdown else to_markdown(plain)} if plain or is_markdown else {}
        for one in more.extensions(TRANSLATION):
            language, text = "", ""
            for part in one.nodes("extension"):
                match part.text("url"):
                    case "lang":
                        language = str(part.value()[1] or "")
                    case "content":
                        text = str(part.value()[1] or "")
            if _LANGUAGE.fullmatch(language) and text.strip():
                words.setdefault(language, text if is_markdown else to_markdown(text))
            else:
                one.note("left_out", "is no translation into a language such as 'de' or 'en-GB'")
        kept = {language: self._kept(node, name, text) for language, text in words.items()}
        if set(kept) == {self.base}:
            return kept[self.base]
        return kept or None

    def _kept(self, node: Node, name: str, text: str) -> str:
        if len(text) > _LONGEST:
            node.note("decide", f"is longer than {_LONGEST:,} characters; the rest is left out", name)
        without = _PLACE.sub("{ {", text)
        if without != text:
            node.note("changed", "holds what would be filled in here; it is kept apart so that it stays as it is", name)
        return without[:_LONGEST]


def language_of(node: Node) -> str:
    """The document's language, as pathways know languages."""
    written = node.text("language")
    if not written or _LANGUAGE.fullmatch(written):
        return written or "en"
    short = written.split("-")[0].lower()
    known = short if _LANGUAGE.fullmatch(short) else "en"
    node.note("changed", f"is taken as {known!r}", "language")
    return known


def put_words(element: dict[str, Any], name: str, text: Text | None, language: str) -> None:
    """Write a text into an element: plain, with Markdown and translations as extensions where there are any."""
    said = {language: text} if isinstance(text, str) else text or {}
    by_language = {one: words for one, words in said.items() if words.strip() and _TAG.fullmatch(one)}
    if not by_language:
        return
    first = language if language in by_language else next(iter(by_language))
    is_markdown = any(to_markdown(to_plain(one)) != one for one in by_language.values())
    element[name] = to_plain(by_language[first])
    extensions: list[dict[str, Any]] = []
    if is_markdown:
        extensions.append({"url": HL7 + MARKDOWN, "valueMarkdown": by_language[first]})
    for other, words in by_language.items():
        if other != first:
            content = words if is_markdown else to_plain(words)
            parts = [{"url": "lang", "valueCode": other}, {"url": "content", "valueString": content}]
            extensions.append({"url": HL7 + TRANSLATION, "extension": parts})
    if extensions:
        element[f"_{name}"] = {"extension": extensions}


def one_line(text: Text | None, language: str) -> str:
    """A text as one plain line, in that language where there is one."""
    if text is None:
        return ""
    return " ".join(to_plain(text if isinstance(text, str) else text.get(language, next(iter(text.values())))).split())
