"""Without this file there would be no `gateway check`: what `run` needs, tried in a second."""

from pathlib import Path

import click

from gateway.check import run_check
from gateway.cli import options
from gateway.config import load
from gateway.enrolment import own_key
from gateway.errors import SetUpError


@click.command("check", help="Try the configuration, the serial port and the broker; say what is wrong.")
@options.config
def command(path: Path) -> None:
    """Check without serving."""
    config = load(path)
    if config.desks_file:
        click.echo(f"enrol_key: {own_key(config.data_dir).public_key().public_bytes_raw().hex()}")
    faults = run_check(config)
    if faults:
        raise SetUpError("\n".join(faults))
    click.echo("All is well: configuration, pendants, serial port, broker.")
