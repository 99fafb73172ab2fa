"""Without this file there would be no `gateway import`: a new box becomes the one that was exported."""

import time
from pathlib import Path

import click

from gateway.cli import options
from gateway.configuration.secret_files import BESIDE
from gateway.errors import SetUpError
from gateway.moving.restore import restore
from gateway.moving.swap import Swap, refuse_unfinished


@click.command("import", help="Make this box the one that was exported into FILE. Then only this one may run.")
@click.argument("source", metavar="FILE", required=False, type=click.Path(path_type=Path))
@options.config
@options.passphrase_file
@click.option("--replace", is_flag=True, help="Give up what this box has been.")
@click.option("--finish", is_flag=True, help="Finish an import that a power cut has interrupted; nothing else.")
def command(source: Path | None, path: Path, passphrase_file: Path | None, replace: bool, finish: bool) -> None:
    """Import."""
    if finish:
        click.echo("The import is finished." if Swap(path).finish() else "There is no import to finish.")
        return
    if source is None:
        raise SetUpError("Name the FILE that `tiexin-gateway export` wrote.")
    refuse_unfinished(path)
    if not source.is_file():
        raise SetUpError(f"{source}: there is no such file; name the one that `tiexin-gateway export` wrote.")
    passphrase = options.passphrase(passphrase_file, is_new=False)
    began_s = time.monotonic()
    manifest, places = restore(source, path, passphrase, is_replacing=replace)
    took_s = time.monotonic() - began_s
    for place in places:
        if place.parent.name == BESIDE:
            click.echo(f"for the service: LoadCredential={place.name}:{place}")
    click.echo(
        f"This box is now {manifest.gateway} ({manifest.site}) as of {manifest.made}, in {took_s:.1f} s. Leave the old"
        " one switched off: two of them would take turns at the broker."
    )
