"""Whatever is handed in, an author gets findings and nothing is half published."""

import json
import random

import pytest

from engine.publishing import check_pathway
from tests.pathways import document, example, step

LAUGHS = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "\n".join(
    f"{name}: &{name} [{','.join([f'*{before}'] * 9)}]" for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("code", "source"),
    [
        ("alias", LAUGHS),
        ("tag", "!!python/object/apply:os.system ['true']"),
        ("tag", "pathway: !!binary aGVsbG8="),
        ("empty", ""),
        ("empty", "# nothing but a comment"),
        ("too-complex", "[" * 100_000),
        ("too-complex", "- " * 10_000 + "x"),
        ("too-complex", json.dumps({"steps": [[]] * 200_000})),
        ("too-large", "x" * 1_000_001),
        ("several-documents", "pathway: a\n---\npathway: b"),
        ("syntax", "pathway: [unclosed"),
        ("syntax", "\x00\x01\x02"),
        ("not-text", b"\xff\xfe\x00p"),
        ("bad-key", "? [a, b]\n: c"),
        ("wrong-type", "just words"),
        ("wrong-type", "[1, 2, 3]"),
        ("wrong-type", "42"),
        ("duplicate-field", document(step("a", "required: true\nrequired: false"))),
    ],
)
def test_bombs_and_garbage_are_findings(code: str, source: str | bytes) -> None:
    """Each hostile form has its own clear finding."""
    checked = check_pathway(source)
    assert code in {finding.code for finding in checked.errors}, checked.findings
    assert checked.published is None


@pytest.mark.parametrize("alphabet", ["ab: \n-", "abcdefgh \n", "\"'{}[]:,\n ", "".join(map(chr, range(32, 500)))])
def test_a_megabyte_of_garbage_is_a_finding(alphabet: str) -> None:
    """Size and shape do not matter: the answer is a finding."""
    noise = random.Random(7)
    source = "".join(noise.choices(alphabet, k=999_000))[: 1_000_000 // 2]
    checked = check_pathway(source)
    assert checked.errors
    assert checked.published is None


def test_every_value_replaced_by_something_else_is_refused_or_understood() -> None:
    """Wrong types anywhere in a real document never raise."""
    from tests.pathways import EXAMPLES

    source = (EXAMPLES / "surgery.yaml").read_text().splitlines()
    noise = random.Random(3)
    for _ in range(120):
        lines = list(source)
        at = noise.randrange(len(lines))
        key, _, value = lines[at].partition(": ")
        if value:
            lines[at] = (
                f"{key}: {noise.choice(['[]', '{}', '3', '-1', 'null', 'true', '[[1]]', '{a: {b: c}}', '9e99', 'x y z'])}"
            )
            check_pathway("\n".join(lines))


def test_json_is_read_like_yaml() -> None:
    """The same document in JSON means the same."""
    written = {
        "pathway": "trial",
        "title": "Trial",
        "steps": [
            {"id": "a", "type": "message", "title": "A", "deliver": {"on": ["mon"], "at": "09:00"}, "content": {"body": "x"}}
        ],
    }
    assert check_pathway(json.dumps(written)).errors == ()
    assert check_pathway(json.dumps(written, indent=2)).errors == ()


@pytest.mark.parametrize("name", ["tutorial", "gratitude-letter", "couple-communication", "surgery", "depression-homework"])
def test_examples_have_no_finding_but_known_warnings(name: str) -> None:
    """What we show is what we would publish."""
    assert example(name).structure.steps
