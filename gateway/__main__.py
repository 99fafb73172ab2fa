"""Without this file there would be no gateway to start: `python -m gateway run --config FILE`."""

import importlib
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import click

from gateway.cli import COMMANDS
from gateway.errors import SetUpError
from shared.words import VERSION

if TYPE_CHECKING:
    from gateway.trace import Sink

NAME = "tiexin-gateway"  # as it is installed, and as the docs call it
SET_UP_WRONG = 2  # exit code: something outside the program must be put right


class _Commands(click.Group):
    """The commands of cli/, each loaded when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(COMMANDS[cmd_name]).command
        return command


@click.group(cls=_Commands, help="The gateway of a home: keeps what pendants say safe and hands it to the platform.")
@click.version_option(".".join(map(str, VERSION)), message="%(prog)s %(version)s")
def cli() -> None:
    """Hold the commands of cli/."""


def main(arguments: Sequence[str] | None = None, through: "Callable[[Sink], Sink] | None" = None) -> int:
    """Run a command line; return the exit code. through: what a test puts between the gateway and its log."""
    try:
        code = cli.main(arguments, prog_name=NAME, standalone_mode=False, obj=through)
    except SetUpError as fault:
        click.echo(str(fault), err=True)
        return SET_UP_WRONG
    except click.ClickException as fault:
        fault.show()
        return SET_UP_WRONG
    except click.Abort:
        return 130
    return code if isinstance(code, int) else 0  # a command that returns a number ends with it


if __name__ == "__main__":
    sys.exit(main())
