"""Without this file the gateway could fill the whole card: the section [store]."""

from dataclasses import dataclass

from gateway.configuration.table import Table


@dataclass(frozen=True)
class StoreConfig:
    """How much of the disk may be used."""

    max_mb: int
    reserve_mb: int  # the part of max_mb that only alarms may fill


def read(table: Table) -> StoreConfig:
    """The section [store]."""
    store = StoreConfig(
        max_mb=table.number("store", "max_mb", 4, 1_000_000, default=512),
        reserve_mb=table.number("store", "reserve_mb", 1, 100_000, default=16),
    )
    if store.reserve_mb > store.max_mb // 2:
        raise table.wrong(
            "store", "reserve_mb", f"the reserve for alarms may be half of max_mb ({store.max_mb}) at most"
        )
    return store
