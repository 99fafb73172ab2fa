"""Without this file there would be no `gateway run`: the gateway itself, until it is told to stop."""

import asyncio
import faulthandler
import sys
from collections.abc import Callable
from pathlib import Path

import click

from gateway.alone import Alone
from gateway.app import serve
from gateway.cli import options
from gateway.config import load
from gateway.moving.swap import refuse_unfinished
from gateway.trace import Sink, Trace, json_sink, text_sink

_STDERR = 2
_SWITCH_S = 0.0005  # the store's writer waits no longer than this for a loop that is busy with telemetry


@click.command("run", help="Serve until told to stop (SIGTERM).")
@options.config
@click.option("--log", "form", type=click.Choice(["text", "json"]), default="text", help="How steps are written.")
@click.option("--verbose", is_flag=True, help="Also write telemetry and polls.")
@click.pass_context
def command(context: click.Context, path: Path, form: str, verbose: bool) -> None:
    """Run the gateway."""
    sys.setswitchinterval(_SWITCH_S)
    faulthandler.enable(_STDERR)  # the watchdog's SIGABRT then says where each thread hung
    sink = json_sink(_STDERR) if form == "json" else text_sink(_STDERR)
    through: Callable[[Sink], Sink] = context.obj or (lambda sink: sink)
    refuse_unfinished(path)
    config = load(path)
    with Alone(config.data_dir):
        asyncio.run(serve(config, Trace(through(sink), is_fine=verbose)))
