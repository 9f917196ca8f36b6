"""A journey as a FHIR Bundle: a CarePlan, a Task for each occurrence, and what the practitioner may read of the answers."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple
from uuid import NAMESPACE_URL, uuid5

from engine.base import StepId
from engine.contents import Contents
from engine.events import StepExcused
from engine.publishing import Published
from engine.steps.questionnaire import QuestionnaireContent
from engine.structure import Actor
from stepwell.errors import NotFound
from stepwell.fhir.questionnaire_out import QuestionnaireOut
from stepwell.fhir.releases import Release, check_resource
from stepwell.fhir.report import Note
from stepwell.fhir.statuses import CARE_PLANS, TASKS
from stepwell.fhir.words import one_line
from stepwell.handle import Stepwell
from stepwell.models import Given, JourneyDetail, OccurrenceSummary

Resource = dict[str, Any]


class Exported(NamedTuple):
    """A bundle that is right by FHIR's models, and what FHIR had no words for."""

    bundle: Resource
    notes: tuple[Note, ...]


async def export_journey(stepwell: Stepwell, journey: str, *, release: Release = "R4") -> Exported:
    """The journey as a bundle of the type `collection`, with what its practitioner may read (rule V1).

    That they have read it is noted, as if they had looked at it here. Clients and practitioners are named by their ids
    alone. Raises NotFound, NotInstalled.
    """
    detail = await stepwell.journey(journey)
    numbers = {detail.version, *(one.content_version for one in detail.occurrences)}
    shown = {number: await _version(stepwell, detail.pathway, number) for number in sorted(numbers)}
    reasons: dict[str, str] = {
        event.occurrence: event.reason for event in await stepwell.history(detail.id) if isinstance(event, StepExcused)
    }
    out = _Bundle(detail, shown, detail.practitioner or (await stepwell.client(detail.client)).practitioner, release)
    for occurrence in detail.occurrences:
        is_asked = (occurrence.step, occurrence.content_version) in out.questionnaires
        given = await stepwell.responses(detail.id, occurrence.id) if is_asked else []
        out.add(occurrence, [one for one in given if one.by_role == "client"], reasons.get(occurrence.id, ""))
    bundle = out.bundle()
    check_resource(bundle, release)
    return Exported(bundle, tuple(out.notes))


async def _version(stepwell: Stepwell, pathway: str, number: int) -> Published:
    published = await stepwell.pathway(pathway, number)
    if published is None:
        raise NotFound(f"{pathway} version {number} is not in the store any more")
    return published


class _Bundle:
    """Collects the resources of one journey, each step in the words it was opened or answered with."""

    def __init__(
        self, journey: JourneyDetail, versions: Mapping[int, Published], practitioner: str | None, release: Release
    ) -> None:
        self._journey = journey
        self._versions = versions
        self._contents: Contents = versions[journey.version].contents
        self._practitioner = practitioner
        self._release = release
        self._plan = _Named("CarePlan", journey.id)
        self._tasks: list[_Named] = []
        self._entries: list[Resource] = []
        self.notes: list[Note] = []
        self.questionnaires: dict[tuple[str, int], QuestionnaireOut] = {}
        asked = {(one.step, one.content_version) for one in journey.occurrences}
        ahead = {(str(name), journey.version) for name in self._contents.steps if name not in {step for step, _ in asked}}
        for name, number in sorted(asked | ahead):
            shown, language = versions[number].contents.steps[StepId(name)], versions[number].contents.language
            if shown.type == "questionnaire":
                out = QuestionnaireOut(QuestionnaireContent.model_validate(shown.content), language, release)
                self.questionnaires[name, number] = out
                element = out.questionnaire(self._url(name), f"{number}", shown.title)
                self._add(_Named("Questionnaire", f"{self._url(name)}|{number}"), element)
                self.notes += [note.model_copy(update={"document": f"step {name}"}) for note in out.report.notes]

    def _url(self, step: str) -> str:
        return f"urn:stepwell:pathway:{self._journey.pathway}:{step}"

    def add(self, occurrence: OccurrenceSummary, given: list[Given], reason: str) -> None:
        """One occurrence with what may be read of it."""
        version = self._versions[occurrence.content_version]
        step = version.structure.by_id[StepId(occurrence.step)]
        known = TASKS[occurrence.state]  # type: ignore[index]
        task = _Named("Task", f"{self._journey.id}/{occurrence.id}")
        language, shown = version.contents.language, version.contents.steps[step.id]
        element: Resource = {
            **{"resourceType": "Task", "status": known.status, "intent": "plan"},
            "identifier": [{"system": "urn:stepwell:occurrence", "value": f"{self._journey.id}/{occurrence.id}"}],
            "basedOn": [self._plan.reference],
            "businessStatus": {"text": occurrence.state.replace("_", " ") + (", late" if occurrence.late else "")},
            "description": one_line(shown.title, language) or step.id,
            "for": _person("client", self._journey.client),
        }
        why = ": ".join(one for one in (known.reason, " ".join(reason.split())) if one)
        if why:
            element["statusReason"] = {"concept": {"text": why}} if self._release == "R5" else {"text": why}
        owner = self._owner(step.actor)
        if owner is not None:
            element["owner"] = owner
        period = _period(occurrence.delivered_at, occurrence.settled_at)
        if period:
            element["executionPeriod"] = period
        if given:
            response = self._response(occurrence, given)
            if response is not None:
                element["output"] = [{"type": {"text": "response"}, "valueReference": response.reference}]
        if self._add(task, element):
            self._tasks.append(task)

    def _owner(self, actor: Actor) -> Resource | None:
        if actor == "client":
            return _person("client", self._journey.client)
        return _person("practitioner", self._practitioner) if actor == "practitioner" and self._practitioner else None

    def _response(self, occurrence: OccurrenceSummary, given: list[Given]) -> "_Named | None":
        """The last response; amended where there were others before it."""
        last = given[-1]
        named = _Named("QuestionnaireResponse", f"{self._journey.id}/{last.id}")
        element: Resource = {
            "resourceType": "QuestionnaireResponse",
            "status": "amended" if len(given) > 1 else "completed",
            "questionnaire": f"{self._url(occurrence.step)}|{occurrence.content_version}",
            "basedOn": [self._plan.reference],
            "subject": _person("client", self._journey.client),
            "source": _person("client", self._journey.client),
        }
        if last.accepted_at is not None:
            element["authored"] = _instant(last.accepted_at)
        items = self.questionnaires[occurrence.step, occurrence.content_version].response(last.payload.get("answers", {}))
        if items:
            element["item"] = items
        return named if self._add(named, element) else None

    def bundle(self) -> Resource:
        """Everything, the plan first."""
        journey, contents = self._journey, self._contents
        plan: Resource = {
            **{"resourceType": "CarePlan", "status": CARE_PLANS[journey.status], "intent": "plan"},
            "identifier": [{"system": "urn:stepwell:journey", "value": journey.id}],
            "instantiatesUri": [f"urn:stepwell:pathway:{journey.pathway}|{journey.version}"],
            "title": one_line(contents.title, contents.language) or journey.pathway,
            "subject": _person("client", journey.client),
        }
        period = _period(journey.started_at, journey.finished_at)
        if period:
            plan["period"] = period
        if self._practitioner:
            plan["custodian" if self._release == "R5" else "author"] = _person("practitioner", self._practitioner)
        way = "plannedActivityReference" if self._release == "R5" else "reference"
        if self._tasks:
            plan["activity"] = [{way: task.reference} for task in self._tasks]
        first = _entry(self._plan, plan)
        return {"resourceType": "Bundle", "type": "collection", "entry": [first, *self._entries]}

    def _add(self, named: "_Named", resource: Resource) -> bool:
        """Take a resource in; one that cannot be said in FHIR keeps no other from going out, and is noted."""
        try:
            check_resource(resource, self._release)
        except ValueError:
            why = "holds what cannot be said in FHIR, and is left out"
            self.notes.append(Note(document=f"{named.type} {named.name}", where="", what="left_out", why=why))
            return False
        self._entries.append(_entry(named, resource))
        return True


class _Named(NamedTuple):
    """A resource by its type and by what makes it itself: the same again has the same id."""

    type: str
    name: str

    @property
    def id(self) -> str:
        """A UUID that follows from the name."""
        return str(uuid5(NAMESPACE_URL, f"urn:stepwell:{self.type}:{self.name}"))

    @property
    def reference(self) -> Resource:
        """A reference within the bundle."""
        return {"reference": f"urn:uuid:{self.id}", "type": self.type}


def _entry(named: _Named, resource: Resource) -> Resource:
    return {"fullUrl": f"urn:uuid:{named.id}", "resource": {**resource, "id": named.id}}


def _person(role: str, id: str) -> Resource:
    """A client or practitioner by our id for them, and by nothing else."""
    kind = "Patient" if role == "client" else "Practitioner"
    return {"type": kind, "identifier": {"system": f"urn:stepwell:{role}", "value": id}}


def _period(start: datetime | None, end: datetime | None) -> Resource:
    both = {"start": start, "end": end}
    return {name: _instant(at) for name, at in both.items() if at is not None}


def _instant(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds")
