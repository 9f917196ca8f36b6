"""`stepwell fhir …`: questionnaires and plans in, journeys out."""

import json as json_module
from pathlib import Path
from typing import Annotated, get_args

import typer

from engine.findings import did_you_mean
from stepwell.cli.journeys import Journey
from stepwell.cli.output import Exit, Json, err, run, say, show_finding, show_json, show_table
from stepwell.cli.pathways import read_file
from stepwell.fhir import Draft, Release, Unusable, export_journey, import_fhir
from stepwell.fhir.report import together
from stepwell.handle import Stepwell

app = typer.Typer(
    no_args_is_help=True,
    help="""Bring in FHIR questionnaires and plans as drafts; give out journeys as FHIR bundles.

    Stepwell is no FHIR server: both are done once, by hand or by a script.""",
)


def _release(text: str | None) -> Release | None:
    match text.upper() if text is not None else None:
        case None:
            return None
        case "R4" | "R4B":
            return "R4"
        case "R5":
            return "R5"
    raise typer.BadParameter(f"{text!r} is no release: {did_you_mean(text or '', (*get_args(Release), 'R4B'))}")


@app.command("import")
def import_(
    files: Annotated[
        list[Path],
        typer.Argument(help="FHIR as JSON: questionnaires, a plan, what they name, or a bundle of all.", show_default=False),
    ],
    out_: Annotated[
        Path | None, typer.Option("--out", help="Write the draft to this file.", show_default="standard output")
    ] = None,
    release: Annotated[str | None, typer.Option(help="R4 or R5.", show_default="as it looks")] = None,
    json: Json = False,
) -> None:
    """Draft a pathway from FHIR, and report everything that did not come over as it was.

    A Questionnaire becomes a questionnaire step; a PlanDefinition becomes a pathway, with the questionnaires it names where
    they are given too. Nothing is published: read the draft, decide what the report asks you to decide, then try
    'stepwell pathway validate'. Exit code 0, also with warnings; 5 where the files cannot be used.
    """
    try:
        draft = import_fhir([(file.name, read_file(file)) for file in files], release=_release(release))
    except Unusable as unusable:
        err.print(f"error: {unusable}", markup=False)
        raise typer.Exit(Exit.INVALID) from None
    if out_ is not None:
        _write(out_, draft.pathway)
    if json:
        show_json(draft)
        return
    if out_ is None:
        print(draft.pathway, end="")
    _show(draft, to_err=out_ is None)


def _show(draft: Draft, *, to_err: bool) -> None:
    """The report: where the draft itself goes to standard output, beside it."""
    rows = [
        (
            first.what.replace("_", " "),
            f"{first.document} {first.where}".strip(),
            f"{number} ×" if number > 1 else "",
            first.why,
        )
        for first, number in together(draft.notes)
    ]
    columns = ("what", "where", "", "why")
    if to_err:
        for row in rows:
            err.print("\t".join(row), markup=False)
    else:
        show_table(columns, rows, empty="everything came over as it was", title=f"read as FHIR {draft.release}")
    for finding in draft.findings:
        show_finding(finding, err)


@app.command()
def export(
    journey: Journey,
    release: Annotated[str, typer.Option(help="R4 or R5.")] = "R4",
    out_: Annotated[
        Path | None, typer.Option("--out", help="Write the bundle to this file.", show_default="standard output")
    ] = None,
) -> None:
    """Give out a journey as a FHIR bundle: a CarePlan, a Task for each step that came, the answers you may read.

    What clients keep to themselves is not in it; that you have read the rest is noted, as if you had looked at it here.
    Clients and practitioners are named by their ids alone. Needs the extra: pip install 'stepwell[fhir]'.
    """
    known = _release(release) or "R4"

    async def job() -> None:
        async with Stepwell.connect() as stepwell:
            exported = await export_journey(stepwell, journey, release=known)
        text = json_module.dumps(exported.bundle, indent=2, ensure_ascii=False)
        if out_ is None:
            print(text)
        else:
            _write(out_, text + "\n")
            say(f"wrote {len(exported.bundle['entry'])} resources of FHIR {known} to {out_}")
        for note in exported.notes:
            err.print(f"{note.what.replace('_', ' ')}\t{note.document} {note.where}\t{note.why}", markup=False)

    run(job)


def _write(file: Path, text: str) -> None:
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise typer.BadParameter(f"{file} cannot be written: {error.strerror}") from None
