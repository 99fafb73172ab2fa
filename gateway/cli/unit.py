"""Without this file there would be no `gateway unit`: the service file, with the paths of this installation."""

import os
import sys
from importlib import resources
from pathlib import Path

import click

_HIDDEN = ("/home/", "/root/", "/run/user/")  # from the service, by ProtectHome=


@click.command("unit", help="Print the systemd unit for this installation.")
@click.option(
    "--config", "path", default="/etc/tiexin/gateway.toml", metavar="FILE", type=click.Path(path_type=Path),
    help="The TOML file of the service.",
)  # fmt: skip
def command(path: Path) -> None:
    """Print the unit."""
    program = _program()
    if program.startswith(_HIDDEN):
        click.echo(
            f"{program.split()[0]}: the service cannot see it there; install it into /opt (docs/install.md).", err=True
        )
    click.echo(unit(program, path), nl=False)


def unit(program: str, config: Path) -> str:
    """The text of the unit, for this program and this configuration."""
    text = (resources.files("gateway") / "systemd" / "tiexin-gateway.service").read_text("utf-8")
    return text.replace("/usr/local/bin/tiexin-gateway", program).replace(
        "/etc/tiexin/gateway.toml", str(config.absolute())
    )


def _program() -> str:
    """How this program was started: the console script, or Python with the module."""
    started = Path(os.path.abspath(sys.argv[0]))  # noqa: PTH100 - without "..", but also without following links
    return str(started) if started.name == "tiexin-gateway" else f"{sys.executable} -m gateway"
