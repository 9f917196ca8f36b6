"""From an author's text to a pathway that can be run: read, check everything at once, compile (the S rules)."""

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import TypeAdapter, ValidationError

from engine.base import Frozen
from engine.contents import Contents
from engine.document import PathwayDocument, Step
from engine.findings import DefinitionError, Finding, Path, did_you_mean
from engine.loading import load
from engine.publishing.alert_checks import check_alerts
from engine.publishing.compiling import Understood, contents_of, quiet_hours_of, structure_of
from engine.publishing.contacts import most_contacts_a_day
from engine.publishing.library import put_in_library_steps
from engine.publishing.opening_checks import check_looks, check_openings, expression_for, openings_of
from engine.publishing.order_checks import Conditions, check_conditions, check_names, check_order
from engine.publishing.practice import NO_PRACTICE, Practice
from engine.publishing.reading import problems_of, read_document
from engine.publishing.step_checks import StepCheck, length_of
from engine.steps import StepTypes, step_types
from engine.steps.pathway import other_pathways
from engine.steptype import AnyStepType, Content, Problem, missing_languages, unknown_placeholders
from engine.structure import Structure, VariableType
from engine.words import Text
from engine.zones import UnknownZone, zone_of

__all__ = ["Checked", "Practice", "Published", "check_pathway", "compile_pathway", "pathway_schema"]


class Published(Frozen):
    """A pathway that can be run: what the journey pins, and what people see."""

    structure: Structure
    contents: Contents


class Checked(Frozen):
    """What came of a document: every finding, and the pathway where there is no error."""

    findings: tuple[Finding, ...]
    published: Published | None = None

    @property
    def errors(self) -> tuple[Finding, ...]:
        """The findings that keep it from being published."""
        return tuple(finding for finding in self.findings if finding.severity == "error")


def compile_pathway(
    source: str | bytes, version: int = 1, types: StepTypes | None = None, practice: Practice = NO_PRACTICE
) -> Published:
    """Turn a document into a pathway that can be run; raises DefinitionError with everything that is wrong."""
    checked = check_pathway(source, version, types, practice)
    if checked.published is None:
        raise DefinitionError(checked.errors)
    return checked.published


def check_pathway(
    source: str | bytes, version: int = 1, types: StepTypes | None = None, practice: Practice = NO_PRACTICE
) -> Checked:
    """Find everything that is wrong with a document at once; never raises for what an author wrote."""
    table = types if types is not None else step_types()
    loaded = load(source)
    if loaded.value is None:
        return Checked(findings=loaded.findings or (Finding(code="empty", message="is empty"),))
    found = [*loaded.findings, *put_in_library_steps(loaded.value, practice.library)]
    written = read_document(loaded.value)
    found.extend(written.findings)
    published = None
    if written.document is not None:
        check = _Check(written.document, table, practice)
        published = check.run(version, is_whole=not any(finding.severity == "error" for finding in found))
        misspelt = {one.path[:2] for one in written.findings if one.suggestion == "did you mean 'type'?"}
        found.extend(
            finding
            for finding in check.found
            if not _is_about(finding.path, written.left_out)
            and not (finding.code == "unknown-step-type" and finding.path[:2] in misspelt)
        )
    if any(finding.severity == "error" for finding in found):
        published = None
    return Checked(
        findings=tuple(sorted((_with_line(finding, loaded.lines) for finding in found), key=_place)), published=published
    )


class _Check:
    """One document being checked."""

    def __init__(self, document: PathwayDocument, types: StepTypes, practice: Practice) -> None:
        self.document = document
        self.types = types
        self.practice = practice
        self.found: list[Finding] = []

    def run(self, version: int, *, is_whole: bool) -> Published | None:
        """Check everything; compile where nothing is wrong."""
        self.found.extend(self._head())
        contents = [self._step(at, step) for at, step in enumerate(self.document.steps)]
        self.found.extend(check_names(self.document))
        self.found.extend(check_order(self.document))
        outcomes = [self._outcomes(step, content) for step, content in zip(self.document.steps, contents, strict=True)]
        understood = [
            (at, self.types[step.type or ""], content)
            for at, (step, content) in enumerate(zip(self.document.steps, contents, strict=True))
            if content is not None
        ]
        conditions = self._conditions(understood, outcomes)
        risks = {at: tuple(step_type.risks(content)) for at, step_type, content in understood}
        self.found.extend(check_alerts(self.document, {at: rules for at, rules in risks.items() if rules}, self.practice))
        if not is_whole or any(finding.severity == "error" for finding in self.found):
            return None
        steps = [
            Understood(step, self.types[step.type or ""], content, yields, *condition)
            for step, content, yields, condition in zip(self.document.steps, contents, outcomes, conditions, strict=True)
            if content is not None
        ]
        structure = structure_of(self.document, steps, version)
        self.found.extend(self._rounds(structure))
        self.found.extend(_contacts(structure, self.document.max_contacts_per_day))
        return Published(structure=structure, contents=contents_of(self.document, steps, version))

    def _rounds(self, structure: Structure) -> Iterator[Finding]:
        """A pathway that is a step of itself, however far round: it would never come to an end."""
        others = self.practice.pathways or {}
        for at, step in enumerate(structure.steps):
            waiting, seen = list(other_pathways([step])), set[str]()
            while waiting:
                name = waiting.pop()
                if name not in seen and name in others:
                    waiting.extend(other_pathways(others[name].steps))
                seen.add(name)
            if structure.pathway in seen:
                message = f"comes back to {structure.pathway} itself, over and over"
                path = ("steps", at, "content", "pathway")
                yield Finding(code="cycle", step=step.id, path=path, message=message, suggestion="leave one of them out")

    def _conditions(
        self, understood: list[tuple[int, AnyStepType, Content]], outcomes: list[Mapping[str, VariableType]]
    ) -> list[Conditions]:
        """Every expression: the authors' own, and what follows from one step opening another."""
        openings = [one for at, step_type, content in understood for one in openings_of(at, step_type, content)]
        self.found.extend(check_openings(self.document, openings, outcomes))
        self.found.extend(check_looks(self.document, {at: kind.looks_at(content) for at, kind, content in understood}))
        sources: dict[str, list[str]] = {}
        for one in openings:
            comes_later = one.target in {step.id for step in self.document.steps[one.opener + 1 :]}
            if comes_later and one.outcome in outcomes[one.opener]:
                source = expression_for(self.document.steps[one.opener], one, outcomes[one.opener])
                sources.setdefault(one.target, []).append(source)
        ways: list[Mapping[str, str]] = [{} for _ in self.document.steps]
        for at, step_type, content in understood:
            ways[at] = step_type.decides(content)
        return check_conditions(self.document, outcomes, sources, ways, self.found)

    def _head(self) -> Iterator[Finding]:
        document = self.document
        try:
            zone_of(document.zone)
        except UnknownZone as unknown:
            yield Finding(code="unknown-zone", path=("zone",), message=str(unknown))
        quiet = quiet_hours_of(document.quiet_hours)
        if quiet is not None and length_of(quiet).total_seconds() > 20 * 3600:
            message = "quiet hours last more than 20 hours, so nothing would ever be delivered"
            yield Finding(code="quiet-too-long", path=("quiet_hours",), message=message, suggestion="shorten them")
        texts: dict[str, Text | None] = {
            name: getattr(document, name) for name in ("title", "client_title", "practitioner_notes")
        }
        texts |= {f"stages.{stage.id}": stage.title for stage in document.stages}
        languages = (document.language, *document.languages)
        for code, problems in (
            ("missing-translation", missing_languages(texts, languages)),
            ("unknown-placeholder", unknown_placeholders(texts)),
        ):
            for problem in problems:
                message = f"{problem.where} {problem.message}"
                yield Finding(code=code, path=(problem.where,), message=message, suggestion=problem.suggestion)
        yield from self._stages()

    def _stages(self) -> Iterator[Finding]:
        names = [stage.id for stage in self.document.stages]
        for at, name in enumerate(names):
            if name in names[:at]:
                message, advice = f"{name!r} is there twice", "give each stage its own id"
                yield Finding(code="duplicate-id", path=("stages", at, "id"), message=message, suggestion=advice)
        for at, step in enumerate(self.document.steps):
            if step.stage is not None and step.stage not in names:
                advice = did_you_mean(step.stage, names) or "list it under 'stages'"
                message = f"{step.stage!r} is no stage"
                path = ("steps", at, "stage")
                yield Finding(code="unknown-stage", step=step.id, path=path, message=message, suggestion=advice)

    def _step(self, at: int, step: Step) -> Content | None:
        step_type = self.types.get(step.type or "")
        check = StepCheck(self.document, at, step_type)
        self.found.extend(check.all())
        if step_type is None:
            message = f"{step.type!r} is no step type" if step.type else "has no type"
            advice = (
                did_you_mean(step.type, self.types) if step.type else f"add 'type: …', one of {', '.join(sorted(self.types))}"
            )
            self.found.append(check.find("unknown-step-type", ("type",), message, advice))
            return None
        prefix: Path = ("steps", at, "content")
        try:
            content = step_type.content_model.model_validate(step.content)
        except ValidationError as error:
            misfits = problems_of(error, step.content, step_type.content_model, prefix)
            self.found.extend(misfit.model_copy(update={"step": step.id}) for misfit in misfits)
            return None
        texts, languages = step_type.texts(content), (self.document.language, *self.document.languages)
        for code, problems in (
            ("missing-translation", missing_languages(texts, languages)),
            ("unknown-placeholder", unknown_placeholders(texts)),
            ("content", step_type.check(content)),
            ("content", self._beside(step_type, content)),
        ):
            for problem in problems:
                where: Path = tuple(int(part) if part.isdigit() else part for part in problem.where.split(".") if part)
                message = f"{problem.where} {problem.message}".strip()
                self.found.append(check.find(code, ("content", *where), message, problem.suggestion))
        return content

    def _beside(self, step_type: AnyStepType, content: Content) -> tuple[Problem, ...]:
        return step_type.check_beside(content, self.practice.pathways) if self.practice.pathways is not None else ()

    def _outcomes(self, step: Step, content: Content | None) -> Mapping[str, VariableType]:
        if content is None or step.visibility != "client_and_practitioner":
            return {}
        return self.types[step.type or ""].outcomes(content)


def _contacts(structure: Structure, limit: int) -> Iterator[Finding]:
    most = most_contacts_a_day(structure)
    if most > limit:
        message = f"contacts a client {most} times on one day at worst; the limit is {limit}"
        advice = "spread deliveries and reminders, or raise 'max_contacts_per_day'"
        yield Finding(code="too-many-contacts", path=("max_contacts_per_day",), message=message, suggestion=advice)


def _is_about(path: Path, left_out: frozenset[Path]) -> bool:
    """Whether a finding only follows from something that was left out before."""
    return any(path[: len(one)] == one or one[: len(path)] == path for one in left_out if len(one) >= 2 or one == ("steps",))


def _with_line(finding: Finding, lines: dict[Path, int]) -> Finding:
    path = finding.path
    while path and path not in lines:
        path = path[:-1]
    line = finding.line or lines.get(path)
    return finding.model_copy(update={"line": line})


def _place(finding: Finding) -> tuple[int, str, str]:
    return (finding.line or 0, finding.code, finding.message)


def pathway_schema(types: StepTypes | None = None) -> dict[str, Any]:
    """The JSON Schema of the pathway document, with the content of every step type in force."""
    table = types if types is not None else step_types()
    schema = TypeAdapter(PathwayDocument).json_schema(by_alias=True)
    definitions: dict[str, Any] = schema["$defs"]
    contents: dict[str, str] = {}
    for name in sorted(table):
        own = table[name].content_model.model_json_schema(by_alias=True, ref_template=f"#/$defs/{name}.{{model}}")
        definitions.update({f"{name}.{model}": inner for model, inner in own.pop("$defs", {}).items()})
        contents[name] = own.get("title", name)
        definitions[contents[name]] = own
    definitions["Step"]["properties"]["type"] = {"enum": sorted(table), "description": "The step type."}
    definitions["Step"]["allOf"] = [
        {
            "if": {"properties": {"type": {"const": name}}, "required": ["type"]},
            "then": {"properties": {"content": {"$ref": f"#/$defs/{title}"}}},
        }
        for name, title in contents.items()
    ]
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["$id"] = "https://stepwell.dev/schema/pathway-1.json"
    return schema
