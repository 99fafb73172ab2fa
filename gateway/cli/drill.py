"""Without this file there would be no `gateway drill`: cut, kill and count, on the gateway that runs here."""

import asyncio
from functools import partial
from pathlib import Path

import click

from gateway.cli import options
from gateway.config import load
from gateway.drill.drill import LEAST_S, MOST_S, as_json, hold, table

_QUESTION = (
    "For {seconds} s test alarms go through gateway {gateway}, type tiexin.test.alarm: the platform must not ring for"
    " them. Its uplink is cut for up to 8 s, and it is killed once; it is back within seconds, and real alarms wait so"
    " long in the pendants. Now?"
)


@click.command("drill", help="Cut, kill and count on the gateway that runs here: what is lost, repeated, late?")
@options.config
@click.option("--seconds", default=60, show_default=True, type=click.IntRange(LEAST_S, MOST_S), help="How long.")
@click.option("--yes", is_flag=True, help="Do not ask: for scripts.")
@options.as_json
def command(path: Path, seconds: int, yes: bool, is_json: bool) -> int:
    """Hold a drill; exit code 1 if anything was lost."""
    config = load(path)
    if not yes:
        click.confirm(_QUESTION.format(seconds=seconds, gateway=config.gateway), abort=True, err=True)
    report = asyncio.run(hold(config, seconds, partial(click.echo, err=True)))
    click.echo(as_json(report) if is_json else table(report))
    return 0 if report.is_well else 1
