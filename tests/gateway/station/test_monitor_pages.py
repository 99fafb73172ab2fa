"""What monitors read: /healthz for everybody and bare, /metrics for the machine itself or with the token."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from gateway.station import health_check, metrics
from gateway.vitals import Link, Sign, Vital
from tests.gateway.station.house import config, run, sources

TOKEN = "a-token-of-24-characters"
SIGN = Sign("a0b1c2d3e4f5", "here", 5.0, -64, -60, 80, 3900, worn=True, charging=False)
VITAL = Vital(
    version="0.1.0", uptime_s=100.0, pendants=2, broker=Link(is_up=True, since_s=90.0),
    bridge=Link(is_up=True, since_s=90.0), channel=6, is_time_known=True, store_answers=True, store_takes_alarms=True,
    health={
        "certificates": {"cert_file": 30},
        "store": {
            "waiting": {"alarm": 0, "event": 1, "telemetry": 7}, "used_mb": 1.5, "max_mb": 512, "holds_h": None,
            "folded": 3, "pushed_out": 0,
        },
    },
    counts={
        "frames": {"heard": 9, "from a gateway": 1}, "refused": {"replayed": 2, "unknown pendant": 0},
        "line": {"damaged": 0, "dropped_by_bridge": 4},
    },
    oldest_s={"alarm": None, "event": 3.0, "telemetry": 70.0}, disk_free_bytes=10**9, disk_bytes=10**10,
    open_alarms=1, unanswered_alarms=1, longest_unanswered_s=12.0, signs=[SIGN, replace(SIGN, pendant="a0b1c2d3e4f6",
    presence="missing", battery_percent=None, worn=None)],
)  # fmt: skip


class Vitals:
    """Always the same, or what the test put in its place."""

    hearings = None

    vital = VITAL

    async def recent(self, _most_s):
        """As the real one's."""
        return self.vital


def families(vital=VITAL):
    """What a Prometheus server would read, by name."""
    return {family.name: family for family in text_string_to_metric_families(metrics.text(vital).decode())}


def test_prometheus_reads_it():
    """With the client's own parser: types, labels and values."""
    found = families()

    assert found["tiexin_frames"].type == "counter"
    samples = {(s.name, *s.labels.values()): s.value for family in found.values() for s in family.samples}
    assert samples["tiexin_frames_total", "from_a_gateway"] == 1
    assert samples["tiexin_link_up", "broker"] == 1
    assert samples["tiexin_pendants", "missing"] == samples["tiexin_pendants", "here"] == 1
    assert samples["tiexin_store_waiting_records", "telemetry"] == 7
    assert samples["tiexin_store_used_bytes",] == 1.5e6
    assert samples["tiexin_pendant_battery_ratio", "a0b1c2d3e4f5"] == 0.8
    assert ("tiexin_pendant_battery_ratio", "a0b1c2d3e4f6") not in samples
    assert ("tiexin_store_oldest_seconds", "alarm") not in samples
    assert samples["tiexin_certificate_left_seconds", "cert_file"] == 30 * 86_400


def test_names_and_units_are_prometheus_own():
    """What promtool would say: prefix, base units, help, no _total on a gauge, no abbreviated unit, labels in words."""
    for name, family in families().items():
        if not name.startswith("tiexin_"):
            assert name.startswith(("process_", "python_")), name
            continue
        assert re.fullmatch(r"tiexin_[a-z]+(_[a-z]+)*", name)
        assert family.documentation.endswith(".")
        assert not re.search(r"_(ms|s|mb|kb|percent|hours|days|total|count|minutes)$", name), name
        for sample in family.samples:
            assert (sample.name.endswith("_total")) == (family.type == "counter"), sample.name
            assert all(re.fullmatch(r"[a-z0-9_.]+", value) for value in sample.labels.values()), sample


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({}, []),
        ({"broker": Link(is_up=False, since_s=61.0)}, ["broker-away"]),
        ({"broker": Link(is_up=False, since_s=5.0)}, []),
        ({"bridge": Link(is_up=False, since_s=600.0)}, ["bridge-away"]),
        ({"store_answers": False}, ["store-silent"]),
        ({"store_takes_alarms": False}, ["store-refuses"]),
        ({"disk_free_bytes": 1_000}, ["disk-full"]),
        ({"health": {"certificates": {"cert_file": -1}}}, ["certificate-expired"]),
    ],
)
def test_whether_it_is_fit(tmp_path, changes, why):
    """200 or 503 to whoever asks, in fixed words, with no name, id or number in them."""
    vitals = Vitals()
    vitals.vital = replace(VITAL, **changes)

    async def scene(_station, client):
        async with client.get("/healthz") as answer:
            return answer.status, await answer.json()

    status, said = run(scene, tmp_path, lent=sources(tmp_path, vitals=vitals))

    assert said == {"status": "failing" if why else "ok", "reasons": why}
    assert status == (503 if why else 200)
    assert not re.search(r"\d", json.dumps(said))
    assert health_check.reasons(vitals.vital) == why
    assert set(why) <= set(health_check.REASONS)


def test_what_nobody_can_tell_is_not_well(tmp_path):
    """A page that was lent no look at the gateway does not call it fit."""

    async def scene(_station, client):
        async with client.get("/healthz") as answer:
            return answer.status

    assert run(scene, tmp_path) == 503


@pytest.mark.parametrize(
    ("settings", "headers", "status"),
    [
        ({}, {}, 200),
        ({}, {"X-Forwarded-For": "10.0.0.9"}, 403),
        ({}, {"Host": "evil.example"}, 403),
        ({}, {"Authorization": "Bearer "}, 200),
        ({"behind_proxy": True}, {}, 403),
        ({"behind_proxy": True}, {"Authorization": "Bearer wrong"}, 403),
        ({"behind_proxy": True, "metrics_token": TOKEN}, {"Authorization": "Bearer wrong"}, 403),
        ({"behind_proxy": True, "metrics_token": TOKEN}, {"Authorization": f"Bearer {TOKEN}"}, 200),
        ({"metrics_token": TOKEN}, {"Host": "evil.example", "Authorization": f"bearer {TOKEN}"}, 200),
    ],
)
def test_who_may_read_the_numbers(tmp_path, settings, headers, status):
    """The machine itself under its own name, or who brings the token; behind a proxy only the token counts."""

    async def scene(_station, client):
        async with client.get("/metrics", headers=headers) as answer:
            assert (await answer.text()).count("tiexin_link_up") == (3 if status == 200 else 0) + (status == 200)
            return answer.status

    lent = sources(tmp_path, vitals=Vitals())
    assert run(scene, tmp_path, settings=config(tmp_path, **settings), lent=lent) == status


def test_the_dashboard_shows_what_there_is():
    """Each expression of docs/grafana.json names metrics that the gateway has, and every metric name is spelt right."""
    path = Path(__file__).resolve().parents[3] / "docs" / "grafana.json"
    dashboard = json.loads(path.read_text(encoding="utf-8"))
    known = {sample.name for family in families().values() for sample in family.samples}
    panels = [panel for panel in dashboard["panels"] if panel["type"] != "row"]
    expressions = [target["expr"] for panel in panels for target in panel["targets"]]

    assert len({panel["id"] for panel in dashboard["panels"]}) == len(dashboard["panels"])
    for expression in expressions:
        named = set(re.findall(r"\b(?:tiexin|process)_[a-z_]+", expression))
        assert named and named <= known, expression
