"""What the host does not let happen: forms of other sites, pages of other people, other sites' code, too much at once."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection

import httpx
import pytest

from tests.browser.stack import PASSPHRASE, Stack

_PAGES = {
    "client": ("/", "/path", "/export", "/mails"),
    "practitioner": ("/practice", "/practice/clients/ada"),
}


def _token(page: str) -> str:
    found = re.search(r'name="csrf" value="([^"]+)"', page)
    assert found is not None, page
    return found[1]


@contextmanager
def _signed_in(host: str, who: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=host, follow_redirects=True, timeout=60) as person:
        entered = person.post("/sign-in", data={"csrf": _token(person.get("/sign-in").text), "passphrase": PASSPHRASE})
        assert person.post("/sign-in/as", data={"csrf": _token(entered.text), "who": who}).status_code == 200
        yield person


def test_every_answer_forbids_what_these_pages_never_do(host: str) -> None:
    """No inline code or style, no frame, nothing of other sites, nothing kept, nothing told to where one goes next."""
    for address in ("/sign-in", "/static/host.css", "/nothing"):
        headers = httpx.get(f"{host}{address}").headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["x-content-type-options"] == "nosniff"
    assert httpx.get(f"{host}/sign-in").headers["cache-control"] == "no-store"
    page = httpx.get(f"{host}/sign-in").text
    assert not re.search(r"\sstyle=|<style|\son\w+=|<script(?![^>]+src=)", page)


def test_the_cookie_is_not_for_scripts_and_not_for_other_sites(host: str) -> None:
    """And one that was tampered with is nobody's."""
    said = httpx.get(f"{host}/sign-in").headers["set-cookie"]
    assert "HttpOnly" in said
    assert "samesite=lax" in said.lower()
    with _signed_in(host, "client:ada") as person:
        cookie = person.cookies["stepwell_host"]
        head, body, signature = cookie.split(".")
        for forged in (f"{head}.{body}x.{signature}", f"{head}.{body}.", "x"):
            looked = httpx.get(f"{host}/", cookies={"stepwell_host": forged})
            assert (looked.status_code, looked.headers["location"]) == (303, "/sign-in")


@pytest.mark.parametrize("token", ["", "guessed"])
def test_a_form_that_was_not_drawn_for_this_session_does_nothing(host: str, stack: Stack, token: str) -> None:
    """As another site would send it."""
    with _signed_in(host, "practitioner:dr-grey") as person:
        before = len(stack.ask("GET", "/clients?limit=200")["items"])
        refused = person.post("/practice/clients", data={"csrf": token, "name": "Mallory"})
        assert refused.status_code == 403
        assert "Please try once more" in refused.text
        assert len(stack.ask("GET", "/clients?limit=200")["items"]) == before


@pytest.mark.parametrize(("who", "others"), [("client:ada", "practitioner"), ("practitioner:dr-grey", "client")])
def test_nobody_has_the_pages_of_others(host: str, who: str, others: str) -> None:
    """Signed in as somebody else: not there; not signed in: asked to."""
    with _signed_in(host, who) as person:
        for address in _PAGES[others]:
            answer = person.get(address)
            assert answer.status_code == 404 or (address == "/" and answer.url.path == "/practice")
    for address in _PAGES[others]:
        assert httpx.get(f"{host}{address}").headers["location"] == "/sign-in"


def test_a_client_sees_no_other_clients_step(host: str, stack: Stack) -> None:
    """Stepwell says that it is not there, and so does the page."""
    stack.ask("POST", "/clients", {"id": "eve", "display_name": "Eve"})
    theirs = stack.ask("GET", "/clients/ada/to-do")["items"][0]
    with _signed_in(host, "client:eve") as person:
        assert person.get(f"/steps/{theirs['journey']}/{theirs['occurrence']}").status_code == 404


def test_too_much_is_refused_before_it_is_read(host: str) -> None:
    """Also where it does not say how much it is."""
    with _signed_in(host, "client:ada") as person:
        said = HTTPConnection(host.removeprefix("http://"), timeout=60)
        said.putrequest("POST", "/language")
        said.putheader("content-length", "99999999")
        said.putheader("cookie", f"stepwell_host={person.cookies['stepwell_host']}")
        said.endheaders(b"x")
        assert said.getresponse().status == 413
        said.close()
        assert person.post("/language", content=iter([b"x=1"])).status_code == 413


def test_a_wrong_passphrase_says_so(host: str) -> None:
    """And nothing of who there is."""
    with httpx.Client(base_url=host, timeout=60) as person:
        said = person.post("/sign-in", data={"csrf": _token(person.get("/sign-in").text), "passphrase": "guess"})
        assert said.status_code == 403
        assert "That is not the passphrase" in said.text
        assert "Ada" not in said.text
