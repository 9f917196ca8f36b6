"""Rule: contents and responses are frozen, know their fields, survive being kept, and can be described to an editor."""

import json
import re
from collections.abc import Iterator

from pydantic import BaseModel

from engine.publishing import pathway_schema
from engine.steps import is_built_in
from engine.steptype import Content, Response
from stepwell.testing.places import nested_models
from stepwell.testing.subject import Subject, kept

_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")


def names(subject: Subject) -> Iterator[str]:
    """A name authors can write, and nobody else's; people who are known."""
    kind = subject.type
    if not _NAME.fullmatch(kind.name):
        yield f"name {kind.name!r} must be a small letter, then small letters, digits and _"
    if is_built_in(kind.name) and not type(kind).__module__.startswith("engine."):
        yield f"name {kind.name!r} is a built-in type's; choose another"
    for field, value in (("actor", kind.actor), ("told", kind.told)):
        if value not in ("client", "practitioner", "host") and (field, value) != ("told", None):
            yield f"{field} {value!r} must be client, practitioner or host"
    if not type(kind).__doc__:
        yield "the class needs a docstring: authors read it as the page of the type"


def models(subject: Subject) -> Iterator[str]:
    """Both models, and what is in them."""
    for model, base in ((subject.type.content_model, Content), (subject.type.response_model, Response)):
        if not issubclass(model, base):
            yield f"{model.__name__} must be a {base.__name__}"
        for one in nested_models(model):
            yield from _strict(one)
        model.model_json_schema(by_alias=True)
    others = {} if is_built_in(subject.type.name) else {subject.type.name: subject.type}
    json.dumps(pathway_schema(others or None))


def _strict(model: type[BaseModel]) -> Iterator[str]:
    if not model.model_config.get("frozen"):
        yield f"{model.__name__} can be changed; make it a Content or a Response, which are frozen"
    if model.model_config.get("extra") != "forbid":
        yield f"{model.__name__} takes unknown fields; make it a Content or a Response, which refuse them"


def kept_as_they_are(subject: Subject) -> Iterator[str]:
    """What is stored is read again as it was."""
    for example in subject.examples:
        written = example.content.model_dump(mode="json", by_alias=True, exclude_defaults=True)
        if subject.type.content_model.model_validate(json.loads(json.dumps(written))) != example.content:
            yield f"{example.name}: the content comes back from the store as another; give every field one JSON form"
        for response in subject.samples(example):
            again = json.loads(json.dumps(kept(response)))
            if subject.type.response_model.model_validate(again) != response:
                yield f"{example.name}: the response {again} comes back from the store as another; give every field one JSON form"
