"""What everybody does and reads is kept: every route of the document is asked, and leaves an entry, an event, or says why not (SC18)."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from temporalio.service import RPCError

from stepwell.errors import NotFound
from tests.api.test_matrix import _SPOILING, ASKS, _asked, _declared, _things, is_allowed
from tests.api.world import ABOUT_A, NOTE, World

_OF_THEIRS = {
    ("GET", "/clients/{client}/export"): "everything read",
    ("GET", "/clients/{client}/export/page"): "everything read",
    ("GET", "/journeys/{journey}/steps/{step}/report"): "answers read",
    ("GET", "/journeys/{journey}/questions"): "questions read",
    ("GET", "/journeys/{journey}/ratings"): "ratings read",
    ("GET", "/journeys/{journey}/occurrences/{occurrence}/responses"): "answers read",
    ("GET", "/alerts/{alert}/response"): "answers read",
    ("GET", "/exports/responses"): "answers read",
}
"""What is read of a client's own words."""
_KEPT_ELSEWHERE: Mapping[tuple[str, str], str] = {
    ("POST", "/pathways/validate"): "computes, and keeps nothing",
    ("POST", "/pathways/{pathway}/what-if"): "computes, and keeps nothing",
    ("POST", "/journeys/{journey}/what-if"): "computes, and keeps nothing",
    ("POST", "/pathways/{pathway}/behaviour"): "computes, and keeps nothing",
    ("POST", "/pathways/{pathway}/simulation"): "computes, and keeps nothing",
    ("POST", "/pathways/{pathway}/impact"): "computes, and keeps nothing",
    ("POST", "/journeys/{journey}/migration/preview"): "computes, and keeps nothing",
    ("POST", "/bulk-jobs/preview"): "computes, and keeps nothing",
    ("PUT", "/journeys/{journey}/steps/{step}/tailoring"): "every one is kept, with who and why",
    ("POST", "/journeys/{journey}/occurrences/{occurrence}/answers"): "a post is kept with its author",
    ("POST", "/journeys/{journey}/occurrences/{occurrence}/questions"): "a post is kept with its author",
    ("POST", "/journeys/{journey}/occurrences/{occurrence}/questions/read"): "the post says since when it is read",
    ("PUT", "/journeys/{journey}/occurrences/{occurrence}/ratings/{measure}"): "the client's own, and the last one counts",
    ("PUT", "/journeys/{journey}/occurrences/{occurrence}/draft"): "nobody else ever reads what was only begun",
    ("POST", "/webhook-endpoints/{endpoint}/test"): "an event of the endpoint",
    ("POST", "/journeys"): "A is on it already; whoever begins one is noted",
    ("POST", "/journeys/group"): "A is on it already; whoever begins one is noted",
    ("POST", "/journeys/{journey}/occurrences/{occurrence}/open"): "an event, the first time",
    ("POST", "/journeys/{journey}/occurrences/{occurrence}/share"): "nothing to share here; what is, is noted",
    ("POST", "/journeys/{journey}/occurrences/{occurrence}/unshare"): "nothing to share here; what is, is noted",
    ("POST", "/bulk-jobs/{job}/cancel"): "done by now; one that runs is noted",
    ("POST", "/groups/{group}/members"): "A is in it already; who comes to it is noted",
    ("POST", "/webhook-endpoints/{endpoint}/redrive"): "nothing to send again; what is, is noted",
    ("POST", "/alerts/{alert}/acknowledge"): "the alert says who and why",
}
"""What leaves no entry in the audit and no event of a journey, and why that is enough."""


async def test_SC18_every_state_change_and_every_reading_leaves_something(world: World) -> None:
    """By each route in turn, as its first caller who is not a client; and what it leaves holds no word of a client's."""
    wrong: list[str] = []
    refused: list[str] = []
    declared, a = _declared(), await world.new_a()
    callers = await world.callers(a)
    for (method, path), ask in ASKS.items():
        may = [name for name in ("host", "practitioner of A", "operator") if is_allowed(ask, declared[(method, path)], name)]
        if not may or (method == "GET" and (method, path) not in _OF_THEIRS):
            continue
        things = await _things(world, a, ask)
        before = await _left(world, a.journey)
        answer = await _asked(callers[may[0]], method, path, ask, things)
        after = await _left(world, a.journey)
        if answer.status_code >= 300:
            refused.append(path)  # by a rule, for where A stands
            continue
        entries = after["audit"][len(before["audit"]) :]
        if (method, path) in _OF_THEIRS:
            wrong += [] if _OF_THEIRS[(method, path)] in {one["action"] for one in entries} else [f"{method} {path}: not noted"]
        elif after == before and (method, path) not in _KEPT_ELSEWHERE:
            wrong.append(f"{method} {path} by {may[0]}: {answer.status_code}, and nothing says so")
        wrong += [f"{path}: {word}" for word in (*ABOUT_A, NOTE) if word in repr(entries)]
        if path.endswith(_SPOILING) or method == "DELETE":
            a = await world.new_a()
            callers = await world.callers(a)
        wrong += [f"{path}: nobody, or no request" for one in entries if ":" not in one["actor"] or not one["request"]]
    assert not wrong, "\n".join(wrong)
    assert len(refused) <= 12, refused
    assert (await world.door.of().verify_audit()).holds


async def test_SC18_what_does_change_something_is_noted(world: World) -> None:
    """Where the test above meets a state in which nothing changes."""
    a = await world.new_a()
    stepwell = world.door.of()
    await stepwell.share(a.journey, "decides.1")
    await stepwell.withdraw(a.journey, "decides.1")
    group = (await stepwell.create_group("Theirs", "matrix", [a.client])).id
    await stepwell.add_members(group, ["bob"])
    endpoint = (await stepwell.add_endpoint(world.door.home.receivers[0].url)).id
    await stepwell.test_endpoint(endpoint)

    async def went() -> bool:
        return bool([one for one in await stepwell.deliveries(endpoint) if one.delivered_at])

    await world.door.home.until(went, "the delivery")
    (sent, *_) = await stepwell.deliveries(endpoint)
    await stepwell.redrive(endpoint, position=sent.position)
    entries = [(one.action, one.object) for one in await stepwell.audit(limit=12)]
    for expected in (
        ("journey begun", a.journey),
        ("answers shared", f"{a.journey}/decides.1"),
        ("answers no longer shared", f"{a.journey}/decides.1"),
        ("group made", group),
        ("members added", group),
        ("endpoint added", endpoint),
        ("events sent again", endpoint),
    ):
        assert expected in entries


async def _left(world: World, journey: str) -> dict[str, list[dict[str, Any]]]:
    """The audit, and the journey's events, where it has not been deleted."""
    home = world.door.home
    events: list[dict[str, Any]] = []
    with suppress(RPCError, NotFound):
        await home.idle(journey)
        events = [{"kind": one.kind, "seq": one.seq} for one in await home.stepwell.history(journey)]
    entries = await world.door.of().audit(limit=10_000)
    return {"audit": [one.model_dump() for one in reversed(entries)], "events": events}
