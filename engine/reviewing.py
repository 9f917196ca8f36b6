"""A review that asks for more: what it looked at opens again, and it waits until that has come (D30)."""

from engine.base import StepId, occurrence_id
from engine.draft import Draft
from engine.events import MoreAsked
from engine.journey import Occurrence
from engine.messages import Respond
from engine.refusals import Refusal
from engine.reopening import reopen
from engine.structure import StepStructure


def ask_more(draft: Draft, step: StepStructure, review: Occurrence, message: Respond) -> None:
    """Open the last occurrence of each of these steps again; the review stays open. Raises Refusal."""
    found = [_last(draft, step, name) for name in message.asks_more]
    shown_with = message.content_version if review.content_version is None else review.content_version
    kept = {"response_id": message.response_id, "content_version": shown_with}
    waiting = draft.put(review, awaits=tuple(one.id for one in found), **kept)
    draft.step_happens(MoreAsked, waiting, of=waiting.awaits, **kept)
    for one in found:
        reopen(draft, draft.structure.by_id[one.step], one, reason="the review asked for more")


def _last(draft: Draft, review: StepStructure, name: StepId) -> Occurrence:
    reached = draft.journey.reached.get(name, 0)
    one = draft.journey.occurrences.get(occurrence_id(name, reached))
    if name not in review.looks_at or one is None or one.delivered_at is None:
        raise Refusal("not_reviewed", "G8", f"{review.id} can ask more of what it looks at, once that has come: not of {name}")
    if one.settled_at is None:
        raise Refusal("not_settled", "G8", f"{one.id} is open already; there is nothing to ask more of yet")
    return one
