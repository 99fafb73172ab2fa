"""Without this file nobody would know where the bridge is plugged in: the section [serial]."""

from dataclasses import dataclass

from gateway.configuration.table import Table


@dataclass(frozen=True)
class SerialConfig:
    """Where the bridge is plugged in."""

    port: str  # a path, or "auto": whichever USB port says hello
    wait: bool  # at start, wait for a port that is not there yet
    baud: int
    channel: int = 0  # the radio channel that the bridge is told; 0: as it was flashed
    avoid: str = ""  # with "auto": a port of another device, the modem


def read(table: Table) -> SerialConfig:
    """The section [serial]."""
    return SerialConfig(
        port=table.text("serial", "port"),
        wait=table.flag("serial", "wait", default=False),
        baud=table.number("serial", "baud", 9_600, 3_000_000, default=115_200),
        channel=table.number("serial", "channel", 0, 13, default=0),
    )
