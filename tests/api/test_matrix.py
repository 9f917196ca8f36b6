"""Every route asked by everybody: who may is what the route declares and whose the object is, and nothing else (SC1)."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, NamedTuple

import httpx
import pytest
from fastapi import APIRouter, FastAPI

from stepwell import Stepwell
from stepwell.api.app import _described, document
from stepwell.api.routes import Routes, Undeclared, refuse_undeclared
from stepwell.api.served import served
from tests.api.world import ABOUT_A, DECIDES, NOTE, ONLY, A, World

KINDS = {
    "link of A": "link",
    "client A": "client",
    "client B": "client",
    "practitioner of A": "practitioner",
    "other practitioner": "practitioner",
    "operator": "operator",
    "other tenant": "host",
    "host": "host",
    "nobody": "nobody",
}
_STRANGERS = frozenset({"client B", "other practitioner", "other tenant"})
Things = Mapping[str, str]


class Ask(NamedTuple):
    """How a route is asked, and whose the thing is that it is about."""

    of: Literal["A", "tenant", "own"]
    """`A`: client A's. `tenant`: the practice's. `own`: whoever asks, asks about their own."""
    body: Any = None
    query: Mapping[str, str] = {}
    before: str = ""
    """What is made anew for each who asks: a `key`, an `endpoint`, a `draft`, a `job`, a `group`, a `migration`."""
    headers: Mapping[str, str] = {}
    refused: frozenset[str] = frozenset()
    """Who is refused besides."""
    let_in: frozenset[str] = frozenset()
    """Who is let in although it is not theirs: what they ask for comes without it."""


def _in(hours: int) -> str:
    return (datetime.now(UTC) + timedelta(hours=hours)).isoformat()


_WHY = {"reason": "because"}
_WORDS = {"response": {"answers": {"words": "Well."}}}
_SOURCE = "pathway: other\ntitle: Other\nsteps: []\n"
_ADDED = {"id": "extra", "type": "message", "title": "x", "rationale": "y", "content": {"body": "z"}}
_OF_OTHERS = frozenset({"practitioner of A", "other practitioner"})
"""What the host began is no practitioner's."""
_AT = "/journeys/{journey}/occurrences/{occurrence}"
ASKS: dict[tuple[str, str], Ask] = {
    ("GET", "/pathways"): Ask("own"),
    ("POST", "/pathways/validate"): Ask("own", {"source": _SOURCE}),
    ("POST", "/pathways/combine"): Ask("tenant", {"pathways": ["matrix"], "name": "both", "title": "Both"}),
    ("GET", "/pathways/{pathway}"): Ask("tenant"),
    ("GET", "/pathways/{pathway}/versions"): Ask("tenant"),
    ("GET", "/pathways/{pathway}/versions/{number}"): Ask("tenant"),
    ("GET", "/pathways/{pathway}/funnel"): Ask("tenant"),
    ("GET", "/pathways/{pathway}/adherence"): Ask("tenant"),
    ("GET", "/pathways/{pathway}/journeys"): Ask("tenant", let_in=frozenset({"other tenant"})),
    ("GET", "/pathways/{pathway}/differences"): Ask("tenant", query={"old": "1", "new": "2"}),
    ("POST", "/pathways/{pathway}/what-if"): Ask("tenant", {"journeys": 1}),
    ("POST", "/journeys/{journey}/what-if"): Ask("A", {}),
    ("POST", "/pathways/{pathway}/behaviour"): Ask("tenant", {"journeys": 1}),
    ("POST", "/pathways/{pathway}/simulation"): Ask("tenant", {"clients": 1}),
    ("POST", "/pathways/{pathway}/impact"): Ask("tenant", {"sample": 1}),
    ("POST", "/pathways/{pathway}/copy"): Ask("tenant", {"name": "copied"}),
    ("GET", "/drafts"): Ask("own"),
    ("GET", "/pathways/{pathway}/draft"): Ask("tenant", before="draft"),
    ("PUT", "/pathways/{pathway}/draft"): Ask("own", {"source": _SOURCE}, headers={"if-none-match": "*"}),
    ("DELETE", "/pathways/{pathway}/draft"): Ask(
        "tenant", before="draft", headers={"if-match": "{mark}"}, let_in=frozenset({"other tenant"})
    ),
    ("POST", "/pathways/{pathway}/draft/reorder"): Ask("tenant", {"steps": []}, before="draft", headers={"if-match": "{mark}"}),
    ("POST", "/pathways/{pathway}/publish"): Ask("tenant", before="draft", headers={"if-match": "{mark}"}),
    ("GET", "/library"): Ask("own"),
    ("PUT", "/library/{name}"): Ask("own", {"type": "message", "title": "x", "content": {"body": "x"}}),
    ("GET", "/clients"): Ask("own"),
    ("POST", "/clients"): Ask("own", {}),
    ("GET", "/clients/{client}"): Ask("A"),
    ("GET", "/clients/{client}/contacts"): Ask("A"),
    ("POST", "/clients/{client}/hold"): Ask("A", _WHY),
    ("POST", "/clients/{client}/lift-hold"): Ask("A", _WHY),
    ("GET", "/clients/{client}/deletion"): Ask("A"),
    ("DELETE", "/clients/{client}"): Ask("A", query={"reason": "asked"}),
    ("GET", "/deletions"): Ask("own"),
    ("GET", "/deletions/{deletion}"): Ask("tenant", before="deletion"),
    ("PATCH", "/clients/{client}"): Ask("A", {"zone": "Europe/Paris"}),
    ("PUT", "/clients/{client}/dates/{name}"): Ask("A", {"value": "2030-01-01"}),
    ("GET", "/clients/{client}/to-do"): Ask("A"),
    ("GET", "/clients/{client}/path"): Ask("A"),
    ("GET", "/clients/{client}/to-review"): Ask("A"),
    ("POST", "/clients/{client}/assignments"): Ask("A", {"library_step": "thing"}),
    ("GET", "/clients/{client}/export"): Ask("A"),
    ("GET", "/clients/{client}/export/page"): Ask("A"),
    ("GET", "/practitioners"): Ask("own"),
    ("PUT", "/practitioners/{practitioner}"): Ask("own", {"display_name": "Dr White"}),
    ("POST", "/journeys"): Ask("A", {"client": "{client}", "pathway": "matrix", "again": "use_existing"}),
    ("GET", "/journeys"): Ask("own"),
    ("POST", "/journeys/group"): Ask(
        "A", {"clients": ["{client}"], "pathway": "matrix"}, let_in=frozenset({"other practitioner", "other tenant"})
    ),
    ("GET", "/enrolments"): Ask("A", query={"key": "{client}/matrix"}),
    ("GET", "/journeys/{journey}"): Ask("A"),
    ("POST", "/journeys/{journey}/pause"): Ask("A", _WHY),
    ("POST", "/journeys/{journey}/resume"): Ask("A"),
    ("POST", "/journeys/{journey}/stop"): Ask("A", _WHY),
    ("PUT", "/journeys/{journey}/dates/{name}"): Ask("A", {"value": "2030-01-01"}),
    ("POST", "/journeys/{journey}/host-events"): Ask("A", {"name": "called"}),
    ("GET", "/journeys/{journey}/forecast"): Ask("A"),
    ("GET", "/journeys/{journey}/coming"): Ask("A"),
    ("GET", "/journeys/{journey}/history"): Ask("A"),
    ("GET", "/journeys/{journey}/notifications"): Ask("A"),
    ("GET", "/journeys/{journey}/adherence"): Ask("A"),
    ("GET", "/journeys/{journey}/stages"): Ask("A"),
    ("GET", "/journeys/{journey}/sessions"): Ask("A"),
    ("PUT", "/journeys/{journey}/steps/{step}/tailoring"): Ask("A", {**_WHY, "words": {"message": "Hello"}}),
    ("GET", "/journeys/{journey}/tailorings"): Ask("A"),
    ("GET", "/journeys/{journey}/steps/{step}/report"): Ask("A"),
    ("GET", "/journeys/{journey}/questions"): Ask("A"),
    ("GET", "/journeys/{journey}/ratings"): Ask("A"),
    ("GET", _AT): Ask("A"),
    ("POST", _AT + "/open"): Ask("A"),
    ("PUT", _AT + "/draft"): Ask("A", _WORDS),
    ("POST", _AT + "/responses"): Ask("A", _WORDS),
    ("GET", _AT + "/responses"): Ask("A"),
    ("POST", _AT + "/skip"): Ask("A", {}),
    ("POST", _AT + "/snooze"): Ask("A", {"until": _in(24)}),
    ("POST", _AT + "/share"): Ask("A"),
    ("POST", _AT + "/unshare"): Ask("A"),
    ("POST", _AT + "/remind"): Ask("A"),
    ("POST", _AT + "/excuse"): Ask("A", _WHY),
    ("POST", _AT + "/release"): Ask("A", _WHY),
    ("POST", _AT + "/extend"): Ask("A", {**_WHY, "until": _in(24)}),
    ("POST", _AT + "/reopen"): Ask("A", _WHY),
    ("POST", _AT + "/retry"): Ask("A"),
    ("POST", _AT + "/book"): Ask("A", {"at": _in(48)}),
    ("GET", _AT + "/evidence"): Ask("A"),
    ("POST", _AT + "/questions"): Ask("A", {"text": "Why?"}),
    ("POST", _AT + "/answers"): Ask("A", {"text": "So."}),
    ("POST", _AT + "/questions/read"): Ask("A"),
    ("PUT", _AT + "/ratings/{measure}"): Ask("A", {"value": 3}),
    ("POST", _AT + "/links"): Ask("A", {}),
    ("DELETE", _AT + "/links"): Ask("A"),
    ("GET", "/alerts"): Ask("own"),
    ("POST", "/alerts/{alert}/acknowledge"): Ask("A", {**_WHY, "by": "Dr Grey"}),
    ("GET", "/alerts/{alert}/response"): Ask("A"),
    ("GET", "/unfinished"): Ask("own"),
    ("GET", "/compliance"): Ask("own", query={"by": "client"}),
    ("GET", "/system"): Ask("own"),
    ("GET", "/system/queues"): Ask("own"),
    ("POST", "/journeys/{journey}/migration/preview"): Ask("A", {"to": 2}),
    ("POST", "/journeys/{journey}/migration"): Ask("A", {**_WHY, "to": 2}),
    ("POST", "/journeys/{journey}/plan/steps"): Ask("A", {**_WHY, "after": "note", "step": _ADDED}),
    ("POST", "/journeys/{journey}/plan/steps/{step}/drop"): Ask("A", _WHY),
    ("POST", "/journeys/{journey}/plan/steps/{step}/restore"): Ask("A", _WHY),
    ("POST", "/journeys/{journey}/plan/steps/{step}/shift"): Ask("A", {**_WHY, "by": "1 day"}),
    ("POST", "/journeys/{journey}/plan/steps/{step}/move"): Ask("A", {**_WHY, "after": None}),
    ("POST", "/migrations"): Ask("A", {**_WHY, "to": 2, "journeys": ["{journey}"]}),
    ("POST", "/migrations/{job}/apply"): Ask("tenant", {"choose": "all"}, before="migration", refused=_OF_OTHERS),
    ("POST", "/bulk-jobs/preview"): Ask("A", {"action": "pause", "journeys": ["{journey}"]}),
    ("POST", "/bulk-jobs"): Ask("A", {**_WHY, "action": "pause", "journeys": ["{journey}"]}),
    ("GET", "/bulk-jobs"): Ask("own"),
    ("GET", "/bulk-jobs/{job}"): Ask("tenant", before="job", refused=_OF_OTHERS),
    ("GET", "/bulk-jobs/{job}/journeys"): Ask("tenant", before="job", refused=_OF_OTHERS),
    ("POST", "/bulk-jobs/{job}/cancel"): Ask("tenant", before="job", refused=_OF_OTHERS),
    ("POST", "/bulk-jobs/{job}/retry"): Ask("tenant", before="job", refused=_OF_OTHERS),
    ("POST", "/groups"): Ask("A", {"name": "Spring", "pathway": "matrix", "clients": ["{client}"]}),
    ("GET", "/groups"): Ask("own"),
    ("GET", "/groups/{group}"): Ask("tenant", before="group", refused=_OF_OTHERS),
    ("POST", "/groups/{group}/members"): Ask("tenant", {"clients": ["{client}"]}, before="group", refused=_OF_OTHERS),
    ("GET", "/groups/{group}/members"): Ask("tenant", before="group", refused=_OF_OTHERS),
    ("POST", "/groups/{group}/start"): Ask("tenant", before="group", refused=_OF_OTHERS),
    ("POST", "/groups/{group}/cancel"): Ask("tenant", before="group", refused=_OF_OTHERS),
    ("PUT", "/groups/{group}/dates/{name}"): Ask("tenant", {"value": "2030-01-01"}, before="group", refused=_OF_OTHERS),
    ("POST", "/groups/{group}/retry"): Ask("tenant", before="group", refused=_OF_OTHERS),
    **{
        ("GET", f"/exports/{name}"): Ask("own") for name in ("journeys", "occurrences", "notifications", "history", "responses")
    },
    ("GET", "/events"): Ask("own"),
    ("GET", "/events/stream"): Ask("own"),
    ("GET", "/webhook-endpoints"): Ask("own"),
    ("POST", "/webhook-endpoints"): Ask("own", {"url": "{receiver}"}),
    ("GET", "/webhook-endpoints/{endpoint}"): Ask("tenant", before="endpoint"),
    ("PATCH", "/webhook-endpoints/{endpoint}"): Ask("tenant", {"types": []}, before="endpoint"),
    ("DELETE", "/webhook-endpoints/{endpoint}"): Ask("tenant", before="endpoint"),
    ("POST", "/webhook-endpoints/{endpoint}/rotate"): Ask("tenant", before="endpoint"),
    ("POST", "/webhook-endpoints/{endpoint}/test"): Ask("tenant", before="endpoint"),
    ("GET", "/webhook-endpoints/{endpoint}/deliveries"): Ask("tenant", before="endpoint"),
    ("POST", "/webhook-endpoints/{endpoint}/redrive"): Ask("tenant", {}, before="endpoint"),
    ("GET", "/api-keys"): Ask("own"),
    ("POST", "/api-keys"): Ask("own", {"kind": "host"}, refused=frozenset({"operator"})),
    ("POST", "/api-keys/{key}/rotate"): Ask("tenant", before="key", refused=frozenset({"operator"})),
    ("POST", "/api-keys/{key}/revoke"): Ask("tenant", before="key", refused=frozenset({"operator"})),
    ("GET", "/link"): Ask("A"),
    ("POST", "/link/open"): Ask("A"),
    ("PUT", "/link/draft"): Ask("A", _WORDS),
    ("POST", "/link/responses"): Ask("A", _WORDS),
    ("POST", "/link/skip"): Ask("A", {}),
    ("POST", "/link/snooze"): Ask("A", {"until": _in(24)}),
    ("POST", "/link/opt-out"): Ask("A"),
}
OPEN_TO_ALL = {("GET", "/health"), ("GET", "/ready"), ("GET", "/link/opt-out/{token}"), ("POST", "/link/opt-out/{token}")}
"""What needs no credential: nothing is shown there, and only a token of a mail's own changes anything."""


def _declared() -> dict[tuple[str, str], list[str]]:
    """Every route of the document, with the callers it declares."""
    return {
        (method.upper(), path.removeprefix("/v1")): described.get("x-stepwell-callers", [])
        for path, methods in document()["paths"].items()
        for method, described in methods.items()
    }


def is_allowed(ask: Ask, declared: list[str], caller: str) -> bool:
    """The cell: by what the route declares, and by whose the thing is."""
    if KINDS[caller] not in declared or caller in ask.refused:
        return False
    match ask.of:
        case "A":
            return caller not in _STRANGERS
        case "tenant":
            return caller != "other tenant"
        case "own":
            return True


def test_SC1_every_route_has_its_row_and_every_row_its_route() -> None:
    """A route that nobody has thought about fails here."""
    assert {route for route, callers in _declared().items() if callers} == set(ASKS)
    assert {route for route, callers in _declared().items() if not callers} == OPEN_TO_ALL


def test_SC4_a_route_without_declared_rights_does_not_start() -> None:
    """Neither one whose use case declares none, nor one that was added past our own way of adding them."""

    async def forgotten() -> str:
        """Nobody said for whom."""
        return ""

    with pytest.raises(Undeclared, match="declares no rights"):
        Routes("Forgotten").get("/forgotten", uses=Stepwell._journey)(forgotten)
    for is_included in (False, True):
        app, router = FastAPI(), APIRouter()
        router.get("/forgotten")(forgotten)
        if is_included:
            app.include_router(router, prefix="/v1")
        else:
            app.get("/v1/forgotten")(forgotten)
        with pytest.raises(Undeclared, match="/v1/forgotten"):
            refuse_undeclared(app, open_to_all=frozenset())


def test_SC4_every_route_that_is_served_is_looked_at() -> None:
    """As many as the document has; the framework keeps them where they are easily overlooked."""
    paths = {path for path, _ in served(_described())}
    assert set(document()["paths"]) <= paths


async def test_SC1_whoever_may_not_is_refused_and_nothing_comes_of_it(world: World) -> None:
    """401, 403 or 404 in every such cell, no word about A in the answer, and the store as it was."""
    a, wrong = await world.new_a(), []
    callers, declared = await world.callers(a), _declared()
    things = {route: await _things(world, a, ask) for route, ask in ASKS.items()}
    before = await world.at_rest()
    for (method, path), ask in ASKS.items():
        for name, connection in callers.items():
            if is_allowed(ask, declared[(method, path)], name):
                continue
            answer = await _asked(connection, method, path, ask, things[(method, path)])
            if answer.status_code not in _refusals(ask, name):
                wrong.append(f"{method} {path} by {name}: {answer.status_code} {answer.text[:200]}")
            if any(word in answer.text for word in ABOUT_A):
                wrong.append(f"{method} {path} by {name} tells of A: {answer.text[:300]}")
    after = await world.at_rest()
    wrong += [f"{table} has {row}" for table, rows in after.items() for row in rows if row not in before[table]]
    wrong += [f"{table} lacks {row}" for table, rows in before.items() for row in rows if row not in after[table]]
    assert not wrong, "\n".join(wrong)


def _refusals(ask: Ask, name: str) -> tuple[int, ...]:
    if name in ask.let_in:
        return (200, 201, 412)
    return (401,) if name == "nobody" else (403, 404)


async def test_SC1_whoever_may_is_let_in_and_reads_what_is_theirs(guarded_world: World) -> None:
    """Neither 401, 403 nor 404 in any such cell; and no word in an answer that its reader is not to have (SC2, SC3).

    In PostgreSQL, so that nobody is kept from what is theirs by the database's own policies (SC5).
    """
    world = guarded_world
    wrong, a, declared = [], await world.new_a(), _declared()
    callers = await world.callers(a)
    for (method, path), ask in ASKS.items():
        for name in tuple(callers):
            if is_allowed(ask, declared[(method, path)], name):
                answer = await _asked(callers[name], method, path, ask, await _things(world, a, ask))
                if answer.status_code in (401, 403, 404) or answer.status_code >= 500:
                    wrong.append(f"{method} {path} by {name}: {answer.status_code} {answer.text[:300]}")
                wrong += [f"{method} {path} by {name} holds {word}" for word in _NOT_FOR[name] if word in answer.text]
                if (method, path) == ("DELETE", "/clients/{client}"):  # whoever asks next has nobody to delete any more
                    a = await world.new_a()
                    callers = await world.callers(a)
        if method != "GET" and path.endswith(_SPOILING):
            a = await world.new_a()
            callers = await world.callers(a)
    assert not wrong, "\n".join(wrong)


_SPOILING = ("/stop", "/responses", "/excuse", "/links", "/bulk-jobs", "/release", "/reopen", "/opt-out", "/skip")
"""After these, A is another one: nothing more could be done with what they leave."""


_NOT_FOR: Mapping[str, tuple[str, ...]] = {
    "client A": (NOTE,),
    "link of A": (NOTE,),
    "client B": (NOTE, *ABOUT_A),
    "practitioner of A": (ONLY, DECIDES),
    "other practitioner": ABOUT_A,
    "operator": ABOUT_A,
    "other tenant": (NOTE, *ABOUT_A),
    "host": (ONLY, DECIDES),
}
"""The words that no answer to them may hold."""


async def _asked(connection: httpx.AsyncClient, method: str, path: str, ask: Ask, things: Things) -> httpx.Response:
    request = connection.build_request(
        method,
        path.format(**things),
        json=_filled(ask.body, things) if ask.body is not None else None,
        params=_filled(dict(ask.query), things),
        headers=_filled(dict(ask.headers), things),
    )
    answer = await connection.send(request, stream=True)
    if answer.headers["content-type"].startswith("text/event-stream"):
        await answer.aclose()  # it would go on for ever
        return httpx.Response(answer.status_code, text="")
    await answer.aread()
    return answer


def _filled(given: Any, things: Things) -> Any:
    """Every `{thing}` by its name."""
    match given:
        case str():
            return given.format(**things)
        case list():
            return [_filled(one, things) for one in given]
        case dict():
            return {name: _filled(one, things) for name, one in given.items()}
        case _:
            return given


async def _things(world: World, a: A, ask: Ask) -> dict[str, str]:
    """What the paths and bodies name."""
    stepwell = world.door.of()
    things = {
        **{"pathway": "matrix", "number": "1", "name": "surgery", "step": "note", "occurrence": "note.1"},
        **{"measure": "helpfulness", "practitioner": "white", "client": a.client, "journey": a.journey, "alert": a.alert},
        "receiver": world.door.home.receivers[0].url,
    }
    match ask.before:
        case "draft":
            await stepwell.save_draft("matrix", _SOURCE.replace("other", "matrix"))
            things["mark"] = f'"{next(one.mark for one in await stepwell.drafts() if one.pathway == "matrix")}"'
        case "key":
            things["key"] = (await stepwell.add_key("client", subject=a.client)).id
        case "deletion":
            gone = (await stepwell.add_client()).id
            things["deletion"] = (await stepwell.delete_client(gone, reason="asked")).id
        case "endpoint":
            things["endpoint"] = (await stepwell.add_endpoint(things["receiver"], ())).id
        case "job":
            things["job"] = (await stepwell.start_bulk([a.journey], "remind")).id
        case "group":
            things["group"] = (await stepwell.create_group("Theirs", "matrix", [a.client])).id
        case "migration":
            things["job"] = (await stepwell.propose_migration([a.journey], 2, reason="because")).id
    return things
