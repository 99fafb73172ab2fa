"""Without this file there would be no `gateway forget`: a pendant and its key leave the list."""

from pathlib import Path

import click

from gateway.cli import options
from gateway.enrol import forget
from gateway.errors import SetUpError


@click.command("forget", help="Remove pendants and their keys from the list.")
@click.argument("pendants", nargs=-1, required=True, metavar="ID...")
@options.maybe_config
@options.registry
@options.key_file
def command(pendants: tuple[str, ...], config: Path | None, registry: Path | None, key_file: Path | None) -> None:
    """Forget pendants."""
    path, _ = options.places(config, registry)
    for pendant in pendants:
        if not forget(pendant, path, key_file):
            raise SetUpError(f"{path}: has no pendant {pendant}; write the 12 digits on its label.")
        options.note(config, "forget", pendant, "done")
        click.echo(f"{pendant}: forgotten")
