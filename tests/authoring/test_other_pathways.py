"""Pathways as steps of others: known, fitting, and never coming back to themselves."""

from engine.publishing import Practice, check_pathway, compile_pathway
from engine.structure import Structure
from tests.pathways import document, step

SCORED = """
- id: q
  type: questionnaire
  title: Q
  rationale: r
  instructions: i
  content: {items: [{id: n, type: number, whole: true, min: 0, max: 9, text: N}], score: {method: sum}}
"""


def inside(name: str, back: str = "[]") -> str:
    """A step that is another pathway."""
    return f"- {{id: sub, type: pathway, title: S, content: {{pathway: {name}, hands_back: {back}}}}}\n"


def named(name: str, steps: str) -> str:
    return document(steps).replace("pathway: trial", f"pathway: {name}", 1)


def structure(name: str, steps: str) -> Structure:
    return compile_pathway(named(name, steps)).structure


def codes(source: str, **pathways: Structure) -> list[str]:
    found = check_pathway(source, practice=Practice(pathways={name.replace("_", "-"): one for name, one in pathways.items()}))
    return [str(one.message) for one in found.errors]


def test_what_is_handed_back_is_there_and_of_that_type() -> None:
    """Found out when the pathway is published, not when a client is half way through."""
    other = structure("other", SCORED)
    assert codes(named("trial", inside("other", "[{name: n, from: q.score, type: int}]")), other=other) == []
    assert codes(named("trial", inside("othr")), other=other) == ["pathway no pathway 'othr' is published"]
    wrong = "[{name: n, from: q.scor, type: int}, {name: m, from: q.score, type: bool}]"
    assert codes(named("trial", inside("other", wrong)), other=other) == [
        "hands_back.0.from other yields no q.scor",
        "hands_back.1.type q.score is of type int",
    ]


def test_a_pathway_never_comes_back_to_itself() -> None:
    """Neither at once nor by way of others."""
    message = "comes back to trial itself, over and over"
    assert codes(named("trial", step("a") + inside("trial")), trial=structure("trial", step("a"))) == [message]
    middle = structure("middle", inside("trial"))
    assert codes(named("trial", inside("middle")), middle=middle, trial=structure("trial", step("a"))) == [message]
    round_and_round = {"one": structure("one", inside("two")), "two": structure("two", inside("one"))}
    assert codes(named("trial", inside("one")), **round_and_round) == []
