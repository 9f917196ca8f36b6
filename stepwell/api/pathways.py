"""Pathways over HTTP: drafts with ETags, checking, publishing, versions, the library."""

from typing import Annotated, Any

from fastapi import Header, Query, Response
from pydantic import Field

from engine.findings import Finding
from engine.publishing import Checked
from stepwell.api.forms import Cursor, Form, Limit, Name, PathwayName
from stepwell.api.problems import ApiError
from stepwell.api.routes import Door, Listing, Routes
from stepwell.authoring import NEW, mark_of
from stepwell.errors import NotFound
from stepwell.handle import Stepwell
from stepwell.models import Draft, PathwayDetail, PathwayVersion

routes = Routes("Pathways")

IfMatch = Annotated[str | None, Header(description="The ETag of the draft that you have read.", max_length=200)]
IfNoneMatch = Annotated[str | None, Header(description="`*`: only where there is no draft yet.", max_length=200)]
_ETAG = {"ETag": {"description": "Names this text; send it as If-Match.", "schema": {"type": "string"}}}
_WITH_ETAG: dict[int | str, dict[str, Any]] = {200: {"headers": _ETAG}}


class Pathways(Listing):
    """The latest version of each pathway."""

    items: tuple[PathwayVersion, ...]


class Versions(Listing):
    """Versions of one pathway, the latest first."""

    items: tuple[PathwayVersion, ...]


class Drafts(Listing):
    """Drafts, without their texts."""

    items: tuple[Draft, ...]


class Source(Form):
    """A pathway as text."""

    source: str = Field(max_length=500_000)
    """YAML or JSON."""


class DraftText(Source):
    """A draft, with everything that is wrong with it."""

    pathway: str
    findings: tuple[Finding, ...]
    can_be_published: bool


class Verdict(Form):
    """What came of a check."""

    findings: tuple[Finding, ...]
    can_be_published: bool


class CopyWish(Form):
    """What the copy is to be called."""

    name: Name
    title: str | None = Field(default=None, max_length=300)


class CombineWish(Form):
    """Which pathways are to become one, and what it is to be called."""

    pathways: list[Name] = Field(min_length=1, max_length=20)
    name: Name
    title: str = Field(min_length=1, max_length=300)


class Order(Form):
    """Every step once, in the new order."""

    steps: list[Name] = Field(max_length=500)


class LibraryStep(Form):
    """A step of the library."""

    name: str
    step: dict[str, Any]


class Library(Listing):
    """The whole library."""

    items: tuple[LibraryStep, ...]


@routes.get("/pathways", uses=Stepwell.pathways)
async def list_pathways(
    door: Door,
    tag: Annotated[list[str], Query(description="Only with all of these.", max_length=20)] = [],  # noqa: B006
) -> Pathways:
    """List the latest version of every pathway"""
    return Pathways(items=tuple(await door.pathways(tags=tag)))


@routes.post("/pathways/validate", uses=Stepwell.check)
async def validate_pathway(wish: Source, door: Door) -> Verdict:
    """Find everything that is wrong with a pathway, at once; nothing is kept"""
    return _verdict(await door.check(wish.source))


@routes.post("/pathways/combine", uses=Stepwell.combine_pathways, status_code=201)
async def combine_pathways(wish: CombineWish, door: Door) -> Verdict:
    """Make a draft of several pathways, one after the other"""
    return _verdict(await door.combine_pathways(wish.pathways, wish.name, title=wish.title))


@routes.get("/pathways/{pathway}", uses=Stepwell.version)
async def get_pathway(pathway: PathwayName, door: Door) -> PathwayDetail:
    """Show the latest version of a pathway as it was written"""
    return await door.version(pathway)


@routes.get("/pathways/{pathway}/versions", uses=Stepwell.versions)
async def list_versions(pathway: PathwayName, door: Door) -> Versions:
    """List every version of a pathway, the latest first"""
    return Versions(items=tuple(await door.versions(pathway)))


@routes.get("/pathways/{pathway}/versions/{number}", uses=Stepwell.version)
async def get_version(pathway: PathwayName, number: int, door: Door) -> PathwayDetail:
    """Show one version of a pathway as it was written"""
    if not 1 <= number <= 1_000_000:
        raise NotFound(f"no pathway {pathway} version {number} is published")
    return await door.version(pathway, number)


@routes.post("/pathways/{pathway}/copy", uses=Stepwell.copy_pathway, status_code=201)
async def copy_pathway(pathway: PathwayName, wish: CopyWish, door: Door) -> Verdict:
    """Make a draft of a published pathway, to tailor and publish"""
    return _verdict(await door.copy_pathway(pathway, wish.name, title=wish.title))


@routes.get("/drafts", uses=Stepwell.drafts)
async def list_drafts(door: Door, limit: Limit = 50, cursor: Cursor = "") -> Drafts:
    """List the pathways being written"""
    found = await door.drafts(limit=limit, after=cursor)
    return Drafts(items=tuple(found), next=found[-1].pathway if len(found) == limit else None)


@routes.get("/pathways/{pathway}/draft", uses=Stepwell.draft, responses=_WITH_ETAG)
async def get_draft(pathway: PathwayName, door: Door, response: Response) -> DraftText:
    """Show a draft with everything that is wrong with it"""
    source = await door.draft(pathway)
    if source is None:
        raise NotFound(f"there is no draft of {pathway}; save one first, or copy a published pathway")
    return _draft(pathway, source, await door.check(source), response)


@routes.put("/pathways/{pathway}/draft", uses=Stepwell.save_draft, refuses=(412, 428), responses=_WITH_ETAG)
async def put_draft(
    pathway: PathwayName,
    wish: Source,
    door: Door,
    response: Response,
    if_match: IfMatch = None,
    if_none_match: IfNoneMatch = None,
) -> DraftText:
    """Keep a draft, right or wrong. Send If-Match with the ETag you have read, or If-None-Match: * for a new one"""
    checked = await door.save_draft(pathway, wish.source, base=_base(if_match, if_none_match))
    return _draft(pathway, wish.source, checked, response)


@routes.delete("/pathways/{pathway}/draft", uses=Stepwell.drop_draft, refuses=(412, 428), status_code=204)
async def delete_draft(pathway: PathwayName, door: Door, if_match: IfMatch = None) -> None:
    """Forget a draft; what is published stays"""
    await door.drop_draft(pathway, base=_base(if_match, None))


@routes.post("/pathways/{pathway}/draft/reorder", uses=Stepwell.reorder_draft, refuses=(412, 428), responses=_WITH_ETAG)
async def reorder_draft(
    pathway: PathwayName, wish: Order, door: Door, response: Response, if_match: IfMatch = None
) -> DraftText:
    """Put the steps of a draft into another order"""
    checked = await door.reorder_draft(pathway, wish.steps, base=_base(if_match, None))
    return _draft(pathway, await door.draft(pathway) or "", checked, response)


@routes.post("/pathways/{pathway}/publish", uses=Stepwell.publish_draft, refuses=(412, 428), status_code=201)
async def publish_draft(pathway: PathwayName, door: Door, if_match: IfMatch = None) -> PathwayVersion:
    """Publish the draft as the next version; the same text again is the same version"""
    return await door.publish_draft(pathway, base=_base(if_match, None))


@routes.get("/library", uses=Stepwell.library)
async def list_library(door: Door) -> Library:
    """List the steps of the library, instruments and all"""
    return Library(items=tuple(LibraryStep(name=name, step=step) for name, step in sorted((await door.library()).items())))


@routes.put("/library/{name}", uses=Stepwell.keep_library_step)
async def put_library_step(name: PathwayName, wish: dict[str, Any], door: Door) -> LibraryStep:
    """Keep a step of the library; what is published already stays as it is"""
    await door.keep_library_step(name, wish)
    return LibraryStep(name=name, step=wish)


def _base(if_match: str | None, if_none_match: str | None) -> str:
    if if_none_match is not None and if_none_match.strip() == "*":
        return NEW
    if if_match is None:
        raise ApiError(
            428, "say_which", "send If-Match with the ETag of the draft you have read, or If-None-Match: * for a new one"
        )
    return if_match.strip().removeprefix("W/").strip('"')


def _draft(pathway: str, source: str, checked: Checked, response: Response) -> DraftText:
    response.headers["etag"] = f'"{mark_of(source)}"'
    return DraftText(pathway=pathway, source=source, **_verdict(checked).model_dump())


def _verdict(checked: Checked) -> Verdict:
    return Verdict(findings=checked.findings, can_be_published=checked.published is not None)
