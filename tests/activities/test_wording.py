"""The words of a mail: every sentence in every language, and never more time than there is (rule R3)."""

import re
import string
from datetime import timedelta
from html import unescape
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activities import wording
from activities.wording import LANGUAGES, Item, Reader, mail_for
from engine.effects import Purpose

PURPOSES: tuple[Purpose, ...] = get_args(Purpose)
TO_CLIENTS: tuple[Purpose, ...] = ("delivered", "reminder")
LINK = "https://app.example.org/jou_1/walk.1"


def _item(**more: object) -> Item:
    fields = {"title": "Go for a walk", "remaining": timedelta(days=3), "link": LINK}
    return Item(**(fields | more))  # type: ignore[arg-type]  # the test's own fields


def _blanks(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_every_sentence(language: str) -> None:
    """With the same blanks, none of them empty, and none left in English."""
    english, words = wording._CLIENT["en"], wording._CLIENT[language]
    assert words.keys() == english.keys()
    for name, sentence in words.items():
        assert _blanks(sentence) == _blanks(english[name])
        assert sentence.strip()
        assert language == "en" or sentence != english[name]


def test_every_purpose_has_words_for_staff() -> None:
    """A new purpose without them would fail at the worst moment."""
    assert wording._STAFF.keys() == set(PURPOSES)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("purpose", TO_CLIENTS)
def test_R3_a_mail_says_the_same_in_both_of_its_parts(purpose: Purpose, language: str) -> None:
    """Greeting, steps, time left, link and end; both in the reader's language."""
    words = wording._CLIENT[language]
    mail = mail_for(purpose, True, Reader("Ann", language), [_item(), _item()], reference="jou_1")
    assert (mail.subject, mail.language) == (words[purpose], language)
    assert f'<html lang="{language}">' in mail.html
    plain = _plain(mail.html)
    for line in filter(None, mail.text.splitlines()):
        assert line in plain
    for expected in (words["hello"].format(name="Ann"), words["many"].format(count=2), words["end"], LINK, "Go for a walk"):
        assert expected in mail.text
    assert mail.html.count(f'<a href="{LINK}">') == 2


def _plain(html: str) -> str:
    return unescape(re.sub(r"<[^>]*>", "", html))


@pytest.mark.parametrize("purpose", PURPOSES)
def test_staff_are_told_what_happened_and_where_to_look(purpose: Purpose) -> None:
    """The journey's id, a title only where one is handed in, and no link of the client's."""
    mail = mail_for(
        purpose, False, Reader("Dr. Eva", "de"), [_item(link=None), _item(title=None, link=None)], reference="jou_1"
    )
    subject, sentence = wording._STAFF[purpose]
    assert (mail.subject, mail.language) == (subject, "en")
    place = "Alert: jou_1" if purpose == "risk" else "Journey: jou_1"
    assert mail.text.splitlines() == ["Hello Dr. Eva,", "", sentence, place, "Step: Go for a walk"]
    assert "<a " not in mail.html


@pytest.mark.parametrize(
    ("asked", "given"),
    [("de-AT", "de"), ("de_CH", "de"), ("FR", "fr"), ("pt-BR", "en"), ("", "en"), ("nl-BE", "nl"), ("x", "en")],
)
def test_R3_a_language_is_its_base_or_english(asked: str, given: str) -> None:
    """Whatever the host wrote there."""
    mail = mail_for("delivered", True, Reader("Ann", asked), [_item()], reference="jou_1")
    assert (mail.language, mail.subject) == (given, wording._CLIENT[given]["delivered"])


def test_without_a_name_nobody_is_greeted_by_a_blank() -> None:
    """Nor with a name of blanks only."""
    for name in ("", "  \n\t "):
        mail = mail_for("delivered", True, Reader(name, "en"), [_item()], reference="jou_1")
        assert mail.text.startswith("Hello,\n")
        assert mail_for("escalation", False, Reader(name, "en"), [], reference="j").text.startswith("Hello,\n")


@pytest.mark.parametrize(
    ("remaining", "words"),
    [
        (timedelta(days=3), "3 days"),
        (timedelta(days=3) - timedelta(microseconds=1), "2 days"),
        (timedelta(days=2), "2 days"),
        (timedelta(days=2) - timedelta(seconds=1), "47 hours"),
        (timedelta(hours=2), "2 hours"),
        (timedelta(hours=2) - timedelta(seconds=1), "119 minutes"),
        (timedelta(minutes=2, seconds=59), "2 minutes"),
        (timedelta(minutes=1), "1 minute"),
        (timedelta(seconds=59), "< 1 minute"),
        (timedelta(microseconds=1), "< 1 minute"),
    ],
)
def test_R3_the_time_that_is_left_is_rounded_down(remaining: timedelta, words: str) -> None:
    """Whole days, hours or minutes."""
    mail = mail_for("reminder", True, Reader("Ann", "en"), [_item(remaining=remaining)], reference="jou_1")
    assert f"Time left: {words}\n" in mail.text


@pytest.mark.parametrize("remaining", [None, timedelta(0), timedelta(seconds=-1), timedelta(days=-4)])
def test_R3_no_time_is_promised_where_there_is_none(remaining: timedelta | None) -> None:
    """Neither where nothing closes the step nor where that is over."""
    mail = mail_for("reminder", True, Reader("Ann", "en"), [_item(remaining=remaining)], reference="jou_1")
    assert "Time left" not in mail.text


@given(st.timedeltas(min_value=timedelta(minutes=1), max_value=timedelta(days=800)), st.sampled_from(LANGUAGES))
def test_R3_nobody_is_told_of_more_time_than_there_is(remaining: timedelta, language: str) -> None:
    """In any language; and of more than half of it."""
    mail = mail_for("reminder", True, Reader("", language), [_item(remaining=remaining)], reference="jou_1")
    label = wording._CLIENT[language]["remaining"].partition("{")[0]
    (line,) = (line for line in mail.text.splitlines() if line.startswith(label))
    number = int(re.sub(r"\D", "", line.removeprefix(label)))
    unit = (
        timedelta(days=1) if remaining >= timedelta(days=2) else timedelta(hours=1) if remaining >= timedelta(hours=2) else None
    )
    told = number * (unit or timedelta(minutes=1))
    assert remaining / 2 < told <= remaining


@given(st.text(max_size=80), st.text(max_size=80))
def test_whatever_a_name_or_title_holds_it_stays_words(name: str, title: str) -> None:
    """One line each; no tag, no entity and no link that is not ours."""
    mail = mail_for("delivered", True, Reader(name, "en"), [_item(title=title)], reference="jou_1")
    tags = set(re.findall(r"</?\w+", mail.html))
    assert tags <= {"<html", "</html", "<meta", "<title", "</title", "<p", "</p", "<a", "</a"}
    assert re.findall(r'href="([^"]*)"', mail.html) == [LINK]
    assert len(mail.text.splitlines()) <= 9
    assert " ".join(name.split()) in mail.text


def test_a_link_in_a_name_is_not_made_one() -> None:
    """Mail programs may do what they like with it; we do not vouch for it."""
    mail = mail_for("delivered", True, Reader('<b>A</b> & "https://evil.example"', "en"), [_item(link=None)], reference="j")
    assert "&lt;b&gt;A&lt;/b&gt; &amp; &quot;https://evil.example&quot;" in mail.html
    assert "<a " not in mail.html


def test_braces_in_a_name_are_a_name() -> None:
    """Nothing is filled in twice."""
    mail = mail_for("delivered", True, Reader("{link} {0.__class__}", "en"), [_item()], reference="jou_1")
    assert mail.text.startswith("Hello {link} {0.__class__},\n")
