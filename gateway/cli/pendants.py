"""Without this file there would be no `gateway pendants`: who belongs here, and when each was last heard. No keys."""

import json
from pathlib import Path
from typing import Any

import click

from gateway import beside, sightings
from gateway.cli import options
from gateway.cli.columns import columns, span
from gateway.clock import system_clock
from gateway.config import Config, load
from gateway.registry import Registry


@click.command("pendants", help="List the pendants: id, name, room, when last heard, revoked. Never a key.")
@options.config
@options.as_json
def command(path: Path, is_json: bool) -> None:
    """List the pendants."""
    found = pendants(load(path, has_secrets=False))
    if is_json:
        click.echo(json.dumps(found, ensure_ascii=False, indent=2))
    elif not found:
        click.echo("No pendant is listed; `make flash` and `tiexin-gateway enrol` add one.")
    else:
        click.echo(columns([("id", "name", "room", "last seen", "ago", "revoked"), *map(_row, found)]))


def pendants(config: Config) -> list[dict[str, Any]]:
    """What is known of each pendant, by name."""
    registry = Registry(config.pendants_file)
    registry.refresh()
    seen = _seen(config)
    listed = [
        {
            "id": pendant.id.hex(),
            "name": pendant.name,
            "room": pendant.room,
            "last_seen": None,
            "ago_s": None,
            "revoked": pendant.is_revoked,
            **seen.get(pendant.id, {}),
        }
        for pendant in registry
    ]
    return sorted(listed, key=lambda pendant: str(pendant["name"]))


def _seen(config: Config) -> dict[bytes, dict[str, Any]]:
    store = config.data_dir / options.STORE_NAME
    if not store.exists():
        return {}  # nobody was heard yet
    with beside.opened(store) as db:
        dates = beside.Dates(db, system_clock(config.clock))
        return {
            pendant: {"last_seen": dates.date(*stamp), "ago_s": dates.age_s(*stamp)}
            for pendant, stamp in sightings.sightings(db).items()
        }


def _row(pendant: dict[str, Any]) -> tuple[str, ...]:
    ago_s = pendant["ago_s"]
    seen = pendant["last_seen"] or ("never" if ago_s is None else "date unknown")
    ago = "" if ago_s is None else span(ago_s)
    return (
        pendant["id"], pendant["name"], str(pendant["room"] or ""), seen, ago, "revoked" if pendant["revoked"] else "",
    )  # fmt: skip
