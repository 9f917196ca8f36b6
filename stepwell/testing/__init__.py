"""One call that tells whether a step type keeps what the engine relies on. Needs hypothesis, and no test runner."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import Any

from pydantic import ValidationError

from engine.steptype import AnyStepType
from stepwell.cases import read_cases
from stepwell.testing.answers import outcomes, refusals, samples
from stepwell.testing.casework import cases as kept_cases
from stepwell.testing.casework import content_problems
from stepwell.testing.declarations import declarations
from stepwell.testing.drawings import pictures, reports
from stepwell.testing.journeys import journeys, publishing
from stepwell.testing.models import kept_as_they_are, models, names
from stepwell.testing.purity import purity
from stepwell.testing.subject import Example, Rule, Subject, Written
from stepwell.testing.wording import hostile_words, merged_names, presentation, texts

__all__ = ["RULES", "NotConforming", "check_step_type", "read_cases"]

RULES: Mapping[str, Rule] = {
    "names": names,
    "models": models,
    "kept as they are": kept_as_they_are,
    "texts": texts,
    "purity": purity,
    "outcomes": outcomes,
    "samples": samples,
    "refusals": refusals,
    "declarations": declarations,
    "presentation": presentation,
    "hostile words": hostile_words,
    "merged names": merged_names,
    "pictures": pictures,
    "reports": reports,
    "publishing": publishing,
    "journeys": journeys,
    "cases": kept_cases,
}
"""What is looked at, by the name that a finding carries."""

_MOST = 5
_PARTS = ("name", "content_model", "response_model")


class NotConforming(AssertionError):
    """The step type breaks rules; `findings` holds each as `rule: what is wrong, and what to do`."""

    def __init__(self, name: str, findings: Sequence[str]) -> None:
        self.findings = tuple(findings)
        super().__init__(f"the step type {name!r} breaks these rules:\n" + "\n".join(f"  {one}" for one in findings))


def check_step_type(
    step_type: AnyStepType | type[AnyStepType],
    *,
    contents: Iterable[Mapping[str, Any]] = (),
    cases: Iterable[Mapping[str, Any]] = (),
) -> None:
    """Try everything that is promised of a step type on these contents and cases. Raises NotConforming with all findings.

    A case is a mapping as in the files under tests/step_types/cases; `read_cases` reads such a file.
    """
    __tracebackhide__ = True  # of a failed test, pytest then shows the findings alone
    kind = step_type() if isinstance(step_type, type) else step_type
    written = tuple(cases)
    found = [f"names: the class has no {one}" for one in _PARTS if not hasattr(kind, one)]
    if found:
        raise NotConforming(type(kind).__name__, found)
    examples = list(_examples(kind, tuple(contents), written, found))
    if not examples and not found:
        found.append("contents: there is none to try; give at least one content, or a case with one")
    subject = Subject(kind, tuple(examples), written)
    for name, rule in RULES.items():
        found += [f"{name}: {wrong}" for wrong in _told(rule, subject)]
    if found:
        raise NotConforming(kind.name, found)


def _examples(kind: AnyStepType, contents: Sequence[Written], cases: Sequence[Written], found: list[str]) -> Iterable[Example]:
    given = [(f"content {at}", content, ()) for at, content in enumerate(contents, 1)]
    given += [
        (str(case.get("name")), case["content"], tuple(one["response"] for one in case.get("accepted", ())))
        for case in cases
        if "content" in case
    ]
    for name, content, payloads in given:
        wrong = content_problems(kind, content)
        found += [f"contents: {name}: {one}" for one in wrong]
        if not wrong:
            yield Example(name, kind.content_model.model_validate(content), payloads)


def _told(rule: Rule, subject: Subject) -> list[str]:
    """The first of what a rule finds, each once; what it stumbles over is a finding too."""
    found: dict[str, None] = {}
    try:
        for wrong in islice(rule(subject), 100):
            found.setdefault(wrong)
    except Exception as error:  # whatever a type raises, the other rules are still to be looked at
        shown = f"{error.error_count()} misfits" if isinstance(error, ValidationError) else str(error)
        found.setdefault(f"raises {type(error).__name__}: {shown[:300]}")
    return list(found)[:_MOST]
