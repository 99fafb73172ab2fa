"""Without this file the checks would not be made in the order in which one thing explains the next."""

from collections.abc import Iterator
from pathlib import Path

from gateway.clock import system_clock
from gateway.config import load
from gateway.doctor import broker, disk, files, machine, second_way, serial_port
from gateway.doctor.finding import Finding, well, wrong
from gateway.errors import SetUpError
from gateway.moving.swap import Swap
from gateway.topics import Topics


def visit(path: Path) -> Iterator[Finding]:
    """All that can be looked at, one finding at a time: some take seconds. Changes nothing but a lock file."""
    yield machine.versions()
    if Swap(path).note.exists():
        yield wrong("configuration", "import_unfinished", path=path)
    try:
        config = load(path)
    except SetUpError as fault:
        yield wrong("configuration", "config_wrong", text=str(fault))
        yield machine.service(runs=False)
        return
    yield well("configuration", "config_well", path=path)
    clock = system_clock(config.clock)
    yield machine.clock(clock)
    yield from files.look(config)
    yield from disk.look(config, clock)
    runs = machine.is_running(config)
    yield serial_port.look(config, is_running=runs)
    topics = Topics(config.base, config.site, config.gateway)
    yield from broker.look("broker", config.broker, topics, clock)
    if second := config.second_way.broker:
        yield from broker.look("second_broker", second, topics, clock)
    yield from second_way.look(config, is_running=runs)
    yield machine.service(runs=runs)
