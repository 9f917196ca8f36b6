"""`stepwell practitioner …`: who looks after clients."""

from typing import Annotated

import typer

from stepwell.cli.output import run, say
from stepwell.handle import Stepwell

app = typer.Typer(no_args_is_help=True, help="The people who look after clients.")


@app.command()
def keep(
    practitioner: Annotated[str, typer.Argument(help="Their id.", show_default=False)],
    name: Annotated[str, typer.Option(help="How mails greet them.")] = "",
    email: Annotated[str | None, typer.Option(help="Where escalations go.", show_default=False)] = None,
) -> None:
    """Add a practitioner, or change one."""

    async def job() -> None:
        async with Stepwell.connect() as stepwell:
            await stepwell.keep_practitioner(practitioner, display_name=name, email=email)
        say(f"{practitioner} is known" + (f" and read at {email}" if email else "; without --email nobody reads their mail"))

    run(job)
