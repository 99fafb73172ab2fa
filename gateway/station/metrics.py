"""Without this file a graph would have to be drawn from log lines: the gateway's numbers as Prometheus reads them.

Names and units as Prometheus wants them: `tiexin_`, base units (seconds, bytes, ratios), `_total` for what only grows.
Pendants are named by their id, which stands on their label; people and rooms are not named.
"""

import math
from collections.abc import Iterable, Iterator
from typing import Any

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.registry import Collector

from gateway.pendant_state import HERE, MISSING, UNKNOWN
from gateway.vitals import Sign, Vital

MOST_PENDANTS = 2_000  # with series of their own; a home has some hundred
_DAY_S = 86_400
_MB = 1_000_000


def text(vital: Vital) -> bytes:
    """All of it in the text format. Takes some milliseconds: not for the event loop."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Now(vital))
    ProcessCollector(registry=registry)
    return generate_latest(registry)


class _Now(Collector):
    """The numbers of one moment."""

    def __init__(self, vital: Vital) -> None:
        self._vital = vital

    def collect(self) -> Iterator[Metric]:
        """Everything."""
        yield from _gateway(self._vital)
        yield from _links(self._vital)
        yield from _store(self._vital)
        yield from _counts(self._vital.counts)
        yield from _pendants(self._vital.signs[:MOST_PENDANTS])


def _gauge(name: str, help_text: str, value: float) -> Metric:
    return GaugeMetricFamily(f"tiexin_{name}", help_text, value=value)


def _by(name: str, help_text: str, label: str, values: Iterable[tuple[str, float | None]]) -> Metric:
    made = GaugeMetricFamily(f"tiexin_{name}", help_text, labels=[label])
    for of, value in values:
        if value is not None:
            made.add_metric([of], value)
    return made


def _counter(name: str, help_text: str, label: str, values: Iterable[tuple[str, float]]) -> Metric:
    made = CounterMetricFamily(f"tiexin_{name}", help_text, labels=[label])
    for of, value in values:
        made.add_metric([of], value)
    return made


def _gateway(vital: Vital) -> Iterator[Metric]:
    yield InfoMetricFamily("tiexin_gateway", "This program.", value={"version": vital.version})
    yield _gauge("gateway_uptime_seconds", "Since the gateway has started.", vital.uptime_s)
    yield _gauge("gateway_pendants", "Pendants on the list.", vital.pendants)
    found = [sign.presence for sign in vital.signs]
    numbers = ((name, found.count(name)) for name in (HERE, MISSING, UNKNOWN))
    yield _by("pendants", "Pendants by whether they are heard.", "presence", numbers)
    yield _gauge("gateway_time_known", "1 while the machine knows the time.", vital.is_time_known)
    yield _gauge("alarms_open", "Alarms that a person must care for.", vital.open_alarms)
    yield _gauge("alarms_unanswered", "Of these, those that nobody has answered.", vital.unanswered_alarms)
    yield _gauge("alarm_longest_unanswered_seconds", "For how long the oldest waits.", vital.longest_unanswered_s)
    left = vital.health.get("certificates", {}).items()
    seconds = ((name, days * _DAY_S) for name, days in left)
    yield _by("certificate_left_seconds", "Until a certificate expires, in whole days.", "file", seconds)


def _links(vital: Vital) -> Iterator[Metric]:
    links = (("broker", vital.broker), ("bridge", vital.bridge))
    yield _by("link_up", "1 while the connection is there.", "link", ((name, link.is_up) for name, link in links))
    lasting = ((name, link.since_s) for name, link in links)
    yield _by("link_state_seconds", "For how long it has been as it is.", "link", lasting)
    yield _gauge("bridge_channel", "Radio channel of the bridge, 0 while unknown.", vital.channel)


def _store(vital: Vital) -> Iterator[Metric]:
    store: dict[str, Any] = vital.health.get("store", {})
    waiting = store.get("waiting", {}).items()
    yield _gauge("store_answers", "1 while the store answers questions.", vital.store_answers)
    yield _gauge("store_takes_alarms", "1 while the store takes alarms.", vital.store_takes_alarms)
    yield _by("store_waiting_records", "Records that no broker has confirmed yet.", "lane", waiting)
    yield _by("store_oldest_seconds", "For how long the oldest waits.", "lane", vital.oldest_s.items())
    yield _gauge("store_used_bytes", "Of the store's file.", store.get("used_mb", 0) * _MB)
    yield _gauge("store_limit_bytes", "What the file may use.", store.get("max_mb", 0) * _MB)
    holds_h = store.get("holds_h")
    yield _gauge(
        "store_holds_seconds",
        "How long it would take everything if the platform went away now; NaN while no rate is known.",
        math.nan if holds_h is None else holds_h * 3_600,
    )
    gone = (("folded", store.get("folded", 0)), ("pushed_out", store.get("pushed_out", 0)))
    yield _counter("store_beats_dropped", "Beats that had to make room, since the start.", "how", gone)
    yield _gauge("disk_free_bytes", "Of the disk with the store.", vital.disk_free_bytes)
    yield _gauge("disk_size_bytes", "Of the disk with the store.", vital.disk_bytes)


def _counts(counts: dict[str, Any]) -> Iterator[Metric]:
    heard, refused, line = counts.get("frames", {}), counts.get("refused", {}), counts.get("line", {})
    yield _counter("frames", "Frames out of the air, by what became of them.", "outcome", _labels(heard))
    yield _counter("frames_refused", "Frames that were not believed.", "reason", _labels(refused))
    yield _counter("line_faults", "On the serial line to the bridge.", "kind", _labels(line))


def _labels(counts: dict[str, int]) -> list[tuple[str, float]]:
    return [(name.replace(" ", "_"), count) for name, count in counts.items()]


def _pendants(signs: list[Sign]) -> Iterator[Metric]:
    def of(name: str, help_text: str, values: Iterable[float | None]) -> Metric:
        return _by(f"pendant_{name}", help_text, "pendant", zip((sign.pendant for sign in signs), values, strict=True))

    yield of("heard_ago_seconds", "Since it was heard last.", (sign.heard_ago_s for sign in signs))
    yield of("rssi_dbm", "How strongly it is heard here.", (sign.rssi_dbm for sign in signs))
    yield of("downlink_rssi_dbm", "How strongly it hears us.", (sign.downlink_rssi_dbm for sign in signs))
    charges = (None if sign.battery_percent is None else sign.battery_percent / 100 for sign in signs)
    yield of("battery_ratio", "Charge of its battery, 0 to 1.", charges)
    volts = (None if sign.battery_mv is None else sign.battery_mv / 1_000 for sign in signs)
    yield of("battery_volts", "Voltage of its battery.", volts)
    for name, help_text in (("worn", "1 while it is worn."), ("charging", "1 while it is charged.")):
        yield of(name, help_text, (getattr(sign, name) for sign in signs))
