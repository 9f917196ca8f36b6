"""The forms of the built-in step types, as a table: what is asked for each, in terms of the parts of a form.

A type that is not in the table cannot be answered here; its body is shown, and the page says so.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from host_app.forms.items import draw_items
from host_app.forms.paper import Paper
from host_app.forms.parts import Field, Option, Part, Rounds, Words
from host_app.texts import Texts

Draw = Callable[[Paper], tuple[Part, ...]]


def _message(paper: Paper) -> tuple[Part, ...]:
    """The text, a sentence to confirm and something to try, where the content has them."""
    content, texts = paper.content, paper.texts
    parts: list[Part] = [Words(paper.say(content["body"]), paper.media(content))]
    if content.get("check"):
        label = paper.say(content["check"])
        parts.append(Field("understood", "tick", label, paper.at("understood"), hint=texts("confirm_hint")))
    if content.get("try_out"):
        parts += [
            Words(paper.say(content["try_out"]["prompt"])),
            Field("tried", "tick", texts("tried"), paper.at("tried"), required=False),
            Field("how", "area", texts("how_it_went"), paper.at("how"), required=False, longest=500, rows=3),
            Field(
                where="ease",
                kind="scale",
                label=texts("ease"),
                value=paper.at("ease"),
                required=False,
                hint=texts("only_if_tried"),
                least=0,
                most=10,
                least_label=texts("very_hard"),
                most_label=texts("very_easy"),
            ),
        ]
    return tuple(parts)


def _questionnaire(paper: Paper) -> tuple[Part, ...]:
    """The words before the items, then the items that are asked."""
    return (*paper.words(paper.content.get("intro")), *draw_items(paper, paper.content["items"], "answers"))


def _diary(paper: Paper) -> tuple[Part, ...]:
    """One round of fields for each entry, with the time it was at."""
    numbers = paper.content.get("entries") or {}
    fewest, most = numbers.get("min", 1), numbers.get("max", 20)
    shown = paper.number_of("entries", fewest=max(fewest, 1 if not paper.given else 0), most=most)
    entries = tuple(
        (
            *draw_items(paper, paper.content["fields"], f"entries.{at}.answers"),
            Field(
                where=f"entries.{at}.at",
                kind="time",
                label=paper.texts("entry_at"),
                value=paper.at(f"entries.{at}.at"),
                required=False,
                hint=paper.texts("entry_at_hint"),
            ),
        )
        for at in range(shown)
    )
    prompt = paper.words(paper.content["prompt"])
    return (*prompt, Rounds("entries", paper.texts("entry"), entries, fewest=fewest, most=most))


def _exercise(paper: Paper) -> tuple[Part, ...]:
    """The rating before, how long it took, that it is done, the rating afterwards, and a note."""
    content, texts, scale = paper.content, paper.texts, paper.content.get("ratings")
    parts: list[Part] = [Words(paper.say(content["body"]), paper.media(content))]
    if scale:
        parts.append(_rating(paper, "before", scale))
    if content.get("minimum"):
        hint = texts("at_least_time", time=length_in_words(content["minimum"], texts))
        parts.append(Field("seconds", "since", texts("time_taken"), paper.at("seconds"), required=False, hint=hint))
    if not content.get("minimum") or content.get("self_report"):
        is_needed = not content.get("minimum")
        parts.append(Field("done", "tick", texts("done_it"), paper.at("done"), required=is_needed))
    if scale:
        parts.append(_rating(paper, "after", scale))
    parts.append(Field("note", "area", texts("note"), paper.at("note"), required=False, longest=2000, rows=3))
    return tuple(parts)


def _rating(paper: Paper, where: str, scale: Mapping[str, Any]) -> Field:
    return Field(
        where=where,
        kind="scale",
        label=paper.texts(f"rating_{where}", what=paper.say(scale["label"])),
        value=paper.at(where),
        least=scale.get("min", 0),
        most=scale.get("max", 10),
        least_label=paper.say(scale.get("min_label")),
        most_label=paper.say(scale.get("max_label")),
    )


def _rating_wheel(paper: Paper) -> tuple[Part, ...]:
    """A rating from 1 to 10 for each area, and where they want to be, if that is asked."""
    parts: list[Part] = [*paper.words(paper.content["prompt"])]
    for domain in paper.content["domains"]:
        where, label = f"ratings.{domain['id']}", paper.say(domain["label"])
        hint = paper.say(domain.get("description"))
        parts.append(Field(where, "scale", label, paper.at(where), hint=hint, least=1, most=10))
        if paper.content.get("wishes"):
            where = f"wishes.{domain['id']}"
            label = paper.texts("wish", what=label)
            parts.append(Field(where, "scale", label, paper.at(where), required=False, least=1, most=10))
    return tuple(parts)


def _contract(paper: Paper) -> tuple[Part, ...]:
    """The words to change, who promises what until when and why, and the name again as a signature."""
    texts = paper.texts
    wording = paper.at("wording") or paper.prefill.get("wording") or paper.say(paper.content["text"])
    number = paper.number_of("reasons", fewest=1, most=10)
    reasons = tuple(
        (
            Field(
                f"reasons.{at}", "area", texts("reason_number", number=at + 1), paper.at(f"reasons.{at}"), longest=1000, rows=2
            ),
        )
        for at in range(number)
    )
    signature = paper.say(paper.content.get("signature_label")) or texts("signature")
    return (
        Field("wording", "area", texts("wording"), wording, hint=texts("wording_hint"), longest=20_000, rows=8),
        Field("name", "text", texts("own_name"), paper.at("name"), longest=200, autocomplete="name"),
        Field("goal", "area", texts("goal"), paper.at("goal"), longest=2000, rows=3),
        Field("until", "date", texts("until"), paper.at("until")),
        Rounds("reasons", texts("reasons"), reasons, fewest=1, most=10),
        Field("signature", "text", signature, paper.at("signature"), hint=texts("signature_hint"), longest=200),
    )


def _choice(paper: Paper) -> tuple[Part, ...]:
    """The menu: one of it, or several."""
    content = paper.content
    fewest, most = content.get("at_least", 1), content.get("at_most", 1)
    options = tuple(
        Option(str(one["value"]), paper.say(one["label"]), paper.say(one.get("description"))) for one in content["options"]
    )
    hint = paper.texts("pick_exactly" if fewest == most else "pick_between", fewest=fewest, most=most)
    prompt = paper.words(content.get("prompt"))
    return (
        *prompt,
        Field("picked", "some", paper.texts("pick"), paper.at("picked"), required=fewest > 0, hint=hint, options=options),
    )


def _review(paper: Paper) -> tuple[Part, ...]:
    """What went well, what to say, and what to do again."""
    texts = paper.texts
    options = tuple(Option(name, paper.names.get(name, name)) for name in paper.content.get("of") or ())
    again = (
        Field("ask_more", "some", texts("ask_more"), paper.at("ask_more"), False, texts("ask_more_hint"), options=options),
    )
    return (
        Field("praise", "area", texts("praise"), paper.at("praise"), False, texts("praise_hint"), longest=2000, rows=3),
        Field("comment", "area", texts("comment"), paper.at("comment"), False, longest=10_000),
        *(again if options else ()),
    )


def _appointment(paper: Paper) -> tuple[Part, ...]:
    """Whether it took place, and words about it."""
    return (
        Field("attended", "yes_no", paper.texts("attended"), paper.at("attended")),
        Field("note", "area", paper.texts("note_to_client"), paper.at("note"), required=False, longest=10_000, rows=3),
    )


FORMS: Mapping[str, Draw] = {
    "message": _message,
    "questionnaire": _questionnaire,
    "diary": _diary,
    "exercise": _exercise,
    "rating_wheel": _rating_wheel,
    "contract": _contract,
    "choice": _choice,
    "review": _review,
    "appointment": _appointment,
}
"""By the name of the type. A wait, a branch, a host's task and a pathway in a pathway are answered by nobody."""


def draw(step_type: str, paper: Paper) -> tuple[Part, ...] | None:
    """The form of a step; None where this host knows none for its type."""
    form = FORMS.get(step_type)
    return form(paper) if form else None


def length_in_words(length: str, texts: Texts) -> str:
    """A length as authors write it, such as `3 minutes`, in the reader's language."""

    def said(found: re.Match[str]) -> str:
        return texts.count(f"{found[2]}s", int(found[1]))

    return re.sub(r"(\d+) (minute|hour|day|week|month)s?", said, length)
