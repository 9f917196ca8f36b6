"""Markdown of authors, practitioners and clients as HTML that is safe to show."""

from html import escape

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

_TAGS = {
    *("p", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "blockquote", "a", "br", "code", "em", "hr", "img", "pre", "strong"),
    *("table", "thead", "tbody", "tr", "th", "td"),
}
_ATTRIBUTES = {"a": {"href", "title"}, "img": {"src", "alt"}, "ol": {"start"}, "*": {"dir"}}
_LONGEST = 100_000


def html(text: str, allowed_media: tuple[str, ...] = ()) -> Markup:
    """CommonMark with tables: no raw HTML, links to web and mail only, headings below those of the page.

    Pictures from elsewhere than `allowed_media` become links: opening a page of this host tells no other site.
    """
    if len(text) > _LONGEST:
        return Markup(f"<p>{escape(text)}</p>")  # noqa: S704  # escaped in the same line
    tokens = _PARSER.parse(text)
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(int(token.tag[1]) + 1, 6)}"
        if token.nesting == 1:
            token.attrSet("dir", "auto")
        token.children = [one for child in token.children or () for one in _shown(child, allowed_media)]
    drawn = _PARSER.renderer.render(tokens, _PARSER.options, {})
    clean = nh3.clean(
        drawn, tags=_TAGS, attributes=_ATTRIBUTES, url_schemes={"http", "https", "mailto"}, link_rel="noopener noreferrer"
    )
    return Markup(clean)  # noqa: S704  # nh3 let through what is listed above, and nothing else


def _shown(token: Token, allowed: tuple[str, ...]) -> list[Token]:
    """A picture that may be shown, or a link in its place; everything else as it is."""
    url = str(token.attrGet("src") or "")
    if token.type != "image" or url.startswith(tuple(f"{one}/" for one in allowed)):
        return [token]
    if not url.startswith("https://"):
        return [_text(token.content)]
    return [Token("link_open", "a", 1, attrs={"href": url}), _text(token.content), Token("link_close", "a", -1)]


def _text(words: str) -> Token:
    return Token("text", "", 0, content=words)


_PARSER = MarkdownIt("commonmark", {"html": False, "maxNesting": 20}).enable("table")
