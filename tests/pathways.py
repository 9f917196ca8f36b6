"""Pathways for tests: the examples, and short ones written in place."""

from pathlib import Path
from textwrap import dedent, indent

from engine.publishing import Published, compile_pathway

EXAMPLES = Path(__file__).parent.parent / "examples" / "pathways"


def example(name: str) -> Published:
    """One of the example pathways, compiled."""
    return compile_pathway((EXAMPLES / f"{name}.yaml").read_text())


def document(steps: str, head: str = "") -> str:
    """A pathway document with these steps, and a head without quiet hours."""
    lines = ["pathway: trial", "title: Trial", "quiet_hours: none", "max_contacts_per_day: 100", dedent(head), "steps:"]
    return "\n".join([*lines, indent(dedent(steps).strip("\n"), "  "), ""])


def step(name: str, more: str = "", body: str = "Hello") -> str:
    """A message step that nothing is wrong with."""
    head = [
        f"- id: {name}",
        "  type: message",
        f"  title: {name}",
        "  rationale: why",
        "  instructions: do",
        f"  content: {{body: {body}}}",
    ]
    return "\n".join(head) + "\n" + indent(dedent(more).strip("\n"), "  ") + "\n"
