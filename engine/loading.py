"""Read an author's YAML or JSON into plain values, with the line of everything, within bounds.

YAML 1.2's core scalars (`on` and `no` are words, `09:00` is text), and no anchors, aliases or tags: a document
means what it shows. Nothing here raises for what an author wrote; it becomes a finding.
"""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import yaml

from engine.findings import Finding, Path

LARGEST = 1_000_000
_DEEPEST = 30
_MOST_NODES = 100_000

_INT = re.compile(r"[-+]?[0-9]{1,15}")
_FLOAT = re.compile(r"[-+]?(\.[0-9]{1,15}|[0-9]{1,15}(\.[0-9]{0,15})?)([eE][-+]?[0-9]{1,2})?")
_WORDS = {"": None, "~": None, "null": None, "Null": None, "NULL": None} | dict.fromkeys(("true", "True", "TRUE"), True)
_WORDS |= dict.fromkeys(("false", "False", "FALSE"), False)

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Loaded(NamedTuple):
    """A document as plain values; None where it could not be read at all."""

    value: Any
    lines: dict[Path, int]
    findings: tuple[Finding, ...]


class _Unreadable(Exception):
    def __init__(self, code: str, message: str, line: int | None = None, suggestion: str = "") -> None:
        super().__init__(message)
        self.finding = Finding(code=code, message=message, line=line, suggestion=suggestion)


def load(source: str | bytes) -> Loaded:
    """Read a document; what is wrong with its form comes back as findings."""
    try:
        text = _decoded(source)
        return _Reader(text).read()
    except _Unreadable as unreadable:
        return Loaded(None, {}, (unreadable.finding,))
    except yaml.YAMLError as error:
        return Loaded(None, {}, (_syntax(error),))


def _decoded(source: str | bytes) -> str:
    if len(source) > LARGEST:
        raise _Unreadable("too-large", f"is larger than {LARGEST:,} characters", suggestion="split it into several pathways")
    if isinstance(source, str):
        return source
    try:
        return source.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise _Unreadable("not-text", "is not text in UTF-8", suggestion="save the file as UTF-8") from None


def _syntax(error: yaml.YAMLError) -> Finding:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or "holds characters that YAML does not allow"
    advice = "check quotes, indentation and colons near that line; text with a colon or a # goes in quotes"
    return Finding(code="syntax", message=str(problem)[:200], line=mark.line + 1 if mark else None, suggestion=advice)


class _Reader:
    """Builds values from the parser's events, so that bounds hold before anything is built."""

    def __init__(self, text: str) -> None:
        self._events: Iterator[yaml.Event] = iter(yaml.parse(text, Loader=_Loader))
        self._lines: dict[Path, int] = {}
        self._findings: list[Finding] = []
        self._nodes = 0

    def read(self) -> Loaded:
        next(self._events)  # the stream's start
        first = next(self._events)
        if isinstance(first, yaml.StreamEndEvent):
            raise _Unreadable("empty", "is empty", suggestion="start with 'pathway: my-pathway'")
        value = self._node(next(self._events), ())
        next(self._events)  # the document's end
        if not isinstance(next(self._events), yaml.StreamEndEvent):
            raise _Unreadable(
                "several-documents", "holds more than one document", suggestion="one pathway a file, without '---'"
            )
        return Loaded(value, self._lines, tuple(self._findings))

    def _node(self, event: Any, path: Path) -> Any:
        line = event.start_mark.line + 1
        self._nodes += 1
        if self._nodes > _MOST_NODES or len(path) > _DEEPEST:
            raise _Unreadable("too-complex", "is nested too deeply or holds too many values", line)
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise _Unreadable("alias", "uses an anchor or alias", line, "write the text out, or use a library step")
        if getattr(event, "tag", None) not in (None, "!"):
            raise _Unreadable("tag", f"uses the tag {str(event.tag)[:40]!r}", line, "leave the tag out")
        self._lines[path] = line
        if isinstance(event, yaml.ScalarEvent):
            return _scalar(event.value) if event.implicit[0] and event.style in (None, "") else event.value
        if isinstance(event, yaml.SequenceStartEvent):
            return self._list(path)
        return self._mapping(path)

    def _next(self) -> Any:
        return next(self._events)

    def _list(self, path: Path) -> list[Any]:
        values: list[Any] = []
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            values.append(self._node(event, (*path, len(values))))
        return values

    def _mapping(self, path: Path) -> dict[str, Any]:
        values: dict[str, Any] = {}
        while not isinstance(event := self._next(), yaml.MappingEndEvent):
            line = event.start_mark.line + 1
            if not isinstance(event, yaml.ScalarEvent) or getattr(event, "anchor", None):
                raise _Unreadable("bad-key", "has a field name that is not a word", line, "field names are single words")
            key, inner = event.value, (*path, event.value)
            value = self._node(next(self._events), inner)
            if key in values:
                message = f"{key!r} is there twice; the later one would win silently"
                self._findings.append(
                    Finding(code="duplicate-field", path=inner, line=line, message=message, suggestion="keep one of them")
                )
                continue
            values[key] = value
            self._lines[inner] = line
        return values


class _Plain(yaml.SafeDumper):
    """Writes what `load` reads: no aliases, and quotes wherever a text would be read as something else."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _written(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None if _scalar(text) == text else '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Plain.add_representer(str, _written)


def dump(value: Any) -> str:
    """Write plain values as a document that `load` reads back as they are."""
    written: str = yaml.dump(value, Dumper=_Plain, sort_keys=False, allow_unicode=True, width=120)
    return written


def _scalar(text: str) -> Any:
    if text in _WORDS:
        return _WORDS[text]
    if _INT.fullmatch(text):
        return int(text)
    return float(text) if _FLOAT.fullmatch(text) else text
