"""What a mail leads to, and what Stepwell tells the host by itself."""

import base64
import json
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import NewPage
from tests.browser.people import look_until, sign_in, wait_for
from tests.browser.sight import is_accessible, keep
from tests.browser.stack import Stack, running_host, running_stack
from tests.e2e.processes import free_port

_TASKS = "whsec_" + base64.b64encode(b"0123456789abcdef01234567").decode()
_TASK = """
pathway: with-a-task
title: With a task
quiet_hours: none
steps:
  - {id: room, type: host_task, title: A room, content: {task: book_room, answers: {booked: bool}}}
  - {id: read, type: message, title: There is a room, rationale: So., instructions: Read., content: {body: Room 4.}}
"""


@dataclass
class House:
    """A stack whose mails and tasks lead to a host."""

    stack: Stack
    host: str


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[House]:
    """They know of each other, so the host's port is settled first."""
    folder, port = tmp_path_factory.mktemp("house"), free_port()
    address = f"http://127.0.0.1:{port}"
    known = {
        "client_link": f"{address}/step/{{token}}",
        "host_url": f"{address}/stepwell-tasks",
        "host_secret": _TASKS,
        "outbound_allow": f"127.0.0.1:{port}",
    }
    with running_stack(folder, **known) as stack:
        secret = stack.ask("POST", "/webhook-endpoints", {"url": f"{address}/stepwell-events"})["secret"]
        with running_host(stack, folder, port=port, events_secret=secret, tasks_secret=_TASKS):
            yield House(stack, address)


def test_a_link_in_a_mail_shows_and_only_sending_changes(house: House, new_page: NewPage) -> None:
    """No signing in, no cookie, no address handed on; used up, it says so kindly."""
    house.stack.ask("POST", "/clients", {"id": "lou", "display_name": "Lou", "email": "lou@example.org"})
    house.stack.ask("POST", "/journeys", {"client": "lou", "pathway": "tutorial"})
    link = _link_in_mail(house.stack, "lou@example.org")
    looked = httpx.get(link)
    assert looked.headers["referrer-policy"] == "no-referrer"
    assert "set-cookie" not in looked.headers
    assert [one["state"] for one in house.stack.ask("GET", "/clients/lou/to-do")["items"]] == ["open"]
    page = new_page(width=390, height=844)
    page.goto(link)
    is_accessible(page)
    keep(page, "link")
    page.get_by_role("button", name="I have read it").click()
    expect(page.get_by_role("alert")).to_contain_text("Please confirm the sentence first.")
    page.get_by_label("I know what is coming.").check()
    page.get_by_role("button", name="I have read it").click()
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    is_accessible(page)
    assert "welcome.1" not in [one["occurrence"] for one in house.stack.ask("GET", "/clients/lou/to-do")["items"]]
    page.goto(f"{house.host}/step/stwl_of-nobody")
    expect(page.get_by_role("heading", name="This link does not work any more")).to_be_visible()
    is_accessible(page)


def test_the_practitioner_sees_that_something_is_new(house: House, new_page: NewPage) -> None:
    """By webhook: counted while nobody looks, gone when somebody does."""
    house.stack.ask("POST", "/clients", {"id": "neo", "display_name": "Neo", "practitioner": "dr-grey"})
    house.stack.ask("POST", "/journeys", {"client": "neo", "pathway": "tutorial"})
    page = new_page()
    sign_in(page, house.host, "practitioner:dr-grey")
    row = page.get_by_role("row", name=re.compile("Neo"))
    look_until(page, row, "since you last looked")
    page.get_by_role("link", name="Neo", exact=True).click()
    page.get_by_role("link", name="First steps with Stepwell").click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()


def test_a_task_is_done_by_the_host_and_the_journey_goes_on(house: House, new_page: NewPage) -> None:
    """Asked for by a signed request; the next step comes because it was answered."""
    written = house.stack.folder / "with-a-task.yaml"
    written.write_text(_TASK)
    house.stack.type("pathway", "publish", str(written))
    house.stack.ask("POST", "/clients", {"id": "tia", "display_name": "Tia"})
    house.stack.ask("POST", "/journeys", {"client": "tia", "pathway": "with-a-task"})
    page = new_page()
    sign_in(page, house.host, "client:tia")
    wait_for(page, "There is a room")


@pytest.mark.parametrize("address", ["/stepwell-events", "/stepwell-tasks"])
def test_what_is_not_signed_is_not_read(house: House, address: str) -> None:
    """Nor what is signed by somebody else."""
    body = {"subject": "jou_x", "data": {"journey": "jou_x", "occurrence": "a.1"}}
    assert httpx.post(f"{house.host}{address}", json=body).status_code == 401
    forged = {"webhook-id": "msg_1", "webhook-timestamp": "1700000000", "webhook-signature": "v1,AAAA"}
    assert httpx.post(f"{house.host}{address}", json=body, headers=forged).status_code == 401


def _link_in_mail(stack: Stack, to: str) -> str:
    """The address in the first mail to somebody."""
    give_up_at = time.monotonic() + 30
    while time.monotonic() < give_up_at:
        mails = json.loads(stack.type("mail", "list", "--json"))
        for mail in mails:
            found = re.search(r"http://127\.0\.0\.1:\d+/step/\S+", mail["text"]) if mail["to"] == to else None
            if found:
                return found[0]
        time.sleep(0.5)
    raise AssertionError(f"no mail to {to}")
