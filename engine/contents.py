"""The content of a published pathway: what people see. Read when it is shown, never carried by a journey."""

from typing import Any, Literal

from pydantic import Field

from engine.base import Frozen, StepId
from engine.durations import Offset
from engine.words import Text, in_language

Visibility = Literal["client_and_practitioner", "client_only", "client_decides"]
Kind = Literal["psychoeducation", "self_assessment", "modality_specific"]


class StepContent(Frozen):
    """What is shown around one step, and what its step type shows in it."""

    type: str
    title: Text | None = None
    """For practitioners and authors."""
    client_title: Text | None = None
    """Where given, the only title a client sees (rule V3)."""
    rationale: Text | None = None
    instructions: Text | None = None
    practitioner_notes: Text | None = None
    """Never shown to a client (rule V3)."""
    kind: Kind | None = None
    effort: Offset | None = None
    stage: str | None = None
    visibility: Visibility = "client_and_practitioner"
    content: dict[str, Any] = Field(default_factory=dict)
    """What the step type asks for, valid by its content model."""

    def title_for_client(self, language: str, fallback: str) -> str:
        """The title a client may see; empty where there is none."""
        title = self.client_title or self.title
        return in_language(title, language, fallback) if title else ""


class Contents(Frozen):
    """The content of one version of a pathway."""

    schema_version: Literal[1] = 1
    pathway: str
    version: int
    language: str = "en"
    title: Text
    client_title: Text | None = None
    practitioner_notes: Text | None = None
    tags: tuple[str, ...] = ()
    name_titles_in_mail: bool = False
    """Whether mails may carry titles; mail is read by others too."""
    stages: dict[str, Text] = Field(default_factory=dict)
    """The titles of the parts of the pathway, in order."""
    steps: dict[StepId, StepContent]

    def title_for_client(self, language: str) -> str:
        """The pathway's title as a client may see it."""
        return in_language(self.client_title or self.title, language, self.language)
