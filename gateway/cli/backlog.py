"""Without this file there would be no `gateway backlog`: what waits, and for how long there is room."""

import json
from pathlib import Path
from typing import Any

import click

from gateway import backlog, beside
from gateway.cli import options
from gateway.cli.columns import columns, span
from gateway.clock import system_clock
from gateway.config import load
from gateway.registry import Registry
from gateway.space import Limits

_MB = 1_000_000


@click.command("backlog", help="What waits for the platform: by lane, since when, and how many hours there is room.")
@options.config
@options.as_json
def command(path: Path, is_json: bool) -> None:
    """Show what waits; works beside a running gateway."""
    config = load(path, has_secrets=False)
    registry = Registry(config.pendants_file)
    registry.refresh()
    limits = Limits(config.store.max_mb * _MB, config.store.reserve_mb * _MB)
    with beside.opened(config.data_dir / options.STORE_NAME) as db:
        found = backlog.report(db, beside.Dates(db, system_clock(config.clock)), limits, len(registry))
    click.echo(json.dumps(found, indent=2) if is_json else _in_words(found))


def _in_words(found: dict[str, Any]) -> str:
    rows = [("lane", "waiting", "bytes", "oldest", "age")]
    for name, lane in found["lanes"].items():
        if lane["waiting"]:
            oldest = lane["oldest"] or "date unknown"
            rows.append((name, f"{lane['waiting']:,}", f"{lane['bytes']:,}", oldest, span(lane["oldest_s"])))
        else:
            rows.append((name, "0", "0", "", ""))
    used = f"{found['used_bytes'] / _MB:.1f} of {found['max_bytes'] / _MB:.0f} MB used"
    reserve = f"{found['reserve_bytes'] / _MB:.0f} MB of it for alarms alone"
    hours = found["holds_h"]
    holds = "no rate known" if hours is None else f"room for {span(hours * 3_600)} more ({found['holds_basis']})"
    return f"{columns(rows)}\n{used}, {reserve}; {holds}"
