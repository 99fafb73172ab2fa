"""Without this file there would be no `gateway unlock`: an encrypted list of pendants, in the clear again."""

from pathlib import Path

import click

from gateway.cli import options
from gateway.enrol import unlock


@click.command("unlock", help="Write the list of pendants in the clear again.")
@options.maybe_config
@options.registry
@options.key_file
def command(config: Path | None, registry: Path | None, key_file: Path | None) -> None:
    """Decrypt the list."""
    path, _ = options.places(config, registry)
    unlock(path, key_file)
    options.note(config, "unlock", path.name, "done")
    click.echo(f"{path}: is in the clear.")
