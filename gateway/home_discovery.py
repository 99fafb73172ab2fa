"""Without this file Home Assistant would have to be told by hand what a pendant is: the documents that say it.

Device-based MQTT discovery (home-assistant.io/integrations/mqtt, "Device discovery payload"): one retained document a
device, with `device`, `o` (origin) and `cmps` (components). What the entities show stands in topics that exist anyway,
and in `home/<pendant>`, which home_assistant.py keeps.
"""

import json
from typing import Any

from gateway.topics import Topics
from gateway.vitals import version

ALARMS = ("fall_suspected", "fall_confirmed", "fall_cancelled", "fall_recovered", "help_requested")
_ONLINE = "{{ 'online' if value_json.data.online else 'offline' }}"
_YES = "{{ 'ON' if value_json.data.%s else 'OFF' }}"
_MAKER = "Tiexin"


def device_topic(prefix: str, name: str) -> str:
    """Where the document of a device is kept."""
    return f"{prefix}/device/tiexin-{name}/config"


def pendant(topics: Topics, gateway: str, pendant_id: str, name: str, room: str | None, firmware: str) -> bytes:
    """The document of one pendant."""
    device: dict[str, Any] = {
        "identifiers": [f"tiexin-{pendant_id}"],
        "name": name,
        "manufacturer": _MAKER,
        "model": "Fall-alarm pendant",
        "serial_number": pendant_id,
        "via_device": f"tiexin-{gateway}",
    }
    if room:
        device["suggested_area"] = room
    if firmware:
        device["sw_version"] = firmware
    components = _pendant_components(topics, pendant_id)
    return _document(device, components, f"tiexin-{pendant_id}", _availability(topics))


def gateway_itself(topics: Topics, gateway: str) -> bytes:
    """The document of the gateway: that it is there, and what waits."""
    device = {
        "identifiers": [f"tiexin-{gateway}"],
        "name": f"Tiexin {gateway}",
        "manufacturer": _MAKER,
        "model": "Gateway",
        "sw_version": version(),
    }
    waiting = "{{ value_json.data.store.waiting.alarm if value_json.data.online else none }}"
    components = {
        "online": {
            **_entity("binary_sensor", "Connection", topics.status, _YES % "online"),
            "device_class": "connectivity",
        },
        "waiting_alarms": {
            **_entity("sensor", "Alarms waiting for the broker", topics.status, waiting),
            "state_class": "measurement",
        },
    }
    return _document(device, components, f"tiexin-{gateway}", {})


def _pendant_components(topics: Topics, pendant_id: str) -> dict[str, dict[str, Any]]:
    state, home = topics.state(pendant_id), topics.home(pendant_id)
    return {
        "alarm": {
            **_entity("binary_sensor", "Alarm", home, "{{ value_json.alarm }}"),
            "device_class": "safety",
            "json_attributes_topic": home,
        },
        "event": {
            **_entity(
                "event",
                "Last alarm",
                topics.lane("alarm", pendant_id),
                "{\"event_type\": \"{{ value_json.type[7:] | replace('.', '_') }}\"}",
            ),
            "event_types": list(ALARMS),
        },
        "answer": {
            "platform": "button",
            "name": "Answer the alarm",
            "command_topic": topics.home_answer(pendant_id),
            "command_template": '{"at": {{ as_timestamp(now()) | int }}}',
            "icon": "mdi:account-check",
        },
        "present": {
            **_entity("binary_sensor", "In reach", home, "{{ value_json.present }}"),
            "device_class": "connectivity",
        },
        "worn": _entity("binary_sensor", "Worn", state, _YES % "worn"),
        "charging": {
            **_entity("binary_sensor", "Charging", state, _YES % "charging"),
            "device_class": "battery_charging",
            "entity_category": "diagnostic",
        },
        "battery": {
            **_entity("sensor", "Battery", state, "{{ value_json.data.battery_percent }}"),
            "device_class": "battery",
            "unit_of_measurement": "%",
            "state_class": "measurement",
            "entity_category": "diagnostic",
        },
        "signal": {
            **_entity("sensor", "Signal", state, "{{ value_json.data.rssi_dbm }}"),
            "device_class": "signal_strength",
            "unit_of_measurement": "dBm",
            "state_class": "measurement",
            "entity_category": "diagnostic",
            "enabled_by_default": False,
        },
    }


def _entity(platform: str, name: str, topic: str, template: str) -> dict[str, Any]:
    return {"platform": platform, "name": name, "state_topic": topic, "value_template": template}


def _availability(topics: Topics) -> dict[str, Any]:
    """What a gateway that is gone cannot correct is shown as unavailable."""
    return {"availability": [{"topic": topics.status, "value_template": _ONLINE}]}


def _document(
    device: dict[str, Any], components: dict[str, dict[str, Any]], prefix: str, shared: dict[str, Any]
) -> bytes:
    for key, component in components.items():
        component["unique_id"] = f"{prefix}-{key}"
    origin = {"name": "tiexin-gateway", "sw_version": version()}
    made = {"device": device, "o": origin, "cmps": components, **shared, "qos": 1}
    return json.dumps(made, separators=(",", ":"), ensure_ascii=False).encode()
