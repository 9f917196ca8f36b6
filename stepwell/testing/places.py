"""Where the texts of a content are, found by the types of its fields; and other words put into every one of them."""

from collections.abc import Callable, Iterator
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel

from engine.findings import Path
from engine.steptype import Content
from engine.words import Text


def text_places(content: Content) -> dict[str, Path]:
    """Every place that holds a text, as problems name it (`options.0.label`), with the way there."""
    return {".".join(map(str, path)): path for path in _in_model(content, ())}


def with_words(content: Content, words: Callable[[str], Text]) -> Content:
    """The same content with other words in every text; raises ValidationError where its model takes no such words."""
    written = content.model_dump(mode="json", by_alias=True)
    for name, path in text_places(content).items():
        place = written
        for part in path[:-1]:
            place = place[part]  # type: ignore[index]  # a list is asked for a number, as its path was made
        place[path[-1]] = words(name)  # type: ignore[index]  # likewise
    return type(content).model_validate(written)


def nested_models(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
    """The model and every model in it, each once."""
    found: dict[type[BaseModel], None] = {}
    waiting = [model]
    while waiting:
        one = waiting.pop()
        if one not in found:
            found[one] = None
            waiting.extend(inner for field in one.model_fields.values() for inner in _models_in(field.annotation))
    yield from found


def _in_model(model: BaseModel, path: Path) -> Iterator[Path]:
    for name, field in type(model).model_fields.items():
        yield from _in_value(getattr(model, name), field.annotation, (*path, field.alias or name))


def _in_value(value: Any, annotation: Any, path: Path) -> Iterator[Path]:
    members = list(_members(annotation))
    if isinstance(value, BaseModel):
        yield from _in_model(value, path)
    elif isinstance(value, str | dict) and _is_text(members):
        yield path
    elif isinstance(value, list | tuple):
        for at, one in enumerate(value):
            yield from _in_value(one, _inner(members, at), (*path, at))
    elif isinstance(value, dict):
        for key, one in value.items():
            yield from _in_value(one, _inner(members, 1), (*path, key))


def _members(annotation: Any) -> Iterator[Any]:
    """What a union is made of, without what is only noted at its members."""
    if hasattr(annotation, "__value__"):
        yield from _members(annotation.__value__)
    elif get_origin(annotation) is Annotated:
        yield from _members(get_args(annotation)[0])
    elif get_origin(annotation) in (Union, UnionType):
        for one in get_args(annotation):
            yield from _members(one)
    else:
        yield annotation


def _is_text(members: list[Any]) -> bool:
    """Whether it is words or words by language."""
    by_language = [one for one in members if get_origin(one) is dict and list(_members(get_args(one)[1])) == [str]]
    return str in members and bool(by_language)


def _inner(members: list[Any], at: int) -> Any:
    """What the things in a collection are said to be."""
    for one in members:
        arguments = [argument for argument in get_args(one) if argument is not Ellipsis]
        if arguments:
            return arguments[min(at, len(arguments) - 1)]
    return None


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    for one in _members(annotation):
        if isinstance(one, type) and issubclass(one, BaseModel):
            yield one
        for argument in get_args(one):
            yield from _models_in(argument)
