"""Computed items: a sum of ordinals becomes a score, everything else is for a person."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from stepwell.fhir.names import slug
from stepwell.fhir.node import Node

_QUOTED = r"(?:[^'\\]|\\.){1,600}"
_LINK = rf"linkId\s*(?:=|!=)\s*'{_QUOTED}'"
_SUM = re.compile(
    r"(?:%resource|%context|%questionnaireresponse)(?P<way>\.item|\.descendants\(\)|\.repeat\(item\))"
    rf"(?:\.where\((?P<which>{_LINK}(?:\s+(?:or|and)\s+{_LINK}){{0,300}})\))?"
    r"(?:\.answer)?(?:\.value)?\.(?:ordinal|weight)\(\)\.sum\(\)",
    re.IGNORECASE,
)
_EACH = re.compile(rf"linkId\s*(=|!=)\s*'({_QUOTED})'", re.IGNORECASE)


def read_scores(
    computed: Sequence[Node], ids: Mapping[str, str], choices: Mapping[str, bool], top: Sequence[str]
) -> dict[str, Any]:
    """The scores in these computed items, as fields of a questionnaire; `choices` says which have options with points."""
    score: dict[str, Any] = {}
    more: dict[str, Any] = {}
    for node in computed:
        extension = node.extension("sdc-questionnaire-calculatedExpression", "questionnaire-calculatedExpression")
        value = extension.node("valueExpression") if extension is not None else None
        expression = value.text("expression")[:50_000] if value is not None else ""
        items = _summed(expression, ids, choices, top)
        link = node.text("linkId")
        node.done()
        if not items:
            node.note("decide", f"is computed, and not as a sum of points: {expression[:200] or 'nobody can say how'}")
            continue
        node.note(
            "changed",
            "is computed as a sum of points and becomes a score, without its words; there is none while an answer is missing",
        )
        found = {"method": "sum", "items": items}
        name = slug(link, "score")
        is_only_one = len(computed) == 1 and name != link
        if not score and (name == "score" or is_only_one):
            score = found
        elif name not in more and name not in ("score", "band") and len(more) < 50:
            more[name] = found
        else:
            node.note("left_out", "there is a score of that name already")
    return ({"score": score} if score else {}) | ({"scores": more} if more else {})


def _summed(expression: str, ids: Mapping[str, str], choices: Mapping[str, bool], top: Sequence[str]) -> list[str]:
    """The items whose points are summed up; empty where it is another expression."""
    whole = _SUM.fullmatch(expression.strip())
    if whole is None:
        return []
    is_top_only = whole["way"].lower() == ".item"
    reached = [name for name, has_points in choices.items() if has_points and (not is_top_only or name in top)]
    which = whole["which"]
    if which is None:
        return reached
    named = [(operator, ids.get(re.sub(r"\\(.)", r"\1", link))) for operator, link in _EACH.findall(which)]
    if all(operator == "=" for operator, _ in named) and not re.search(r"'\s+and\s+linkId", which, re.IGNORECASE):
        known = dict.fromkeys(name for _, name in named if name is not None)
        return list(known) if len(known) == len(named) and known.keys() <= choices.keys() else []
    if all(operator == "!=" for operator, _ in named) and not re.search(r"'\s+or\s+linkId", which, re.IGNORECASE):
        left_out = {name for _, name in named}
        return [name for name in reached if name not in left_out]
    return []
