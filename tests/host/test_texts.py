"""The host's own words: the same texts in every language, and no page that asks for one there is not."""

import re
from string import Formatter

import pytest
from host_app.settings import NotSet, settings_from
from host_app.texts import LANGUAGES, Texts, language_for

from tests.browser.stack import HOST

_ASKED = re.compile(r"""\b(?:t|texts)\(\s*["']([a-z_0-9]+)["']""")
_FILLED = {
    name: sorted({one for _, one, _, _ in Formatter().parse(words) if one is not None})
    for name, words in LANGUAGES["en"].items()
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_every_text_with_the_same_places(language: str) -> None:
    """In the same order, so that they can be read side by side."""
    table = LANGUAGES[language]
    assert list(table) == list(LANGUAGES["en"])
    assert {
        name: sorted({one for _, one, _, _ in Formatter().parse(words) if one is not None}) for name, words in table.items()
    } == _FILLED
    assert all(words.strip() == words and words for words in table.values())


def test_every_text_that_is_asked_for_is_there_and_none_is_left_over() -> None:
    """In the templates and in the code; names that are put together are known by their beginning."""
    sources = [*(HOST / "host_app").rglob("*.html"), *(HOST / "host_app").rglob("*.py")]
    code = "\n".join(one.read_text() for one in sources if one.name not in ("en.py", "de.py"))
    asked = {name for name in _ASKED.findall(code) if not name.endswith("_")}
    assert asked - set(LANGUAGES["en"]) == set()
    quoted = set(re.findall(r"""["']([a-z_0-9]+)["']""", code))
    put_together = (
        "state_",
        "status_",
        "by_",
        "obstacle_",
        "send_",
        "weekday_",
        "month_",
        "minutes_",
        "hours_",
        "days_",
        "weeks_",
    )
    put_together += ("months_", "rate_", "do_", "medium_", "rating_", "reminded_", "not_found_", "refused_", "away_", "broken_")
    assert [name for name in LANGUAGES["en"] if name not in quoted and not name.startswith(put_together)] == []


def test_the_language_is_the_readers_own_where_there_are_texts_in_it() -> None:
    """Their choice before their profile, that before their browser; English where there is none of these."""
    assert language_for("", "de-AT", header="fr") == "de"
    assert language_for("en", "de") == "en"
    assert language_for("", "fr", header="fr;q=0.9, de;q=0.8, en;q=0.1") == "de"
    assert language_for("", "", header="\x00;q=x") == "en"
    assert Texts("de").count("minutes", 1) == "1 Minute"


def test_a_host_that_does_not_know_where_stepwell_is_says_what_to_set() -> None:
    """Both settings at once."""
    with pytest.raises(NotSet, match="STEPWELL_URL and STEPWELL_KEY"):
        settings_from({})
