"""Made-up contents of questionnaires, most of them right."""

from collections.abc import Iterator
from itertools import count
from typing import Any

from hypothesis import strategies as st

_LIMITS = st.none() | st.integers(-20, 20)


def contents() -> st.SearchStrategy[dict[str, Any]]:
    """Any questionnaire, with groups, conditions, rules and scores."""
    return st.builds(_content, st.lists(_items(2), min_size=1, max_size=6), st.lists(_scores(), max_size=3), st.data())


def _content(items: list[dict[str, Any]], scores: list[dict[str, Any]], data: st.DataObject) -> dict[str, Any]:
    _make_fit(items, count())
    flat, beside = list(_walk(items)), list(_walk(items, into_repeats=False))
    for at, item in enumerate(flat):
        asked = [one for one in flat[:at] if one["type"] in _SAID and (one in beside or item["id"].startswith(one["in"]))]
        if asked and data.draw(st.booleans()):
            one = data.draw(st.sampled_from(asked))
            said = data.draw(st.sampled_from([{"exists": True}, {"exists": False}, *_SAID[one["type"]]]))
            item["asked_if"] = {"item": one["id"], **said}
    for item in flat:
        del item["in"]
    scored = [one["id"] for one in beside if one["type"] in ("scale", "choice", "choices")]
    for score in scores:
        score["items"] = data.draw(st.lists(st.sampled_from(scored), unique=True, min_size=1)) if scored else []
    return {"items": items, "scores": {f"score_{at}": one for at, one in enumerate(scores) if one["items"]}}


_ORDERED = [{"above": 1}, {"below": 1}, {"at_least": 2, "at_most": 5}, {"is_not": 1}]
_SAID: dict[str, list[dict[str, Any]]] = {
    "yes_no": [{"is": True}, {"is_not": True}],
    "choice": [{"is": "a"}, {"is_not": "a"}, *_ORDERED[:3]],
    "choices": [{"includes": "a"}, {"is_not": "a"}, *_ORDERED[:3]],
    "scale": _ORDERED,
    "number": _ORDERED,
    "date": [{"at_least": "2026-01-01"}],
    "text": [{"is": "…"}, {"above": "a"}],
}


def _walk(items: list[dict[str, Any]], *, into_repeats: bool = True) -> Iterator[dict[str, Any]]:
    for item in items:
        yield item
        if into_repeats or not item.get("repeats"):
            yield from _walk(item.get("items", []), into_repeats=into_repeats)


def _make_fit(items: list[dict[str, Any]], numbers: Iterator[int], inside: str = "i") -> None:
    """Name the items, and put limits the right way round."""
    for item in items:
        item["id"], item["in"] = f"{inside}{next(numbers)}", inside
        for least, most in (("fewest", "most"), ("min", "max")):
            pair = (item.get(least), item.get(most))
            if None not in pair and pair[0] > pair[1]:
                item[least], item[most] = reversed(pair)
        if not item.get("repeats"):
            item.pop("fewest", None)
            item.pop("most", None)
        if "risk" in item:
            item["risk"] = {"name": f"rule_{item['id']}", **item["risk"]}
        _make_fit(item.get("items", []), numbers, f"{item['id']}_" if item.get("repeats") else inside)


def _items(depth: int) -> st.SearchStrategy[dict[str, Any]]:
    text = {"text": st.text("aä{\n*", min_size=1, max_size=5), "required": st.booleans()}
    several = {"repeats": st.booleans(), "fewest": st.integers(1, 3), "most": st.integers(1, 4)}
    points = st.integers(-3, 3) | st.sampled_from([0.1, 0.2, 1.5, -0.7])
    options = st.lists(points, min_size=2, max_size=4).map(
        lambda all_points: [{"value": "abcd"[at], "label": "L", "points": one} for at, one in enumerate(all_points)]
    )
    risk = {"risk": st.sampled_from([{"above": 1}, {"at_most": 2}])}
    ends = {"min": _LIMITS, "max": _LIMITS}
    times = st.none() | st.sampled_from(["00:00", "08:30", "23:59:59.5"])
    dates = st.none() | st.sampled_from(["1000-01-01", "2026-02-28", "2999-12-31"])
    instants = st.none() | st.sampled_from(["1000-01-01T00:00:00+14:00", "2026-02-28T10:00Z", "2999-12-31T23:59:59.999-12:00"])
    few = {"min": st.none() | st.integers(0, 4), "max": st.none() | st.integers(1, 4), "open": st.booleans()}
    kinds = [
        st.fixed_dictionaries(
            {"type": st.sampled_from(["text", "long_text"]), **text}, optional={"min": st.integers(1, 9), **several}
        ),
        st.fixed_dictionaries({"type": st.sampled_from(["url", "attachment"]), **text}, optional=several),
        st.fixed_dictionaries({"type": st.just("yes_no"), **text}, optional={"risk": st.just({"is": True})}),
        st.fixed_dictionaries(
            {"type": st.just("choice"), "options": options, **text}, optional={"open": st.booleans(), **risk}
        ),
        st.fixed_dictionaries({"type": st.just("choices"), "options": options, **text}, optional=few | risk),
        st.fixed_dictionaries(
            {"type": st.just("scale"), "min": st.integers(-5, 5), "max": st.integers(5, 15), **text}, optional=risk
        ),
        st.fixed_dictionaries(
            {"type": st.just("number"), **text}, optional={"whole": st.booleans(), **ends, **several, **risk}
        ),
        st.fixed_dictionaries(
            {"type": st.just("number"), **text}, optional={"min": st.floats(-1e15, 1e15), "max": st.floats(-1, 1)}
        ),
        st.fixed_dictionaries(
            {"type": st.just("quantity"), "units": st.just([{"code": "kg"}]), **text}, optional=ends | several
        ),
        st.fixed_dictionaries({"type": st.just("date"), "min": dates, "max": dates, **text}, optional=several),
        st.fixed_dictionaries({"type": st.just("time"), "min": times, "max": times, **text}, optional=several),
        st.fixed_dictionaries({"type": st.just("date_time"), "min": instants, "max": instants, **text}, optional=several),
        st.just({"type": "display", "text": "Words"}),
    ]
    single = st.one_of(kinds).map(dict)
    if not depth:
        return single
    inner = st.lists(_items(depth - 1), min_size=1, max_size=3)
    return single | st.fixed_dictionaries({"type": st.just("group"), "items": inner}, optional=several)


def _scores() -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        {"method": st.sampled_from(["sum", "mean"])},
        optional={
            "times": st.sampled_from([1, 4, 0.1, 2.5]),
            "missing": st.just({"at_most": 1}),
            "recode": st.just([{"from": -100, "to": 1, "points": 0.1}, {"from": 2, "to": 100, "points": 0.7}]),
            "bands": st.just([{"to": 1, "name": "low"}, {"to": 10_000, "name": "high"}]),
        },
    )
