"""Without this file there would be no gateway to start: `python -m gateway run --config FILE`."""

import asyncio
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import click

from gateway.app import serve
from gateway.check import run_check
from gateway.config import load
from gateway.enrol import COMMANDS
from gateway.errors import SetUpError
from gateway.trace import Sink, Trace, json_sink, text_sink

SET_UP_WRONG = 2  # exit code: something outside the program must be put right
_STDERR = 2
_SWITCH_S = 0.0005  # the store's writer waits no longer than this for a loop that is busy with telemetry

_config_option = click.option(
    "--config", "path", required=True, metavar="FILE", type=click.Path(path_type=Path), help="The one TOML file."
)


@click.group(help="The gateway of a home: keeps what pendants say safe and hands it to the care platform.")
def cli() -> None:
    """Hold the commands below."""


@cli.command(help="Serve until told to stop (SIGTERM).")
@_config_option
@click.option("--log", "form", type=click.Choice(["text", "json"]), default="text", help="How steps are written.")
@click.option("--verbose", is_flag=True, help="Also write telemetry and polls.")
@click.pass_context
def run(context: click.Context, path: Path, form: str, verbose: bool) -> None:
    """Run the gateway."""
    sys.setswitchinterval(_SWITCH_S)
    sink = json_sink(_STDERR) if form == "json" else text_sink(_STDERR)
    through: Callable[[Sink], Sink] = context.obj or (lambda sink: sink)
    asyncio.run(serve(load(path), Trace(through(sink), is_fine=verbose)))


@cli.command(help="Try the configuration, the serial port and the broker; say what is wrong.")
@_config_option
def check(path: Path) -> None:
    """Check without serving."""
    faults = run_check(load(path))
    if faults:
        raise SetUpError("\n".join(faults))
    click.echo("All is well: configuration, pendants, serial port, broker.")


for _command in COMMANDS:
    cli.add_command(_command)


def main(arguments: Sequence[str] | None = None, through: Callable[[Sink], Sink] | None = None) -> int:
    """Run a command line; return the exit code. through: what a test puts between the gateway and its log."""
    try:
        cli.main(arguments, prog_name="gateway", standalone_mode=False, obj=through)
    except SetUpError as fault:
        click.echo(str(fault), err=True)
        return SET_UP_WRONG
    except click.ClickException as fault:
        fault.show()
        return SET_UP_WRONG
    except click.Abort:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
