"""The first row of the edit table, live: content is new until the client opens it, then as opened, and as answered (rule E)."""

from datetime import timedelta
from typing import Any

import pytest

from engine.messages import By, OpenStep
from stepwell import InvalidResponse, Refused
from stepwell.caughtmail import read_mails
from store import journeys
from tests.pathways import document, step
from tests.workflows.house import House
from tests.workflows.test_journeys import enter

_HEAD = "name_titles_in_mail: true"


def _mood(words: str, highest: int, more: str = "") -> str:
    return f"""
- id: mood
  type: questionnaire
  title: {words}
  rationale: why {words}
  {more}
  content:
    items:
      - {{id: mood, type: scale, text: {words}, min: 0, max: {highest}}}
"""


def _diary(words: str, field: str) -> str:
    return f"""
- id: diary
  type: diary
  title: {words}
  rationale: why
  repeat: {{every: 1 day, count: 4}}
  content:
    prompt: {words}
    fields: [{{id: {field}, type: yes_no, text: {words}}}]
    goal: {{times: 1, per: day, counts: {field}}}
"""


_REVIEW = """
- id: look
  type: review
  title: Look at it
  rationale: why
  content: {prompt: Look, of: [mood]}
"""


async def _publish(home: House, steps: str, title: str = "Trial") -> int:
    return (await home.stepwell.publish(_document(steps, title))).number


def _document(steps: str, title: str = "Trial") -> str:
    return document(steps, _HEAD).replace("title: Trial", f"title: {title}")


async def _titles(home: House, client: str = "c1") -> list[str]:
    return [item.title for item in await home.stepwell.to_do(client)]


async def test_E_not_reached_and_open_are_new_started_and_done_are_as_they_were(home: House) -> None:
    """All four columns of the row, on one journey, in everything that shows a step."""
    first = step("done") + step("started") + step("opened", "required: false") + step("ahead", "deliver: {offset: 3 days}")
    names = ("done", "started", "opened", "ahead")
    new = first
    for name in names:
        new = new.replace(f"title: {name}\n", f"title: New {name}\n")
    journey = await enter(home, _document(first))
    await home.recorded(journey, "step_delivered")
    await home.stepwell.respond(journey, "done.1")
    await home.recorded(journey, "step_delivered", 2)
    await home.stepwell.open(journey, "started.1")
    second = await _publish(home, new, "New trial")
    assert second == 2
    await home.stepwell.respond(journey, "started.1")
    await home.recorded(journey, "step_delivered", 3)
    (item,) = await home.stepwell.to_do("c1")
    assert (item.title, item.pathway_title, item.content_version) == ("New opened", "New trial", 2)
    detail = await home.stepwell.journey(journey)
    assert [(one.title, one.content_version) for one in detail.occurrences] == [("done", 1), ("started", 1), ("New opened", 2)]
    (path,) = await home.stepwell.path("c1")
    assert [one.title for one in path.steps] == ["done", "started", "New opened"]
    taken = await home.stepwell.export("c1")
    assert [one["title"] for one in taken["journeys"][0]["steps"]] == ["done", "started", "New opened"]
    assert taken["journeys"][0]["pathway"] == "New trial"
    assert [one.title for one in await home.stepwell.coming(journey)] == ["New ahead"]
    (log,) = await home.stepwell.session_log(journey)
    assert [one.title for one in log.entries] == ["done", "started", "New opened"]
    assert detail.version == 1, "nothing was migrated"
    assert await home.stepwell.verify() == []


async def test_E_what_was_opened_before_the_publish_is_judged_by_what_was_opened(home: House) -> None:
    """Between open and answer another scale is published: the answer is one to the page that was open."""
    journey = await enter(home, _document(_mood("Old", 10) + _REVIEW))
    await home.recorded(journey, "step_delivered")
    await home.stepwell.open(journey, "mood.1")
    await _publish(home, _mood("New", 4) + _REVIEW)
    assert await _titles(home) == ["Old"]
    await home.stepwell.respond(journey, "mood.1", {"answers": {"mood": 9}})
    history = await home.recorded(journey, "step_completed")
    assert [getattr(one, "content_version", None) for one in history if one.kind in ("step_started", "step_completed")] == [
        1,
        1,
    ]
    reviewed = await home.stepwell.step(journey, "mood.1")
    assert (reviewed.title, reviewed.content["items"][0]["max"], reviewed.content_version) == ("Old", 10, 1)
    assert await home.stepwell.verify() == []


async def test_E_two_clients_of_whom_one_has_opened_it(home: House) -> None:
    """Each sees their own; the answer that fits the new words alone is refused by the old ones."""
    first = await enter(home, _document(_mood("Old", 4)))
    await home.stepwell.add_client(id="c2", display_name="Bo", email="bo@example.org")
    second = (await home.stepwell.start("c2", "trial")).id
    for journey in (first, second):
        await home.recorded(journey, "step_delivered")
    await home.stepwell.save_response(first, "mood.1", {"answers": {}})
    await _publish(home, _mood("New", 10))
    assert (await _titles(home), await _titles(home, "c2")) == (["Old"], ["New"])
    with pytest.raises(InvalidResponse):
        await home.stepwell.respond(first, "mood.1", {"answers": {"mood": 9}})
    await home.stepwell.respond(second, "mood.1", {"answers": {"mood": 9}})
    await _publish(home, _mood("Newer still", 3))
    assert (await home.stepwell.step(second, "mood.1")).title == "New"
    assert (await home.stepwell.step(first, "mood.1")).title == "Old"


async def test_E_a_page_that_was_shown_but_not_opened_says_what_it_showed(home: House) -> None:
    """`content_version` of the to-do list goes with the answer; what cannot have been shown is refused."""
    journey = await enter(home, _document(_mood("Old", 10)))
    await home.recorded(journey, "step_delivered")
    (shown,) = await home.stepwell.to_do("c1")
    await _publish(home, _mood("New", 4))
    await _publish(home, _mood("Other", 4, "visibility: client_only").replace("min: 0", "min: 1"))
    with pytest.raises(Refused, match="cannot have been shown with version 9"):
        await home.stepwell.respond(journey, "mood.1", {"answers": {"mood": 9}}, content_version=9)
    with pytest.raises(InvalidResponse):
        await home.stepwell.respond(journey, "mood.1", {"answers": {"mood": 9}})
    answer = {"answers": {"mood": 9}}
    await home.stepwell.respond(journey, "mood.1", answer, content_version=shown.content_version)
    assert (await home.stepwell.step(journey, "mood.1")).title == "Old"
    (given,) = await home.stepwell.responses(journey, "mood.1")
    assert given.payload["answers"] == {"mood": 9}


async def test_E_a_version_that_fits_no_more_leaves_the_newest_that_does(home: House) -> None:
    """Version 2 fits, version 3 asks for other facts: what is open is shown with version 2, and the rest with version 3."""
    scored = "scores: {low: {items: [mood]}}\n"
    other = "scores: {sad: {items: [mood]}}\n"

    def asked(words: str, scores: str) -> str:
        return (
            _mood(words, 10).rstrip("\n")
            + f"\n    {scores}"
            + step("end", "deliver: {offset: 1 day}").replace("title: end", f"title: end {words}")
        )

    journey = await enter(home, _document(asked("One", scored)))
    await home.recorded(journey, "step_delivered")
    await _publish(home, asked("Two", scored))
    await _publish(home, asked("Three", other))
    (item,) = await home.stepwell.to_do("c1")
    assert (item.title, item.content_version) == ("Two", 2)
    await home.stepwell.respond(journey, "mood.1", {"answers": {"mood": 9}})
    assert (await home.stepwell.state(journey)).outcomes == {"mood": {"low": 9}}
    assert [one.title for one in await home.stepwell.coming(journey)] == ["end Three"]
    assert [one.version for one in await home.stepwell.journeys()] == [1]


async def test_E_each_occurrence_of_a_repeated_step_has_its_own_words(home: House) -> None:
    """diary.1 answered and diary.2 opened with the old words, diary.3 comes with the new ones; what is drawn fits the last."""
    journey = await enter(home, _document(_diary("Old", "walk")))
    await home.recorded(journey, "step_delivered")
    await home.stepwell.respond(journey, "diary.1", {"entries": [{"answers": {"walk": True}}]})
    await home.pass_time(journey, timedelta(days=1, minutes=1))
    await home.recorded(journey, "step_delivered", 2)
    await home.stepwell.open(journey, "diary.2")
    await _publish(home, _diary("New", "swim"))
    await home.pass_time(journey, timedelta(days=1))
    await home.recorded(journey, "step_delivered", 3)
    assert await _titles(home) == ["New"], "diary.2 has run out, and takes a late answer"
    await home.stepwell.respond(journey, "diary.2", {"entries": [{"answers": {"walk": True}}]})
    assert (await home.stepwell.report(journey, "diary")).count("| 1 |") == 2
    await home.stepwell.respond(journey, "diary.3", {"entries": [{"answers": {"swim": True}}]})
    titles = {one.id: one.title for one in (await home.stepwell.journey(journey)).occurrences}
    assert titles == {"diary.1": "Old", "diary.2": "Old", "diary.3": "New"}
    assert (await home.stepwell.report(journey, "diary")).count("| 1 |") == 1, "the rest answers other words"
    assert await home.stepwell.verify() == []


async def test_E_a_step_that_is_opened_again_keeps_its_words(home: House) -> None:
    """Whoever answered it once answers the same again."""
    journey = await enter(home, _document(_mood("Old", 10) + _REVIEW))
    await home.recorded(journey, "step_delivered")
    await home.stepwell.respond(journey, "mood.1", {"answers": {"mood": 9}})
    await home.recorded(journey, "step_delivered", 2)
    await _publish(home, _mood("New", 4) + _REVIEW.replace("prompt: Look", "prompt: Look well"))
    await home.stepwell.respond(journey, "look.1", {"comment": "Once more", "ask_more": ["mood"]})
    await home.recorded(journey, "more_asked")
    assert await _titles(home) == ["Old"]
    await home.stepwell.respond(journey, "mood.1", {"answers": {"mood": 8}})
    (review,) = await home.stepwell.to_review("c1")
    assert (review.occurrence, review.content_version) == ("look.1", 2)
    await _publish(home, _mood("Newer", 4) + _REVIEW.replace("prompt: Look", "prompt: Look again"))
    (review,) = await home.stepwell.to_review("c1")
    assert review.content_version == 2, "a review that asked for more was answered with these words"
    assert await home.stepwell.verify() == []


async def test_E_what_closed_unopened_stays_as_it_was_when_it_closed(home: House) -> None:
    """Nobody opened it: it shows what it showed at its end, whatever is published afterwards."""
    journey = await enter(home, _document(step("a", "required: false") + step("b", "required: false")))
    await home.recorded(journey, "step_delivered", 2)
    await _publish(home, step("a", "required: false").replace("title: a", "title: Second") + step("b", "required: false"))
    await home.stepwell.skip(journey, "a.1")
    await _publish(home, step("a", "required: false").replace("title: a", "title: Third") + step("b", "required: false"))
    async with home.database.begin() as session:  # the journey's clock is not the wall's: put its end between the two
        found = await journeys.occurrence(session, journey, "a.1")
        assert found is not None
        assert found.content_version is None
        versions = await home.stepwell.versions("trial")
        found.settled_at = max(one.published_at for one in versions if one.number == 2)
        session.add(found)
    assert [one.title for one in (await home.stepwell.path("c1"))[0].steps] == ["Second", "b"]


async def test_E_what_was_opened_before_that_was_kept_counts_for_its_version(home: House) -> None:
    """An older host's open, or an older event, says nothing: then it is the version the journey is on."""
    journey = await enter(home, _document(_mood("Old", 10)))
    await home.recorded(journey, "step_delivered")
    await home.stepwell._tell(journey, OpenStep, None, by=By(role="client"), occurrence="mood.1")
    await _publish(home, _mood("New", 4))
    assert await _titles(home) == ["Old"]
    await home.stepwell.respond(journey, "mood.1", {"answers": {"mood": 9}})
    (one,) = (await home.stepwell.journey(journey)).occurrences
    assert (one.title, one.content_version) == ("Old", 1)


async def test_N1_content_edits_never_send_anything_and_words_are_those_of_the_moment(home: House) -> None:
    """The mail that went out stays the only one; the reminder after it carries the title of today (rules N1, R3)."""
    reminded = step("a", "reminders: {after: [1 day]}")
    journey = await enter(home, _document(reminded))

    async def mails() -> list[Any]:
        return list(read_mails(home.mail.folder))

    await home.recorded(journey, "step_delivered")
    await home.until(mails, "the first mail")
    history = await home.idle(journey)
    for number in range(2, 5):
        assert await _publish(home, reminded.replace("title: a", f"title: Words {number}")) == number
    assert await _titles(home) == ["Words 4"]
    assert await home.idle(journey) == history, "the journey has heard of nothing"
    assert len(await mails()) == 1
    await home.pass_time(journey, timedelta(days=1, minutes=1))
    await home.recorded(journey, "reminder_due")

    async def two() -> list[Any] | None:
        found = await mails()
        return found if len(found) >= 2 else None

    found = await home.until(two, "the reminder")
    texts = [one.text for one in found]
    assert sum("Words 4" in text for text in texts) == 1
    assert sum("Words" in text for text in texts) == 1


async def test_E_a_host_is_asked_with_the_words_of_the_moment(home: House) -> None:
    """What is not reached when it is published is asked for as it stands when it is reached."""
    kit = """
- id: kit
  type: host_task
  title: Kit
  content: {task: order_kit, data: {size: SIZE}}
"""
    steps = step("a") + kit
    journey = await enter(home, _document(steps.replace("SIZE", "small")))
    await home.recorded(journey, "step_delivered")
    await _publish(home, steps.replace("SIZE", "large"))
    await home.stepwell.respond(journey, "a.1")

    async def asked() -> list[dict[str, Any]]:
        return home.host.asked

    (request,) = await home.until(asked, "the request")
    assert request["data"]["data"] == {"size": "large"}
