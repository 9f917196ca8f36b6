"""Reading pictures in tests."""

from xml.etree.ElementTree import Element, fromstring

SVG = "{http://www.w3.org/2000/svg}"
_TAGS = {"svg", "title", "desc", "rect", "circle", "path", "polygon", "text"}


def read(picture: str | None) -> Element:
    """The picture, if it is well-formed, has a name and a description, and holds nothing that acts or loads."""
    assert picture is not None
    root = fromstring(picture)  # noqa: S314  # our own picture, and that it can be read is the test
    assert root.get("role") == "img"
    assert [child.tag for child in root[:2]] == [f"{SVG}title", f"{SVG}desc"]
    assert root[0].text
    assert root[1].text
    for element in root.iter():
        assert element.tag.removeprefix(SVG) in _TAGS
        assert not [name for name in element.attrib if name.startswith("on") or "href" in name or name in ("src", "style")]
    assert "url(" not in picture
    return root


def words(root: Element) -> list[str]:
    """Every line of text in it, as it is read."""
    return [(element.text or "").strip("\u2068\u2069") for element in root.iter(f"{SVG}text")]


def description(root: Element) -> str:
    """What a screen reader says."""
    return root[1].text or ""
