"""Markdown becomes HTML that does nothing, whoever wrote it."""

import time
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.words import escaped, seen
from stepwell.rendering import LONGEST, html

TAGS = {"a", "blockquote", "br", "code", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "img", "li", "ol", "p"}
TAGS |= {"pre", "strong", "table", "tbody", "td", "th", "thead", "tr", "ul"}
ATTRIBUTES = {"alt", "dir", "href", "rel", "src", "start", "style", "title"}


class Page(HTMLParser):
    """What a browser would make of it: fails on anything that acts or loads."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.words = ""
        self.addresses: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in TAGS, tag
        for name, value in attrs:
            assert name in ATTRIBUTES, name
            if name == "href":
                assert str(value).lower().startswith(("https://", "http://", "mailto:")), value
                self.addresses.append(str(value))
                assert ("rel", "noopener noreferrer nofollow") in attrs
            if name == "src":
                assert str(value).startswith("https://"), value
                self.addresses.append(str(value))
            if name == "style":
                assert value in ("text-align:left", "text-align:right", "text-align:center"), value

    def handle_data(self, data: str) -> None:
        self.words += data


HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "<a href='https://x' onclick='x'>y</a>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](&#106;avascript:alert(1))",
    "[x](&#x6A;avascript&colon;alert(1))",
    "[x](\\javascript:alert(1))",
    "[x](java\tscript:alert(1))",
    "[x](<java&NewLine;script:alert(1)>)",
    "[x]( javascript:alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "[x](vbscript:x)",
    "[x](//evil.example/x)",
    "[x](/etc/passwd)",
    "[x](http:evil)",
    "[x](https://a \"' onmouseover='alert(1)\")",
    "[x]\n\n[x]: javascript:alert(1)",
    "<javascript:alert(1)>",
    "![x](javascript:alert(1))",
    "![x](data:image/svg+xml;base64,PHN2Zy8+)",
    "![x](http://tracker.example/pixel.png)",
    "![<img onerror=x>](https://a/b.png)",
    "[![x](http://a/b.png)](javascript:x)",
    '```"><script>alert(1)</script>\nunclosed',
    '~~~ " onclick=x\nunclosed',
    "`unclosed <b>",
    "|a\n|:-:|\n|<script>|",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "\x00<script>\ud800",
    "<!-- <script> -->",
    "<![CDATA[<script>]]>",
    '[x](https://a/"><script>)',
    '<https://a/"onclick=x>',
]


@pytest.mark.parametrize("text", HOSTILE)
def test_D39_hostile_text_does_nothing(text: str) -> None:
    """No tag, no attribute, no address but the harmless ones."""
    Page(html(text))
    Page(html(f"> - 1. {text}"))


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.sampled_from([*"[]()<>!`*_#|-\\\"'\n &;:/", "javascript:", "https://a", "<script>", "data:", "&#x", "onclick="])
    )
)
def test_any_mixture_of_them_does_nothing(parts: list[str]) -> None:
    """Whatever comes together."""
    Page(html("".join(parts)))


@settings(max_examples=300, deadline=None)
@given(st.text())
def test_escaped_text_is_read_as_it_was_written(text: str) -> None:
    """What a client typed is words, in any place of a Markdown text."""
    plain = " ".join(seen(text).split())
    assert Page(html(escaped(text))).words.strip("\n") == plain
    cell = Page(html(f"| a |\n|---|\n| {escaped(text)} |"))
    assert " ".join(cell.words.split()) == f"a {plain}".strip()


@pytest.mark.parametrize(
    "text", ["===", "---", "# a", "> a", "- a", "1) a", "    a", "```", "| a |", "[a]: https://b", "<hr>", "&amp;"]
)
def test_escaped_text_below_a_line_is_one_more_line(text: str) -> None:
    """It makes no heading of the line above it, and begins nothing."""
    assert html(f"above\n{escaped(text)}").count("<") == 2
    assert Page(html(f"above\n{escaped(text)}")).words == f"above\n{text.strip()}\n"


def test_markdown_is_shown() -> None:
    """Headings, emphasis, lists, links, pictures, tables and code are what they are for."""
    page = html(
        "# A\n\n**b** *c*\n\n3. d\n\n[e](https://f) <mailto:g@h.i> ![j](https://k/l.png)\n\n|m|n|\n|-|-:|\n|o|p|\n\n`q`\n\n---"
    )
    for words in (
        "<h1",
        "<strong>b",
        "<em>c",
        '<ol start="3"',
        'href="https://f"',
        'href="mailto:g@h.i"',
        'src="https://k/l.png"',
    ):
        assert words in page
    for words in ('alt="j"', "<table", 'style="text-align:right"', "<code>q", "<hr>"):
        assert words in page


def test_a_picture_that_cannot_be_shown_is_its_words() -> None:
    """A picture by http would tell who reads it to everybody on the way."""
    assert html("![the lungs](http://a/b.png)") == '<p dir="auto">the lungs</p>\n'


def test_what_turns_the_direction_of_writing_is_taken_out() -> None:
    """Written or by its number; each block finds its own direction, so Hebrew reads from the right."""
    page = html("a\u202egnp.exe &#x202e;b &#8295;c\u2066d\n\nשלום")
    assert not set(page) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
    assert '<p dir="auto">שלום</p>' in page


@pytest.mark.parametrize(
    "text", ["{{name}}", "{% include 'x' %}", "[x](https://a/{{name}})", "`{{7*7}}`", "&#123;{x}}", "${x}"]
)
def test_the_syntax_of_templates_stays_inert(text: str) -> None:
    """For a host that puts the page into a template; a browser shows the braces."""
    page = html(text)
    assert "{" not in page
    assert "{" in Page(page).words or "%7B" in page


@pytest.mark.parametrize(
    "piece",
    [
        "*",
        "[",
        "![",
        "[a",
        "_*",
        "`",
        "` ",
        "> ",
        "- ",
        "<",
        "&",
        "[![a](b",
        "a**b",
        "[a][b",
        "\\",
        "|a",
        "1. ",
        "a\n",
        "[x]: <a> 'b\n",
        "{",
    ],
)
def test_a_hundred_thousand_of_anything_has_an_end(piece: str) -> None:
    """Seconds, not minutes; and beyond the longest text it is shown as it is written."""
    began = time.monotonic()
    for length in (LONGEST, LONGEST + 1):
        Page(html((piece * LONGEST)[:length]))
    assert time.monotonic() - began < 30


def test_a_text_too_long_to_be_read_loses_nothing() -> None:
    """It is shown as it is written."""
    page = Page(html("<b>" + "x\n" * LONGEST))
    assert page.words == "<b>" + "x" * LONGEST


def test_nesting_has_an_end() -> None:
    """A thousand quotations in each other are some."""
    assert html("> " * 1000 + "x").count("<blockquote") <= 20
    assert html("- " * 1000 + "x").count("<ul") <= 20
