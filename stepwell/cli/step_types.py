"""`stepwell step-type …`: what types there are, what one asks for, and the beginning of one of your own."""

from importlib.metadata import entry_points
from pathlib import Path
from typing import Annotated

import typer
from rich.markdown import Markdown

from engine.findings import did_you_mean
from engine.words import first_line
from stepwell.cli.output import Json, fail, out, say, show_json, show_table
from stepwell.cli.pathways import known_types
from stepwell.errors import NotFound
from stepwell.packages import GROUP
from stepwell.reference import page
from stepwell.scaffold import Refusal, write_package

app = typer.Typer(no_args_is_help=True, help="See what steps can be, and begin a step type of your own.")


def _packages() -> dict[str, str]:
    return {entry.name: entry.dist.name for entry in entry_points(group=GROUP) if entry.dist}


@app.command("list")
def list_(json: Json = False) -> None:
    """List the step types that are installed here, and the package each comes from."""
    packages, types = _packages(), known_types()
    rows = [
        {"name": name, "package": packages.get(name, "stepwell"), "about": first_line(type(kind).__doc__ or "")}
        for name, kind in sorted(types.items())
    ]
    if json:
        show_json(rows)
    else:
        show_table(("type", "package", "what it is"), [tuple(row.values()) for row in rows], empty="there are none")


@app.command()
def show(name: Annotated[str, typer.Argument(help="The word after 'type:'.", show_default=False)], json: Json = False) -> None:
    """Show what a step type asks for, what comes back, and what the journey learns."""
    types = known_types()
    if name not in types:
        fail(NotFound(f"no step type is called {name!r}; {did_you_mean(name, types)}"))
    kind = types[name]
    if json:
        models = {"content": kind.content_model, "response": kind.response_model}
        show_json({"name": name, **{part: model.model_json_schema(by_alias=True) for part, model in models.items()}})
    elif out.is_terminal:
        out.print(Markdown(page(kind)))
    else:
        print(page(kind))


@app.command()
def new(
    name: Annotated[str, typer.Argument(help="Its name: small letters, digits and _.", show_default=False)],
    into: Annotated[Path, typer.Option(help="The folder in which the package's folder is made.", show_default="here")] = Path(),
) -> None:
    """Write a package with a step type that works, its cases and its test: change it step by step."""
    try:
        folder = write_package(name, into)
    except Refusal as refusal:
        raise typer.BadParameter(str(refusal)) from None
    say(f"wrote {folder}. Next, in that folder:")
    say("  pip install -e .")
    say("  python -m pytest")
