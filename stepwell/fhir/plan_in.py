"""A FHIR PlanDefinition as the steps of a pathway."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from engine.words import Text
from stepwell.fhir.names import Names
from stepwell.fhir.node import Node
from stepwell.fhir.report import Unusable
from stepwell.fhir.timing_in import offset_of, read_timing
from stepwell.fhir.words import Words, one_line

Step = dict[str, Any]
Questions = Callable[[Node], Step]
"""Reads a Questionnaire as a step."""

_MOST = 900
_PRACTITIONERS = ("practitioner", "careteam", "organization", "practitionerrole")
_HOSTS = ("device", "healthcareservice", "location", "group")
_AFTER = {"after": "completed", "after-end": "completed", "concurrent-with-end": "completed"} | dict.fromkeys(
    ("after-start", "concurrent", "concurrent-with-start"), "delivered"
)
_PICKED = {"exactly-one": (1, 1), "at-most-one": (0, 1), "one-or-more": (1, None), "any": (0, None)}


class _Made(NamedTuple):
    """The steps that came of one action."""

    action: Node
    steps: tuple[str, ...]


class PlanIn:
    """Reads one plan: its steps and its stages, in the order of its actions."""

    def __init__(self, plan: Node, known: Mapping[str, Node], questions: Questions, words: Words) -> None:
        self._known = {**known, **{f"#{one.text('id')}": one for one in plan.nodes("contained")}}
        self._questions = questions
        self._words = words
        self._names = Names(otherwise="step")
        self._by_action: dict[str, _Made] = {}
        self._related: list[tuple[Node, Step]] = []
        self.used: set[str] = set()
        """The addresses of what the plan took in."""
        self.steps: list[Step] = []
        self.stages: list[dict[str, Any]] = []
        actions = plan.nodes("action")
        if sum(1 for _ in _every(actions)) > _MOST:
            raise Unusable(f"{plan.document} holds more than {_MOST} actions; split it into several plans")
        for action in actions:
            self._action(action, stage=None, is_top=True)
        self._relate()
        for one in plan.nodes("contained"):
            if one.text("resourceType") in ("ActivityDefinition", "Questionnaire", "ValueSet"):
                one.raw("id")

    def _action(self, action: Node, *, stage: str | None, is_top: bool) -> tuple[str, ...]:
        """The steps of an action and of those in it."""
        definition, address = self._definition(action)
        inner = action.nodes("action")
        text = self._words.of
        title = text(action, "title") or (text(definition, "title") if definition is not None else None)
        title = title or text(action, "textEquivalent") or text(action, "description") or text(action, "prefix")
        own: tuple[str, ...] = ()
        if not inner or address:
            own = (self._step(action, definition, address, title or "Step", stage),)
        if inner:
            own = (*own, *self._group(action, inner, title, stage, is_top=is_top and not own))
        if name := action.text("id"):
            self._by_action.setdefault(name, _Made(action, own))
        return own

    def _group(
        self, action: Node, inner: list[Node], title: Text | None, stage: str | None, *, is_top: bool
    ) -> tuple[str, ...]:
        """A group of actions: a stage where it is one of the first level, and a menu where one is to be picked."""
        if is_top and len(self.stages) < 50:
            stage = self._names.new(one_line(title, self._words.base) or "stage")
            self.stages.append({"id": stage, "title": title or "Stage"})
        elif is_top:
            action.note("changed", "is more than a pathway has stages; its steps stand among the others")
        for name in ("textEquivalent", "description"):
            if self._words.of(action, name) is not None:
                action.note("left_out", "a stage has a title only", name)
        self._of_the_group(action)
        behaviour = action.text("selectionBehavior")
        at = len(self.steps)
        made = [self._action(one, stage=stage, is_top=False) for one in inner]
        if behaviour in _PICKED and 2 <= len(made) <= 50:
            menu = self._menu(action, inner, made, behaviour, title, stage)
            self.steps.insert(at, menu)
            return (menu["id"], *(name for each in made for name in each))
        if behaviour not in ("", "all"):
            action.note("decide", f"{behaviour[:40]!r} cannot be said of them here; all of them come", "selectionBehavior")
        return tuple(name for each in made for name in each)

    def _menu(
        self,
        action: Node,
        inner: Sequence[Node],
        made: Sequence[tuple[str, ...]],
        behaviour: str,
        title: Text | None,
        stage: str | None,
    ) -> Step:
        action.note("changed", "becomes a menu the client picks from; look whether it is for them to pick", "selectionBehavior")
        by_id = {step["id"]: step for step in self.steps}
        least, most = _PICKED[behaviour]
        options = [
            {"value": f"way_{at}", "label": by_id[steps[0]]["title"] if steps else "Nothing", "opens": list(steps[:50])}
            for at, (_, steps) in enumerate(zip(inner, made, strict=True), 1)
        ]
        step: Step = {
            "id": self._names.new(f"pick_{one_line(title, self._words.base)}"),
            "type": "choice",
            "title": title or "Pick",
        }
        content = {"at_least": least, "at_most": most or len(options), "options": options}
        return step | ({"stage": stage} if stage else {}) | {"content": content}

    def _of_the_group(self, action: Node) -> None:
        """What is said of a group as a whole, and has no place here."""
        for one in action.nodes("condition"):
            _note_condition(one)
        for name in ("relatedAction", "requiredBehavior"):
            if action.has(name):
                action.raw(name)
                action.note("decide", "is said of a group; say it of its steps", name)
        for name in action.names("timing"):
            action.raw(name)
            action.note("decide", "is said of a group; say it of its steps", name)
        for one in action.nodes("participant"):
            one.done()
            one.note("left_out", "is said of a group; say it of its steps")

    def _step(self, action: Node, definition: Node | None, address: str, title: Text, stage: str | None) -> str:
        """The step of one action: a questionnaire where there is one, else a placeholder for whoever is to act."""
        words = self._words
        step: Step = {"id": self._names.new(one_line(title, words.base)[:60]), "type": "message", "title": title}
        description, equivalent = words.of(action, "description"), words.of(action, "textEquivalent")
        notes: list[str] = []
        if definition is not None and definition.text("resourceType") == "Questionnaire":
            read = self._questions(definition)
            notes += [read.pop("practitioner_notes", "")]
            for one in action.nodes("participant"):
                if one.text("type").lower() not in ("patient", "relatedperson"):
                    one.note("changed", "a questionnaire is answered by the client")
                one.done()
            step |= {"type": read["type"], "content": read["content"]}
        else:
            if definition is not None:
                description = description or words.of(definition, "description") or words.of(definition, "purpose")
                self._activity(definition)
            elif address:
                wanted = "the questionnaire" if "questionnaire" in address.lower() else "what is to be done"
                action.note("decide", f"{wanted} is {address}, which is not at hand; give it too, or write the step")
            step |= self._placeholder(action, definition, equivalent or description or title, one_line(title, words.base))
        step |= {"rationale": description} if description is not None else {}
        step |= {"instructions": equivalent} if equivalent is not None else {}
        notes += [_note_condition(one) for one in action.nodes("condition")]
        if any(notes):
            step["practitioner_notes"] = "\n".join(note for note in notes if note).replace("{{", "{ {")
        step |= {"stage": stage} if stage else {}
        step |= self._required(action)
        timing = read_timing(action)
        if not timing and definition is not None:
            timing = read_timing(definition)
        step |= {name: value for name, value in timing.items() if value}
        if step["type"] != "message":
            step["content"] = step.pop("content")
        self._related.append((action, step))
        self.steps.append(step)
        return str(step["id"])

    def _placeholder(self, action: Node, definition: Node | None, body: Text, name: str) -> Step:
        """What stands for an activity that is not a questionnaire."""
        participants = action.nodes("participant") or (definition.nodes("participant") if definition is not None else [])
        kinds = [one.text("type").lower() for one in participants]
        for one in participants:
            one.done()
        if any(kind in ("patient", "relatedperson") for kind in kinds) or not any(kinds):
            if not participants:
                action.note("changed", "does not say who acts; it becomes a message to the client")
            return {"type": "message", "content": {"body": body}}
        if any(kind in _PRACTITIONERS for kind in kinds):
            action.note("changed", "is for a practitioner; it becomes a review, which holds the journey until it is done")
            return {"type": "review", "content": {"prompt": body}}
        if any(kind in _HOSTS for kind in kinds):
            action.note("changed", "is for a device or a service; it becomes a task for the host")
            return {"type": "host_task", "content": {"task": Names(otherwise="task").new(name)}}
        action.note("decide", f"is for {', '.join(kinds)[:100]}; it becomes a message to the client", "participant")
        return {"type": "message", "content": {"body": body}}

    def _activity(self, definition: Node) -> None:
        """An ActivityDefinition is read by its words, its time and its participants."""
        if definition.text("resourceType") == "PlanDefinition":
            definition.note("decide", "is a plan within a plan; import it by itself and use it as a 'pathway' step")
            definition.done()
        for name in ("kind", "name", "id", "title", "url", "version"):
            definition.raw(name)

    def _definition(self, action: Node) -> tuple[Node | None, str]:
        """What an action says is to be done, if it is at hand, and its address."""
        for name in ("definitionCanonical", "definitionUri"):
            address = action.text(name)
            if address:
                self.used.add(address.split("|")[0])
                return self._known.get(address) or self._known.get(address.split("|")[0]), address
        reference = action.node("definition").text("reference") if action.has("definition") else ""
        if reference:
            self.used.add(reference)
        return self._known.get(reference), reference

    def _required(self, action: Node) -> Step:
        behaviour = action.text("requiredBehavior")
        if behaviour == "must-unless-documented":
            action.note("changed", "is required; a practitioner excuses a client from it, with a reason", "requiredBehavior")
        elif behaviour not in ("", "must", "could"):
            action.note("left_out", f"{behaviour[:40]!r} is not known", "requiredBehavior")
        return {"required": False} if behaviour == "could" else {}

    # What comes before what

    def _relate(self) -> None:
        """Turn relations between actions into what each step counts from."""
        places = {step["id"]: at for at, step in enumerate(self.steps)}
        by_id = {step["id"]: step for step in self.steps}
        for action, step in self._related:
            for related in action.nodes("relatedAction"):
                target = related.text("actionId") or related.text("targetId")
                relationship, offset = related.text("relationship"), offset_of(related)
                made = self._by_action.get(target)
                other = made.steps[-1] if made is not None and made.steps else ""
                if not other or other == step["id"]:
                    related.note("decide", f"relates to {target[:60]!r}, which is no other action here")
                elif relationship in _AFTER:
                    self._count_from(
                        related, step, other, _AFTER[relationship], offset, is_earlier=places[other] < places[step["id"]]
                    )
                elif relationship.startswith("before"):
                    is_earlier = places[step["id"]] < places[other]
                    self._count_from(related, by_id[other], step["id"], "completed", offset, is_earlier=is_earlier)
                else:
                    related.note("decide", f"{relationship[:40]!r} is no relation that could be said here")

    def _count_from(self, related: Node, step: Step, other: str, moment: str, offset: str, *, is_earlier: bool) -> None:
        deliver = step.setdefault("deliver", {})
        if not is_earlier:
            related.note("decide", f"{step['id']!r} would count from {other!r}, which is behind it; put them in order")
        elif "after" in deliver or offset.startswith("-"):
            related.note("decide", f"{step['id']!r} counts from something else already; say under 'needs' what it waits for")
        else:
            deliver |= {"after": f"{other}.{moment}"} | ({"offset": offset} if offset else {})
        if not deliver:
            del step["deliver"]


def _note_condition(condition: Node) -> str:
    """A condition in another language, for practitioners to read."""
    expression = condition.node("expression")
    said = expression.text("expression") or expression.text("description") or "an expression that is not here"
    kind = condition.text("kind") or "condition"
    condition.done()
    condition.note("decide", "is an expression that is not computed here; it stands in the notes: write it as 'when'")
    return f"Condition ({kind}, {expression.text('language') or 'no language'}): {said[:2000]}"


def _every(actions: Sequence[Node]) -> Iterator[Node]:
    for action in actions:
        yield action
        yield from _every(action.nodes("action"))
