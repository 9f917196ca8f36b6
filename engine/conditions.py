"""Conditions in the Common Expression Language (CEL): closed, typed, without side effects, bounded (rules G4, G5).

A condition sees `outcomes.STEP.NAME`, `done.STEP`, `dates.NAME`, `journey.day`, `journey.now` and `journey.started`.
CEL's way of walking maps is random between calls, so everything that walks is refused at publishing.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from difflib import get_close_matches
from functools import lru_cache
from typing import Any, NamedTuple

from cel_expr_python import cel

from engine.base import occurrence_id
from engine.calendar import midnight, wall
from engine.journey import SATISFYING_STATES, Journey
from engine.structure import Condition, Structure, VariableType
from engine.zones import zone_of

Fact = bool | int | float | str | datetime | tuple[str, ...]

LONGEST = 1000
_DEEPEST = 40
_STRING = re.compile(r'"(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])*\'')
_NAME = re.compile(r"(?<![\w.])[a-z_]\w*(?:\.[a-z_]\w*)+(?!\w|\s*\()", re.IGNORECASE)
_WALKS = re.compile(r"\.\s*(map|filter|all|exists|exists_one|transformList|transformMap)\s*\(")

_ZONED = re.compile(r"\.\s*get\w+\s*\(\s*[^)\s]")

_TYPES: dict[VariableType, Any] = {
    "bool": cel.Type.BOOL,
    "int": cel.Type.INT,
    "double": cel.Type.DOUBLE,
    "string": cel.Type.STRING,
    "list": cel.Type.List(cel.Type.STRING),
    "timestamp": cel.Type.TIMESTAMP,
}


class ConditionError(ValueError):
    """The expression cannot be used; `suggestion` says what to write instead."""

    def __init__(self, message: str, suggestion: str = "") -> None:
        super().__init__(message)
        self.suggestion = suggestion


class Verdict(NamedTuple):
    """What a condition came to, and the facts it looked at, in words."""

    value: bool
    saw: str


def names_in(source: str) -> tuple[str, ...]:
    """The dotted facts an expression mentions, in order, each once."""
    return tuple(dict.fromkeys(match.group() for match in _NAME.finditer(_STRING.sub("''", source))))


def compile_condition(source: str, variables: Mapping[str, VariableType]) -> Condition:
    """Parse and type-check an expression against the facts it may use. Raises ConditionError."""
    _refuse_unbounded(source)
    used = names_in(source)
    for name in used:
        if name not in variables:
            raise ConditionError(f"nothing is called {name!r} here", _did_you_mean(name, variables))
    condition = Condition(source=source, variables=tuple((name, variables[name]) for name in used))
    try:
        kind = _program(condition).return_type()
    except RuntimeError as error:
        raise ConditionError(_clean(str(error)), _advice(str(error))) from None
    if kind != cel.Type.BOOL:
        raise ConditionError(
            f"gives a {str(kind).lower()}, not true or false", "compare it with something, for example '… >= 10'"
        )
    return condition


def holds(condition: Condition, facts: Mapping[str, Fact]) -> Verdict:
    """Evaluate a published condition; a fact that is missing makes it false (rule G5)."""
    known = {name: facts[name] for name, _ in condition.variables if name in facts}
    given: dict[str, Any] = {name: list(fact) if isinstance(fact, tuple) else fact for name, fact in known.items()}
    for name, kind in condition.variables:
        if kind == "double" and name in given:
            given[name] = float(given[name])
    result = _program(condition).eval(data=given)
    value = result.type() == cel.Type.BOOL and bool(result.value())
    saw = ", ".join(
        f"{name} = {_shown(known[name])}" if name in known else f"{name} missing" for name, _ in condition.variables
    )
    return Verdict(value, saw or "no facts")


def facts_of(structure: Structure, journey: Journey, now: datetime) -> dict[str, Fact]:
    """Everything conditions may know of a journey at an instant."""
    zone = zone_of(journey.zone)
    days = wall(now, zone).date() - wall(journey.started_at, zone).date()
    facts: dict[str, Fact] = {"journey.day": days.days + 1, "journey.now": now, "journey.started": journey.started_at}
    for name, known in journey.dates.items():
        facts[f"dates.{name}"] = known.value if isinstance(known.value, datetime) else midnight(known.value, zone)
    for step, outcome in journey.outcomes.items():
        facts.update({f"outcomes.{step}.{name}": value for name, value in outcome.items()})
    for one in structure.steps:
        last = journey.occurrences.get(occurrence_id(one.id, max(journey.reached.get(one.id, 0), 1)))
        facts[f"done.{one.id}"] = last is not None and last.state in SATISFYING_STATES
    return facts


def _refuse_unbounded(source: str) -> None:
    if len(source) > LONGEST:
        raise ConditionError(f"is longer than {LONGEST} characters", "split it over several steps")
    if '"""' in source or "'''" in source:
        raise ConditionError("uses triple quotes", "quote text once: 'walk'")
    bare = _STRING.sub("''", source)
    walks = _WALKS.search(bare)
    if walks:
        raise ConditionError(f"uses {walks.group(1)}(), which conditions do not have", "use 'x in list' and name facts singly")
    if _ZONED.search(bare):  # CEL would ask the machine's zone database, which a replay must not depend on (rule T12)
        raise ConditionError("asks for a time in a named zone", "use journey.day, or compare with dates.NAME")
    depth = deepest = 0
    for character in bare:
        depth += (character in "([{") - (character in ")]}")
        deepest = max(deepest, depth)
    if deepest > _DEEPEST or len(re.findall(r"[!?-]", bare)) > 2 * _DEEPEST:
        raise ConditionError("is nested too deeply", "split it over several steps")


@lru_cache(maxsize=2048)
def _program(condition: Condition) -> Any:
    environment = cel.NewEnv(variables={name: _TYPES[kind] for name, kind in condition.variables})
    return environment.compile(condition.source)


def _did_you_mean(name: str, known: Iterable[str]) -> str:
    known = sorted(known)
    near = get_close_matches(name, known, n=1, cutoff=0.5)
    if near:
        return f"did you mean {near[0]!r}?"
    facts = [one for one in known if one.startswith("outcomes.")] or known
    return f"known here: {', '.join(facts[:8])}" if facts else ""


def _clean(message: str) -> str:
    """The first line of CEL's message, without its own furniture."""
    first = message.splitlines()[0] if message else ""
    where = re.search(r"<input>:\d+:(\d+): (.*)", first)
    if where is None:
        return first.removeprefix("INVALID_ARGUMENT: ")[:300]
    words = re.sub(r" \(in container ''\)|expecting \{.*", "", where.group(2)).strip()
    return f"{words} (at character {where.group(1)})"


def _advice(message: str) -> str:
    if "overload" in message and "double" in message and "int" in message:
        return "compare whole numbers with whole numbers (10) and decimals with decimals (10.0)"
    if "overload" in message:
        return "both sides must be of one type: text in quotes, numbers bare, true or false"
    if "undeclared reference" in message:
        return "name facts as outcomes.STEP.NAME, done.STEP, dates.NAME or journey.day; quote text"
    return "for example: outcomes.phq9.score >= 10 && !done.reading"


def _shown(fact: Fact) -> str:
    match fact:
        case bool():
            return "true" if fact else "false"
        case datetime():
            return f"{fact:%Y-%m-%d %H:%M} UTC"
        case tuple():
            return f"[{', '.join(fact)}]"
        case _:
            return str(fact)
