"""Without this file there would be no `gateway export`: all that makes this box, in one sealed file."""

import time
from pathlib import Path

import click

from gateway.cli import options
from gateway.config import load
from gateway.errors import SetUpError
from gateway.moving.export import export


@click.command("export", help="Write keys, settings and unsent events into one encrypted FILE; a gateway may run on.")
@click.argument("target", metavar="FILE", type=click.Path(path_type=Path))
@options.config
@options.passphrase_file
@click.option("--work", metavar="FOLDER", type=click.Path(path_type=Path), help="Where the store's copy is made.")
@click.option("--force", is_flag=True, help="Overwrite FILE.")
def command(target: Path, path: Path, passphrase_file: Path | None, work: Path | None, force: bool) -> None:
    """Export."""
    if target.exists() and not force:
        raise SetUpError(f"{target}: there already; name another file, or write --force.")
    config = load(path)
    passphrase = options.passphrase(passphrase_file, is_new=True)
    began_s = time.monotonic()
    manifest = export(config, target, passphrase, time.time(), work)
    took_s = time.monotonic() - began_s
    click.echo(
        f"{target}: {manifest.gateway} with {len(manifest.entries)} files, {target.stat().st_size / 1e6:.1f} MB,"
        f" in {took_s:.1f} s, read back and whole. Keep its passphrase elsewhere."
    )
