"""Markdown as HTML that is safe to show, whoever wrote it: an author, a practitioner or a client.

Two lines of defence. The parser knows no HTML and takes no address but web and mail; what it yields is then cleaned
by a list of what may stand there, as if the parser had not been careful.
"""

from html import escape

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token

from engine.words import seen

LONGEST = 100_000
"""Longer texts are shown as they are written: a parser's time must have an end."""
MOST_MARKS = 3_000
"""Texts with more brackets, stars and the like too: pairing them takes the square of their number."""

_BLOCKS = {"p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "blockquote", "table", "td", "th"}
_TAGS = _BLOCKS | {"a", "br", "code", "em", "hr", "img", "pre", "strong", "tbody", "thead", "tr"}
_ATTRIBUTES = {
    **{tag: {"dir"} for tag in _BLOCKS},
    "a": {"href", "title"},
    "img": {"src", "alt", "title"},
    "ol": {"dir", "start"},
    "td": {"dir", "style"},
    "th": {"dir", "style"},
}
_DEEPEST = 20
_LINKS = ("http://", "https://", "mailto:")


def html(markdown: str) -> str:
    """CommonMark with tables as HTML: no raw HTML, links to web and mail only, pictures by `https` only."""
    text = seen(markdown)
    if len(text) > LONGEST or sum(text.count(mark) for mark in "[*_`") > MOST_MARKS:
        return _inert(f'<p dir="auto">{escape(text).replace(chr(10), "<br>")}</p>')
    tokens = _PARSER.parse(text)
    for token in tokens:
        if token.nesting == 1 and token.tag in _BLOCKS:
            token.attrSet("dir", "auto")
        for inner in token.children or ():
            _keep_safe_picture(inner)
    return _inert(_clean(_PARSER.renderer.render(tokens, _PARSER.options, {})))


def _keep_safe_picture(token: Token) -> None:
    """Show the words for a picture instead of one that somebody else could read along."""
    if token.type == "image" and not str(token.attrGet("src")).startswith("https://"):
        token.type = "text"


def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "maxNesting": _DEEPEST}).enable("table")
    parser.validateLink = _is_safe_link  # type: ignore[method-assign]  # this is how the parser is told, says its manual
    return parser


def _is_safe_link(url: str) -> bool:
    return url.strip().lower().startswith(_LINKS)


def _clean(unsafe: str) -> str:
    return nh3.clean(
        unsafe,
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        filter_style_properties={"text-align"},
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer nofollow",
    )


def _inert(cleaned: str) -> str:
    """The same to a browser, and nothing to a template that a host puts it into; without marks that came in as `&#x202e;`."""
    return seen(cleaned).replace("{", "&#123;")


_PARSER = _parser()
