"""The page about a client's mails: what waits and why; held and let go by a named operator with a reason."""

from datetime import UTC, datetime, timedelta

from stepwell.models import ClientChanges
from tests.console.desk import Console


async def test_an_operator_holds_and_lets_go_and_sees_what_waits(console: Console) -> None:
    """On the client's page and on each of their journeys'; without a reason nothing is done."""
    journey = await console.troubled("ada")
    someone = await console.operator()
    await console.stepwell.change_client("ada", ClientChanges(contacts_a_day=2))
    address = "/clients/ada/contacts"
    page = (await someone.get(address)).text
    assert "of 2" in page
    assert "Hold all mails" in page
    nothing = await someone.post("/clients/ada/hold", {"reason": "  "})
    assert nothing.status_code == 409
    assert "say why; the reason is kept" in nothing.text
    assert (await console.stepwell.client("ada")).held_since is None
    done = await someone.post("/clients/ada/hold", {"reason": "in <hospital>"})
    assert done.status_code == 303
    page = (await someone.get(address)).text
    assert "in &lt;hospital&gt;" in page
    assert "Let them go again" in page
    of_journey = (await someone.get(f"/journeys/{journey}")).text
    assert "All mails to this client are held by" in of_journey
    await console.stepwell.remind_now(journey, "note.1")
    await console.home.recorded(journey, "reminder_due")
    await console.home.idle(journey)
    page = (await someone.get(address)).text
    assert "somebody holds the client&#39;s mails" in page
    assert "nobody knows yet" in page
    lifted = await someone.post("/clients/ada/lift-hold", {"reason": "at home"})
    assert lifted.status_code == 303
    assert "All mails to this client" not in (await someone.get(f"/journeys/{journey}")).text
    assert (await someone.post("/clients/ada/lift-hold", {"reason": "again"})).status_code == 409
    assert (await someone.get("/clients/nobody/contacts")).status_code == 404


async def test_R4_a_journey_says_which_mails_about_what_is_planned_would_wait(console: Console) -> None:
    """For certain where that is known, as a snooze is; `may` where somebody may have lifted it by then."""
    journey, someone = await console.troubled("ada"), await console.operator()
    await console.home.idle(journey)
    planned = f"/journeys/{journey}?ahead=true"
    assert 'class="mail"' not in (await someone.get(planned)).text
    await console.stepwell.change_client("ada", ClientChanges(snoozed_until=datetime.now(UTC) + timedelta(days=30)))
    page = (await someone.get(planned)).text
    assert "mail waits until" in page
    assert "the client wants no mail before then" in page
    await console.stepwell.change_client("ada", ClientChanges(snoozed_until=None))
    await console.stepwell.hold_contacts("ada", reason="in hospital", by="dr-grey")
    page = (await someone.get(planned)).text
    assert "maybe no mail: somebody holds the client&#39;s mails" in page
