"""FHIR documents as a draft of a pathway, with a report of what became of everything else."""

from collections.abc import Sequence
from typing import Any

from engine.base import Frozen
from engine.findings import Finding
from engine.publishing import check_pathway
from engine.steps import StepTypes
from engine.words import seen
from stepwell.fhir.documents import Resource, read_resources
from stepwell.fhir.items_in import MOST_OPTIONS
from stepwell.fhir.names import Names, slug
from stepwell.fhir.node import Node
from stepwell.fhir.plan_in import PlanIn
from stepwell.fhir.questionnaire_in import inside, notes_of, read_questionnaire
from stepwell.fhir.releases import Release, release_of
from stepwell.fhir.report import Note, Report, Unusable
from stepwell.fhir.words import Words, language_of, one_line
from stepwell.fhir.yaml_out import write_yaml

_MOST_ITEMS = 3000
_USED = ("Questionnaire", "PlanDefinition", "ActivityDefinition", "ValueSet")


class Draft(Frozen):
    """What came of an import: a pathway to go on with, and everything a person should know of it."""

    pathway: str
    """The pathway document, in YAML."""
    release: Release
    notes: tuple[Note, ...]
    """What did not come over as it was."""
    findings: tuple[Finding, ...]
    """What stands between the draft and its being published."""


def import_fhir(
    sources: Sequence[tuple[str, bytes]], *, release: Release | None = None, types: StepTypes | None = None
) -> Draft:
    """Read FHIR documents, given with their names, as the draft of one pathway. Raises Unusable.

    A PlanDefinition gives the steps and their order; the Questionnaires, ActivityDefinitions and ValueSets it names are
    taken from the same documents. Without a plan, every Questionnaire is a step. Nothing is published.
    """
    resources = read_resources(sources)
    report = Report()
    known = release or release_of(resources)
    try:
        text = _Import(resources, report, known).text
    except RecursionError:
        raise Unusable("the documents are nested too deeply") from None
    return Draft(pathway=text, release=known, notes=tuple(report.notes), findings=check_pathway(text, types=types).findings)


class _Import:
    """One import."""

    def __init__(self, resources: Sequence[Resource], report: Report, release: Release) -> None:
        self._report = report
        self._items = self._options = 0
        self._nodes: list[Node] = []
        for resource in resources:
            kind, called = resource["resourceType"][:60], resource.get("id")
            document = seen(f"{kind}/{called[:100]}" if isinstance(called, str) else kind)
            self._nodes.append(Node(resource, report, " ".join(document.split())))
        plans, questionnaires = self._of_type("PlanDefinition"), self._of_type("Questionnaire")
        if len(plans) > 1:
            raise Unusable(f"there are {len(plans)} plans in it; import one at a time")
        if not plans and not questionnaires:
            found = ", ".join(sorted({node.text("resourceType")[:40] for node in self._nodes})[:10])
            raise Unusable(f"there is neither a Questionnaire nor a PlanDefinition in it, but {found}")
        first = (plans or questionnaires)[0]
        self._base = language_of(first)
        self._sets = {name: node for node in self._of_type("ValueSet") for name in _addresses(node)}
        for node in self._nodes:
            if node.text("resourceType") not in _USED:
                node.note("left_out", "is no part of a plan or a questionnaire")
                node.done()
        steps, head = self._with_plan(plans[0], questionnaires) if plans else self._without_plan(questionnaires)
        for node in self._nodes:
            node.leftovers()
        comments = [
            f"Drafted from FHIR {release}: {', '.join(node.document for node in (*plans, *questionnaires))[:300]}",
            "Look at what the report asks you to decide; then try: stepwell pathway validate FILE",
        ]
        self.text = write_yaml({**head, "steps": steps}, comments)

    def _of_type(self, name: str) -> list[Node]:
        return [node for node in self._nodes if node.text("resourceType") == name]

    def _step(self, node: Node) -> dict[str, Any]:
        """A questionnaire as a step; one that several actions name is read for each of them."""
        self._items += _number_of_items(node)
        if self._items > _MOST_ITEMS:
            raise Unusable(f"the questionnaires hold {self._items:,} items; import at most {_MOST_ITEMS:,} at once")
        step = read_questionnaire(node, self._sets, self._base)
        self._options += sum(len(item.get("options", ())) for item in inside(step["content"]["items"]))
        if self._options > MOST_OPTIONS:
            raise Unusable(f"the questionnaires hold more than {MOST_OPTIONS:,} options; import fewer at once")
        return step

    def _head(self, node: Node, notes: str = "") -> dict[str, Any]:
        words = Words(language_of(node), self._base)
        title = words.of(node, "title") or words.of(node, "name") or node.document.split("/")[0]
        name = slug(one_line(title, self._base), "pathway")
        head: dict[str, Any] = {"pathway": name, "title": title, "language": self._base}
        return head | ({"practitioner_notes": notes} if notes else {})

    def _without_plan(self, questionnaires: list[Node]) -> tuple[list[dict[str, Any]], dict[str, Any]]:
        names = Names(otherwise="questionnaire")
        read = [self._step(node) for node in questionnaires]
        steps = [{"id": names.new(one_line(step["title"], self._base)[:60]), **step} for step in read]
        return steps, self._head(questionnaires[0])

    def _with_plan(self, plan: Node, questionnaires: list[Node]) -> tuple[list[dict[str, Any]], dict[str, Any]]:
        words = Words(language_of(plan), self._base)
        known = {name: node for node in self._nodes if node is not plan for name in _addresses(node)}
        read = PlanIn(plan, known, self._step, words)
        steps = read.steps
        names = Names([step["id"] for step in steps], otherwise="questionnaire")
        for node in questionnaires:
            if not read.used & set(_addresses(node)):
                node.note("changed", "is not named by the plan; it is put at its end")
                step = self._step(node)
                steps.append({"id": names.new(one_line(step["title"], self._base)[:60]), **step})
        if not steps:
            raise Unusable(f"{plan.document} has no actions; there is nothing to do")
        notes = [notes_of(plan, words), *_goals(plan, words)]
        head = self._head(plan, "\n".join(note for note in notes if note).replace("{{", "{ {"))
        return steps, head | ({"stages": read.stages} if read.stages else {})


def _addresses(node: Node) -> list[str]:
    """What other documents may call it."""
    url, kind, name = node.text("url"), node.text("resourceType"), node.text("id")
    return [one for one in (url, f"{kind}/{name}" if name else "") if one]


def _number_of_items(node: Node) -> int:
    inner = node.nodes("item")
    return len(inner) + sum(map(_number_of_items, inner))


def _goals(plan: Node, words: Words) -> list[str]:
    """Goals are for practitioners to read."""
    goals = plan.nodes("goal")
    found = []
    for goal in goals:
        description = goal.node("description")
        coding = description.node("coding")
        text = one_line(words.of(description, "text") or words.of(coding, "display"), words.base)
        found.append(f"Goal: {text[:2000]}" if text else "")
        goal.done()
        goal.note(
            "changed" if text else "left_out", "pathways have no goals; it stands in the notes" if text else "has no words"
        )
    return found
