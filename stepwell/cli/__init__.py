"""The `stepwell` command: the same use cases as the Python handle, for a shell."""

import typer

from stepwell.cli import (
    alerts,
    around,
    auditing,
    clients,
    deploy,
    doctor,
    drafts,
    encryption,
    fhir,
    groups,
    journeys,
    keys,
    migrations,
    pathways,
    plans,
    practitioners,
    questions,
    responses,
    simulating,
    stack,
    step_types,
    what_if,
    work,
)

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="""Run client pathways: scheduled steps that are delivered when due, held where required, and never lost.

    Start everything with 'stepwell up', then try 'stepwell journey list' in a second shell.

    Exit codes: 0 done · 1 failed · 2 wrong usage · 3 refused by a rule · 4 not found · 5 invalid pathway or response ·
    6 server or store not reachable.""",
)
app.command("up")(stack.up)
app.command("worker")(stack.worker)
app.command("serve")(stack.serve)
app.command("codec")(stack.codec)
app.command("console")(stack.console)
app.command("version")(deploy.version)
app.command("doctor")(doctor.doctor)
app.add_typer(deploy.app, name="deploy")
app.command("openapi")(stack.openapi)
app.add_typer(keys.app, name="key")
app.add_typer(auditing.app, name="audit")
pathways.app.command("fit")(what_if.fit_)
pathways.app.command("impact")(what_if.impact_)
app.add_typer(pathways.app, name="pathway")
app.add_typer(drafts.app, name="draft")
app.add_typer(step_types.app, name="step-type")
app.add_typer(clients.app, name="client")
app.add_typer(practitioners.app, name="practitioner")
for command in around.COMMANDS:
    journeys.app.command()(command)
app.add_typer(journeys.app, name="journey")
app.add_typer(groups.app, name="group")
app.add_typer(plans.app, name="plan")
app.add_typer(migrations.app, name="migration")
app.add_typer(alerts.app, name="alert")
app.add_typer(questions.app, name="question")
app.add_typer(responses.app, name="response")
app.add_typer(work.app, name="work")
app.add_typer(fhir.app, name="fhir")
app.command("simulate")(simulating.simulate_)
app.command("what-if")(what_if.what_if)
app.command("verify")(stack.verify)
app.command("recover")(stack.recover)
app.add_typer(stack.mail, name="mail")
app.add_typer(stack.store, name="store")
app.add_typer(encryption.app, name="encryption")


def main() -> None:
    """The entry of the installed command."""
    app()
