"""Without this file there would be no `gateway lock`: the list of pendants, encrypted at rest."""

from pathlib import Path

import click

from gateway import vault
from gateway.cli import options
from gateway.enrol import lock


@click.command("lock", help="Encrypt the list of pendants at rest (or anew, under another secret).")
@options.maybe_config
@options.registry
@options.key_file
@click.option("--new-key-file", metavar="FILE", type=click.Path(path_type=Path), help="From now on this secret.")
def command(config: Path | None, registry: Path | None, key_file: Path | None, new_key_file: Path | None) -> None:
    """Encrypt the list."""
    path, _ = options.places(config, registry)
    lock(path, key_file, new_key_file)
    options.note(config, "lock", path.name, "done")
    click.echo(
        f"{path}: is encrypted. Keep its secret on another medium; the gateway finds it by {vault.KEY_VARIABLE}."
    )
