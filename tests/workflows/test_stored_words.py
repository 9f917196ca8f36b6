"""A journey is lived through the front door with marked words everywhere: the store's files hold none, whoever may read has all."""

from datetime import timedelta

from tests.pathways import EXAMPLES
from tests.workflows.house import House
from tests.workflows.test_journeys import enter

TUTORIAL = (EXAMPLES / "tutorial.yaml").read_text()
WORD = "CANARY"


async def _live(home: House) -> str:
    door = home.stepwell
    await door.keep_practitioner("dr", display_name=f"{WORD}-DR", email="canary-dr@example.org")
    journey = await enter(home, TUTORIAL)
    await door.add_client(id="c2", display_name=f"{WORD}-NAME", email="canary@example.org", practitioner="dr")
    await home.recorded(journey, "step_delivered")
    await door.ask(journey, "welcome.1", f"{WORD}-QUESTION")
    await door.answer(journey, "welcome.1", f"{WORD}-ANSWER", by="dr")
    await door.tailor(journey, "welcome", {"message": f"{WORD}-MESSAGE"}, reason=f"{WORD}-TAILORED")
    await door.respond(journey, "welcome.1", {"understood": True})
    await home.pass_time(journey, timedelta(seconds=61))
    await home.recorded(journey, "step_delivered", 2)
    await door.save_response(journey, "mood.1", {"answers": {"why": f"{WORD}-DRAFT"}})
    await door.rate(journey, "welcome.1", "helpfulness", 3)
    await door.pause(journey, reason=f"{WORD}-PAUSED")
    await door.resume(journey)
    await door.hold_contacts("c1", reason=f"{WORD}-HELD", by="olga")
    await door.respond(journey, "mood.1", {"answers": {"mood": 2, "why": f"{WORD}-WHY"}}, submission_id="s")
    await door.stop(journey, reason=f"{WORD}-STOPPED")
    await home.recorded(journey, "journey_stopped")
    return journey


async def _in_files(home: House) -> set[str]:
    held = await home.held()
    assert b"journey_stopped" in held, "it is the store that was looked at"
    return {word for word in (WORD, "canary", "ada@example") if word.encode() in held}


async def test_SC08_no_word_of_anybodys_is_in_the_stores_files(home: House) -> None:
    """Answers, drafts, questions, names, addresses, reasons: the file and its log hold none, the front door shows each."""
    journey = await _live(home)
    assert await _in_files(home) == set()
    door = home.stepwell
    shown = [
        await door.responses(journey, "mood.1"),
        await door.thread(journey),
        await door.tailorings(journey),
        await door.history(journey),
        await door.client("c2"),
        await door.practitioners(),
        await door.audit(),
    ]
    told = repr(shown)
    for mark in ("DR", "NAME", "QUESTION", "ANSWER", "MESSAGE", "TAILORED", "PAUSED", "HELD", "WHY", "STOPPED"):
        assert f"{WORD}-{mark}" in told, mark
