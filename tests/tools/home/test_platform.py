"""The platform of the demo, against a real broker."""

import json

import paho.mqtt.client as mqtt
import pytest

from tools.home.broker import EmbeddedBroker
from tools.home.platform import Platform


@pytest.fixture
def platform(tmp_path):
    """A platform on a broker of its own, and a client that speaks as a gateway would."""
    with EmbeddedBroker(tmp_path) as broker, Platform(broker.port) as platform:
        gateway = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
        gateway.connect("127.0.0.1", broker.port)
        gateway.loop_start()
        yield platform, gateway
        gateway.disconnect()
        gateway.loop_stop()


def _event(name, kind="tiexin.fall.suspected"):
    return {"specversion": "1.0", "id": name, "type": kind, "subject": "7c9ebd000001"}


def _publish(gateway, topic, content):
    gateway.publish(topic, json.dumps(content), qos=1).wait_for_publish(5)


def test_the_same_id_twice_is_one_event(platform):
    """An id that comes again is counted, not taken again."""
    platform, gateway = platform
    for _ in range(2):
        _publish(gateway, "tiexin/home/gw1/alarm/7c9ebd000001", _event("7c9ebd000001-1-1"))
    _publish(gateway, "tiexin/home/gw1/alarm/7c9ebd000001", _event("7c9ebd000001-1-2"))

    assert platform.expect(lambda one: one.id.endswith("-2"), 5).copies == 1
    assert [(one.id, one.copies) for one in platform.in_order()] == [("7c9ebd000001-1-1", 2), ("7c9ebd000001-1-2", 1)]


def test_an_id_that_comes_again_with_another_meaning_is_told(platform):
    """No copy, but two events under one id: one of them would be lost."""
    platform, gateway = platform
    for kind in ("tiexin.fall.suspected", "tiexin.fall.suspected", "tiexin.help.requested"):
        _publish(gateway, "tiexin/home/gw1/alarm/7c9ebd000001", _event("7c9ebd000001-1-1", kind))
    _publish(gateway, "tiexin/home/gw1/alarm/7c9ebd000001", _event("7c9ebd000001-1-2"))
    platform.expect(lambda one: one.id.endswith("-2"), 5)

    said = "7c9ebd000001-1-1 was tiexin.fall.suspected and came again as tiexin.help.requested"
    assert platform.contradictions == [said]


def test_a_batch_is_taken_apart(platform):
    """A CloudEvents batch is as many events as it holds."""
    platform, gateway = platform
    batch = [_event(f"7c9ebd000001-1-{number}", "tiexin.beat") for number in range(5)]
    _publish(gateway, "tiexin/home/gw1/telemetry/batch", batch)

    platform.expect(lambda one: one.id.endswith("-4"), 5)
    assert len(platform.in_order()) == 5


def test_what_is_no_json_is_kept_aside(platform):
    """Rubbish on a topic does not stop the platform."""
    platform, gateway = platform
    gateway.publish("tiexin/home/gw1/alarm/x", b"\xff not json", qos=1).wait_for_publish(5)
    _publish(gateway, "tiexin/home/gw1/alarm/7c9ebd000001", _event("7c9ebd000001-1-1"))

    platform.expect(lambda one: one.id == "7c9ebd000001-1-1", 5)
    assert platform.unreadable == [b"\xff not json"]


def test_nothing_within_the_time_says_what_came_instead(platform):
    """A failed expectation names what did arrive."""
    platform, gateway = platform
    _publish(gateway, "tiexin/home/gw1/event/7c9ebd000001", _event("7c9ebd000001-1-9", "tiexin.fault.raised"))
    platform.expect(lambda one: True, 5)

    with pytest.raises(TimeoutError, match=r"tiexin\.fault\.raised 7c9ebd000001-1-9"):
        platform.expect(lambda one: one.type == "tiexin.fall.suspected", 0.1)
