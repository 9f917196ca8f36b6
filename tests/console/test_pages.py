"""What all pages have in common: what browsers are told, nothing of a client on any, and that looking changes nothing."""

from dataclasses import dataclass
from html.parser import HTMLParser

import pytest

from engine.measures import Evidence
from stepwell.console.frame import POLICY
from tests.console.desk import ADDRESS, ANSWER, NAME, QUESTION, Console, Operator
from tests.console.places import places

_HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
    "strict-transport-security": "max-age=31536000",
}


@dataclass
class Scene:
    """A console with everything in it, and somebody who looks at it."""

    console: Console
    operator: Operator
    journey: str
    places: list[str]


@pytest.fixture
async def scene(console: Console) -> Scene:
    """A client who has answered, asked and got mail; hostile words of authors and practitioners; one of everything to look at."""
    journey = await console.troubled()
    await console.troubled("eve")
    stepwell = console.stepwell
    await stepwell.ask(journey, "note.1", QUESTION)
    await stepwell.save_response(journey, "note.1", {"answers": {"words": ANSWER}})
    await stepwell.respond(journey, "note.1", {"answers": {"words": f"{ANSWER} <script>alert(2)</script>"}})
    await stepwell.excuse(journey, "secret.1", reason="<img src=x onerror=alert(3)> {{ 7*7 }}\r\nSet-Cookie: a=b")
    await stepwell.set_date(journey, "surgery", None)
    await stepwell.keep_view("<script>alert(4)</script>", "held=1")
    await stepwell.save_draft("troubled", "pathway: troubled\ntitle: '<script>alert(5)</script>'\n")
    begun = await stepwell.delete_client((await stepwell.add_client()).id, reason="mistake")

    async def erased() -> bool:
        return (await stepwell.deletion(begun.id)).erased_at is not None

    await console.home.until(erased, "the deletion")
    endpoint = (await stepwell.add_endpoint("https://hooks.example.com/<script>alert(6)</script>")).id
    job = (await stepwell.start_bulk([journey], "remind")).id
    await stepwell.create_group("<script>alert(7)</script>", "troubled", ["ada", "eve"])
    await console.home.idle(journey)
    found = await places(console, journey, endpoint=endpoint, job=job)
    return Scene(console, await console.operator(reveals=True), journey, found)


async def test_every_page_is_there_guarded_and_inert(scene: Scene) -> None:
    """200, 303 or 404 and never a fault; the same headers; no script but ours, no style in the text; hostile words are words."""
    for path in scene.places:
        answer = await scene.operator.get(path)
        assert answer.status_code in (200, 303, 304), f"{path}: {answer.status_code} {answer.text[-600:]}"
        _is_guarded(answer.headers, path)
        assert _Inert.findings(answer.text) == [], path


class _Inert(HTMLParser):
    """Looks for what a browser would carry out, show from elsewhere, or lead out of the console."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    @classmethod
    def findings(cls, html: str) -> list[str]:
        reader = cls()
        reader.feed(html)
        return reader.found

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attributes}
        if tag == "script" and not given.get("src", "").startswith("/console/static/"):
            self.found.append(f"script {given}")
        if tag in ("img", "iframe", "style", "object", "embed", "base"):
            self.found.append(tag)
        self.found += [f"{tag} {name}" for name in given if name.startswith(("on", "style", "hx-on", "hx-vars"))]
        for name in ("href", "src", "action", "hx-get", "hx-post"):
            where = given.get(name, "/console/")
            if not where.startswith(("/console/", "?", "#", "http://127.0.0.1:8233")):
                self.found.append(f"{tag} {name}={where}")


def test_the_check_finds_what_it_looks_for() -> None:
    """Each of these would be found."""
    for hostile in (
        "<script>alert(1)</script>",
        "<p onclick=alert(1)>",
        "<img src=x>",
        "<p style='color:red'>",
        "<a href='javascript:alert(1)'>",
        "<form action='//evil.example/'>",
    ):
        assert _Inert.findings(hostile), hostile


async def test_hostile_words_are_there_as_words(scene: Scene) -> None:
    """The check above would pass on empty pages: what an author and a practitioner wrote is shown, escaped."""
    html = (await scene.operator.get(f"/journeys/{scene.journey}?ahead=true")).text
    assert "&lt;script&gt;alert(1)&lt;/script&gt; note" in html
    assert "&lt;img src=x onerror=alert(3)&gt; {{ 7*7 }}" in html
    assert "Troubled &lt;b&gt;title&lt;/b&gt;" in (await scene.operator.get("/pathways")).text
    assert "&lt;script&gt;alert(4)&lt;/script&gt;" in (await scene.operator.get("/journeys")).text
    assert "&lt;script&gt;alert(7)&lt;/script&gt;" in (await scene.operator.get("/groups")).text


async def test_nothing_of_a_client_stands_on_any_page(scene: Scene) -> None:
    """No name, address, answer, draft, question or practitioner's note; only ids (SC14). Nor are they in what is sent around it."""
    for path in scene.places:
        answer = await scene.operator.get(path)
        said = f"{answer.text}\n{answer.headers}"
        for canary in (NAME, ADDRESS, ANSWER, QUESTION, "CANARY-NOTE", "Dr Canary", "dr-canary@example.org"):
            assert canary not in said, f"{canary} on {path}"


async def test_the_canaries_are_there_to_be_found(scene: Scene) -> None:
    """Whoever may see them does: the check above looks for what there is."""
    stepwell = scene.console.stepwell
    assert (await stepwell.client("ada")).display_name == NAME
    assert ANSWER in str(await stepwell.responses(scene.journey, "note.1"))
    assert QUESTION in str(await stepwell.thread(scene.journey))
    assert isinstance(await stepwell.evidence(scene.journey, "note.1"), Evidence)


async def test_looking_changes_nothing(scene: Scene) -> None:
    """No GET has an effect on a journey, on the audit, or on what is kept."""
    stepwell = scene.console.stepwell

    async def everything() -> str:
        parts = (
            await stepwell.history(scene.journey),
            [one for one in await stepwell.audit() if not one.actor.startswith("process")],
            await stepwell.views(),
            await stepwell.bulk_jobs(),
            await stepwell.endpoints(),
            await stepwell.drafts(),
            await stepwell.responses(scene.journey, "secret.1"),
        )
        return repr(parts)

    await scene.operator.csrf()
    before = await everything()
    for path in scene.places:
        await scene.operator.get(path)
    assert await everything() == before


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/nothing", 404),
        ("/journeys/jou_nobody", 404),
        ("/journeys/%3Cscript%3Ealert(9)", 422),
        ("/journeys?overdue=soon", 422),
        ("/journeys?after=nonsense", 409),
        ("/journeys/rows", 422),
        ("/static/nothing.js", 404),
        ("/webhooks/end_nobody", 404),
        ("/pathways/nobody", 404),
        ("/mail/99", 404),
        ("/sign-out", 405),
    ],
)
async def test_errors_are_pages_too(console: Console, path: str, status: int) -> None:
    """Guarded like every page, with the way out, without what was typed; a part of a page gets a part."""
    someone = await console.operator(reveals=True)
    answer = await someone.get(path)
    assert answer.status_code == status, answer.text
    _is_guarded(answer.headers, path)
    assert "<script>alert" not in answer.text
    if not path.startswith("/static"):
        assert 'href="/console/"' in answer.text
        part = await someone.get(path, **{"hx-request": "true"})
        assert part.status_code == status
        assert "<html" not in part.text


async def test_a_page_that_nobody_is_signed_in_for_is_guarded_as_well(console: Console) -> None:
    """The sign-in, the way to it, and what is refused."""
    someone = await console.stranger()
    for answer in (
        await someone.get("/sign-in"),
        await someone.get("/"),
        await someone.post("/sign-in", {"key": "no"}, csrf=""),
        await someone.post("/views", {}, csrf="", headers={}),
        await someone.get("/static/console.css"),
    ):
        _is_guarded(answer.headers, str(answer.url))


async def test_a_part_that_did_not_change_is_not_sent_again(console: Console) -> None:
    """304 and nothing for who has it; the whole of it once something happened."""
    journey = await console.troubled()
    await console.home.idle(journey)
    someone = await console.operator()
    for path in ("/live", "/system/live", f"/journeys/{journey}/live"):
        first = await someone.get(path)
        mark = first.headers["etag"].strip('"')
        assert mark in first.text
        again = await someone.get(path, **{"if-none-match": mark})
        assert (again.status_code, again.content) == (304, b""), path
    await console.stepwell.pause(journey, reason="a holiday")
    changed = await someone.get(f"/journeys/{journey}/live", **{"if-none-match": mark})
    assert changed.status_code == 200
    assert "the journey to be resumed" in changed.text


def _is_guarded(headers: object, path: str) -> None:
    for name, value in _HEADERS.items():
        assert headers[name] == value, f"{name} of {path}"  # type: ignore[index]
