"""`stepwell draft …`: pathways being written, made of others."""

from typing import Annotated

import typer

from engine.publishing import Checked
from stepwell.cli.output import err, run, say, show_finding
from stepwell.errors import NotFound
from stepwell.handle import Stepwell

app = typer.Typer(no_args_is_help=True, help="Pathways being written, made of others.")

Name = Annotated[str, typer.Argument(help="The draft's name.", show_default=False)]


def _say(name: str, checked: Checked) -> None:
    for finding in checked.findings:
        show_finding(finding, err)
    say(f"draft [bold]{name}[/] is kept; see it with: stepwell draft show {name}")


@app.command()
def copy(
    pathway: Annotated[str, typer.Argument(help="A published pathway.", show_default=False)],
    name: Name,
    title: Annotated[str | None, typer.Option(help="Its title.", show_default="the same")] = None,
) -> None:
    """Make a draft of a published pathway, to tailor and publish."""

    async def job() -> None:
        async with Stepwell.connect() as stepwell:
            _say(name, await stepwell.copy_pathway(pathway, name, title=title))

    run(job)


@app.command()
def combine(
    name: Name,
    pathways: Annotated[list[str], typer.Argument(help="Published pathways, in order.", show_default=False)],
    title: Annotated[str, typer.Option(help="Its title.", show_default=False)],
) -> None:
    """Make one draft of several published pathways, one after the other."""

    async def job() -> None:
        async with Stepwell.connect() as stepwell:
            _say(name, await stepwell.combine_pathways(pathways, name, title=title))

    run(job)


@app.command()
def reorder(
    name: Name, steps: Annotated[list[str], typer.Argument(help="Every step once, in the new order.", show_default=False)]
) -> None:
    """Put the steps of a draft into another order."""

    async def job() -> None:
        async with Stepwell.connect() as stepwell:
            _say(name, await stepwell.reorder_draft(name, steps))

    run(job)


@app.command()
def show(name: Name) -> None:
    """Print a draft as it is; redirect it to a file, and publish that."""

    async def job() -> None:
        async with Stepwell.connect() as stepwell:
            source = await stepwell.draft(name)
        if source is None:
            raise NotFound(f"there is no draft {name}")
        typer.echo(source, nl=False)

    run(job)
