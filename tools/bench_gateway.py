"""Without this tool the gateway's speed would be a claim: `make bench-gateway` measures it beside what others use.

All columns are measured in one run on one machine, row by row, so that noise meets them alike. What is not installed is
left out. The platform is mosquitto's broker if there is one, else the embedded broker.
"""

import itertools
import tempfile
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from tools.gateway_bench import backlog, mosquitto, thingsboard
from tools.gateway_bench.box import Tiexin
from tools.gateway_bench.rows import ROWS, Bench, fresh, run_row
from tools.home.broker import EmbeddedBroker

Make = Callable[[int], Any]


def _systems(directory: Path, broker_port: int) -> dict[str, Make]:
    numbers = itertools.count()
    systems: dict[str, Make] = {"tiexin": lambda port: Tiexin(fresh(directory, next(numbers)), port)}
    if mosquitto.program():
        systems["mosquitto bridge, defaults"] = lambda port: mosquitto.MosquittoBridge(
            fresh(directory, next(numbers)), port
        )
        systems["mosquitto bridge, strictest"] = lambda port: mosquitto.MosquittoBridge(
            fresh(directory, next(numbers)), port, mosquitto.STRICT
        )
    if thingsboard.program():
        systems["thingsboard gateway, sqlite"] = lambda port: thingsboard.ThingsBoard(
            fresh(directory, next(numbers)), port, broker_port
        )
    return systems


def _platform(directory: Path) -> AbstractContextManager[Any]:
    if mosquitto.program():
        return mosquitto.platform(directory / "platform")
    return EmbeddedBroker(directory)


@click.command()
@click.option("--share", default=1.0, show_default=True, help="Part of the full numbers, for a quick look.")
@click.option("--only", default="", help="Only the rows with this word; `backlog` for the million.")
@click.option("--records", default=1_000_000, show_default=True, help="Records of the backlog.")
def main(share: float, only: str, records: int) -> None:
    """Measure the gateway beside Mosquitto's bridge, and alone with a backlog of a million."""
    console = Console()
    with tempfile.TemporaryDirectory(prefix="tiexin-bench-") as name:
        directory = Path(name)
        directory.chmod(0o755)  # mosquitto gives up being root and must still reach its store
        if not mosquitto.program():
            console.print("mosquitto is not installed (apt install mosquitto, or MOSQUITTO=path): left out")
        if not thingsboard.program():
            console.print("ThingsBoard's gateway is not named (THINGSBOARD_GATEWAY=path): left out")
        rows = [row for row in ROWS if only in row[0]]
        if rows:
            console.print(_compare(console, rows, directory, share))
        if only in {"", "backlog"}:
            with _platform(directory / "million") as broker:
                many = round(records * share)
                console.print(backlog.measure(directory / "backlog", broker.port, many))
                console.print(backlog.measure(directory / "with-page", broker.port, many, has_page=True))


def _compare(console: Console, rows: list[Any], directory: Path, share: float) -> Table:
    with _platform(directory) as broker:
        systems = _systems(directory, broker.port)
        table = Table("", *systems, title="The same faults, in the same run")
        for label, row in rows:
            cells = [run_row(row, Bench(make, broker.port, share)) for make in systems.values()]
            table.add_row(label, *cells)
            console.print(f"[dim]{label}: {' | '.join(cells)}")
    return table


if __name__ == "__main__":
    main()
