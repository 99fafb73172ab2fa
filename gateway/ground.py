"""Without this file every part would be handed ten things that all of them need: what there is before any of them."""

from gateway.audit import Audit
from gateway.beside import STORE_NAME
from gateway.clock import boot_id, system_clock
from gateway.config import Config
from gateway.registry import Registry
from gateway.serial_link import SerialLink
from gateway.space import Limits
from gateway.status import Status
from gateway.store import Store
from gateway.topics import Topics
from gateway.trace import Trace

_MEGABYTE = 1_000_000


class Ground:
    """What the configuration names: clock, list, line, disk. Nothing is open yet."""

    def __init__(self, config: Config, trace: Trace) -> None:
        self.config = config
        self.trace = trace
        self.clock = system_clock(config.clock)
        self.registry = Registry(config.pendants_file)
        self.topics = Topics(config.base, config.site, config.gateway)
        self.serial = SerialLink(config.serial, trace)
        self.store_file = config.data_dir / STORE_NAME
        limits = Limits(config.store.max_mb * _MEGABYTE, config.store.reserve_mb * _MEGABYTE)
        self.store = Store(self.store_file, limits, self.clock.stamp_ms, boot_id(), trace)
        self.audit = Audit(config.data_dir, self.clock, trace)
        self.status = Status(
            config=config, registry=self.registry, store=self.store, clock=self.clock, limits=limits
        )  # fmt: skip
