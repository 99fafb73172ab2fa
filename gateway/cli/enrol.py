"""Without this file there would be no `gateway enrol`: a flashed board's record goes into the list of pendants."""

from pathlib import Path

import click

from gateway.cli import options
from gateway.enrol import enrol


@click.command("enrol", help="Take the records that `make flash` wrote into the list of pendants.")
@click.argument("records", nargs=-1, required=True, metavar="FILE...", type=click.Path(path_type=Path))
@options.maybe_config
@options.registry
@options.key_file
def command(records: tuple[Path, ...], config: Path | None, registry: Path | None, key_file: Path | None) -> None:
    """Enrol pendants."""
    path, store = options.places(config, registry)
    for record in records:
        verdict = enrol(record, path, key_file, store)
        options.note(config, "enrol", record.stem, verdict)
        click.echo(f"{record.stem}: {verdict}")
