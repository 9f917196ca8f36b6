"""A contract is signed as it stands, printed as it was signed, and followed up on the day it names."""

from datetime import date

import pytest

from engine.fingerprint import fingerprint
from engine.steps.contract import ContractContent, ContractResponse, ContractStep
from engine.steptype import Answered
from engine.words import Reader
from stepwell.rendering import html

CONTRACT = ContractStep()
ANNA = Reader(language="en", facts={"name": "Anna *Berg*"})
SIGNED = ContractResponse(
    wording="I, Anna, will walk.\n\nEvery day,\nalso when it rains.",
    name="Anna Berg",
    goal="<script>alert(1)</script>",
    until="2026-12-01",
    reasons=("[sleep](https://x.example)", "1. *health*"),
    signature="anna berg",
)


def content(text: str = "I, {{name}}, will.", **more: str) -> ContractContent:
    return ContractContent.model_validate({"text": text, **more})


def test_it_is_never_revised() -> None:
    """What is signed is signed."""
    assert not CONTRACT.revisable


def test_the_form_opens_with_the_words_and_the_name() -> None:
    """Plain words, for the client to change; the same to be read above them."""
    shown = CONTRACT.present(content("# I, {{name}}, will\n\n* walk\n* rest"), ANNA)
    assert shown.prefill == {"wording": "# I, Anna *Berg*, will\n\n* walk\n* rest"}
    page = html(shown.body)
    assert "<h1" not in page
    assert "# I, Anna *Berg*, will" in page
    assert "* walk<br>\n* rest" in page


def test_D22_the_day_it_names_is_a_client_date_where_one_is_named() -> None:
    """A later step counts from it."""
    assert CONTRACT.dates(content(follow_up="contract_due")) == {"contract_due": "until"}
    assert CONTRACT.outcomes(content())["until"] == "string"
    assert CONTRACT.dates(content()) == {}


def test_D22_it_is_printed_as_it_was_signed() -> None:
    """Every word of it, none of them as anything but a word, with its fingerprint."""
    report = CONTRACT.report(content(signature_label="I promise"), [Answered(SIGNED, date(2026, 3, 2))], ANNA)
    page = html(report)
    for words in (
        "Every day,<br>\nalso when it rains.",
        "<strong>Goal</strong>: &lt;script&gt;alert(1)&lt;/script&gt;",
        "<strong>By</strong>: 2026-12-01",
        "<strong>Reasons</strong>: [sleep](https://x.example)",
        "<strong>Reasons</strong>: 1. *health*",
        "<strong>I promise</strong>: anna berg",
        fingerprint(SIGNED.model_dump(mode="json")),
    ):
        assert words in page
    assert "<a" not in page
    assert CONTRACT.report(content(), [], ANNA) == ""


@pytest.mark.parametrize("field", list(ContractResponse.model_fields))
def test_the_fingerprint_covers_everything_signed(field: str) -> None:
    """One letter anywhere is another fingerprint."""
    before = SIGNED.model_dump(mode="json")
    after = {**before, field: [*before[field], "x"] if field == "reasons" else before[field] + "x"}
    assert fingerprint(before) != fingerprint(after)


def test_the_fingerprint_is_that_of_the_meaning() -> None:
    """The order of fields, tuples for lists and `1.0` for `1` make no difference; types and texts do."""
    one = {"a": (1, 2.0, {"x": None}), "b": "ä\ud83d"}
    other = {"b": "ä\ud83d", "a": [1.0, 2, {"x": None}]}
    assert fingerprint(one) == fingerprint(other)
    assert len({fingerprint({"a": value}) for value in (1, "1", True, None, [1], 1.5, {"1": 1}, "")}) == 8
    assert fingerprint({}) == "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
    with pytest.raises(ValueError, match="JSON compliant"):
        fingerprint({"a": float("nan")})


@pytest.mark.parametrize(
    ("name", "signature", "is_right"),
    [
        ("Anna Berg", "annaberg", True),
        ("José", "JOSE\u0301", True),
        ("Anna Berg", "Anna  Berg ", True),
        ("Anna Berg", "Anna Bergg", False),
        ("Anna Berg", "Αnna Berg", False),
    ],
)
def test_a_signature_is_the_name_in_any_spelling(name: str, signature: str, is_right: bool) -> None:
    """Large letters, spaces and composed letters make no difference; another alphabet does."""
    response = SIGNED.model_copy(update={"name": name, "signature": signature})
    try:
        CONTRACT.judge(content(), response)
    except ValueError:
        assert not is_right
    else:
        assert is_right


def test_words_longer_than_can_be_signed_are_found_out() -> None:
    """In any language."""
    assert CONTRACT.check(content("x" * 20_000)) == ()
    long = ContractContent.model_validate({"text": {"en": "x", "de": "x" * 20_001}})
    assert [problem.message for problem in CONTRACT.check(long)] == ["is longer than 20000 characters"]
