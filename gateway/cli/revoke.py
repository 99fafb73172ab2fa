"""Without this file there would be no `gateway revoke`: a lost pendant is disowned without a platform."""

from pathlib import Path

import click

from gateway import keys
from gateway.cli import options
from gateway.errors import SetUpError
from shared import frames


@click.command("revoke", help="Disown pendants. A running gateway stops serving them within seconds.")
@click.argument("pendants", nargs=-1, required=True, metavar="ID...")
@options.maybe_config
@options.registry
@options.key_file
def command(pendants: tuple[str, ...], config: Path | None, registry: Path | None, key_file: Path | None) -> None:
    """Revoke pendants; enrolling one again undoes it."""
    path, _ = options.places(config, registry)
    for pendant in [_id(pendant) for pendant in pendants]:
        keys.revoke(path, pendant, key_file)
        options.note(config, "revoke", pendant.hex(), "done")
        click.echo(f"{pendant.hex()}: revoked")


def _id(text: str) -> bytes:
    try:
        pendant = bytes.fromhex(text)
    except ValueError:
        pendant = b""
    if len(pendant) != frames.ID_SIZE:
        raise SetUpError(f"{text}: is no pendant's id; write the 12 digits on its label.")
    return pendant
