"""A pathway as YAML that an author goes on with, and that reads back exactly as it was meant."""

import re
from collections.abc import Sequence
from typing import Any

import yaml

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_./()',?!-]*( [A-Za-z0-9][A-Za-z0-9_./()',?!-]*)*")
_WORDS = {"null", "true", "false", "yes", "no", "on", "off", "y", "n"}


_Base: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


class _Dumper(_Base):  # type: ignore[misc] # the fast one, where it was built
    def ignore_aliases(self, data: Any) -> bool:
        """Everything is written out."""
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    is_plain = _PLAIN.fullmatch(text) and text.lower() not in _WORDS
    style = None if is_plain else "|" if "\n" in text else '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)


def write_yaml(value: dict[str, Any], comments: Sequence[str] = ()) -> str:
    """The document with comments above it. Numbers and words that look alike stay apart: text goes in quotes."""
    head = "".join(f"# {comment}\n" for comment in comments)
    return head + yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110)
