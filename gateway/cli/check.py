"""Without this file there would be no `gateway check`: what `run` needs, tried in a second."""

from pathlib import Path

import click

from gateway.check import run_check
from gateway.cli import options
from gateway.config import load
from gateway.enrolment import own_key
from gateway.errors import SetUpError


@click.command("check", help="Try the configuration, the serial port, the broker, the modem; say what is wrong.")
@options.config
def command(path: Path) -> None:
    """Check without serving."""
    config = load(path)
    if config.desks_file:
        click.echo(f"enrol_key: {own_key(config.data_dir).public_key().public_bytes_raw().hex()}")
    faults = run_check(config)
    if faults:
        raise SetUpError("\n".join(faults))
    way = config.second_way
    named = [name for name, part in (("second broker", way.broker), ("modem", way.modem), ("siren", way.siren)) if part]
    click.echo(f"All is well: {', '.join(['configuration', 'pendants', 'serial port', 'broker', *named])}.")
