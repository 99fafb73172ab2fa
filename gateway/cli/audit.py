"""Without this file there would be no `gateway audit`: who asked this gateway for what, and what came of it."""

import json
import os
from dataclasses import asdict
from pathlib import Path

import click

from gateway.audit import Entry, read_trail
from gateway.cli import options
from gateway.config import load
from gateway.errors import SetUpError


@click.command("audit", help="Show who asked this gateway for what, and what came of it; the newest last.")
@options.config
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1), help="How many entries.")
@options.as_json
def command(path: Path, limit: int, is_json: bool) -> None:
    """Show the trail."""
    data_dir = load(path, has_secrets=False).data_dir
    if data_dir.exists() and not os.access(data_dir, os.R_OK | os.X_OK, effective_ids=True):
        raise SetUpError(f"{data_dir}: this user may not look there; run this as the gateway's user or with sudo.")
    for entry in reversed(read_trail(data_dir, limit)):
        click.echo(json.dumps(asdict(entry), ensure_ascii=False) if is_json else _line(entry))


def _line(entry: Entry) -> str:
    details = " ".join(f"{name}={value}" for name, value in entry.detail.items() if value is not None)
    when = entry.when or "at an unknown time      "
    return f"{when}  {entry.outcome:8} {entry.action:12} {entry.about}  by {entry.actor}  {details}".rstrip()
