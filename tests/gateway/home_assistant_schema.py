"""What Home Assistant's documentation asks of a device's discovery document, as a JSON Schema.

From home-assistant.io: integrations/mqtt ("Device discovery payload", "Using availability topics", "origin") and the
pages of the platforms sensor, binary_sensor, event and button: which options there are, which are required, what they
may hold. What is not named there is refused: a misspelt option would be ignored by Home Assistant without a word.
"""

_TEXT = {"type": "string", "minLength": 1}
_TOPIC = {"type": "string", "minLength": 1, "pattern": "^[^+#\\s]+$"}
_TEMPLATE = {"type": "string", "pattern": "\\{\\{.*\\}\\}"}
_FLAG = {"type": "boolean"}
_ENTITY = {
    "platform": _TEXT, "name": {"type": ["string", "null"]}, "unique_id": _TEXT, "icon": {"pattern": "^mdi:[a-z-]+$"},
    "entity_category": {"enum": ["config", "diagnostic"]}, "enabled_by_default": _FLAG, "qos": {"enum": [0, 1, 2]},
    "json_attributes_topic": _TOPIC, "json_attributes_template": _TEMPLATE, "state_topic": _TOPIC,
    "value_template": _TEMPLATE,
}  # fmt: skip


def _platform(name, required, **options):
    return {
        "if": {"properties": {"platform": {"const": name}}},
        "then": {
            "required": ["unique_id", *required],
            "properties": {**_ENTITY, **options},
            "additionalProperties": False,
        },
    }


_COMPONENT = {
    "type": "object",
    "required": ["platform"],
    "properties": {"platform": {"enum": ["sensor", "binary_sensor", "event", "button"]}},
    "allOf": [
        _platform(
            "sensor", ["state_topic"],
            device_class={"enum": ["battery", "signal_strength", "timestamp", "duration"]},
            state_class={"enum": ["measurement", "total", "total_increasing"]}, unit_of_measurement=_TEXT,
            suggested_display_precision={"type": "integer"}, expire_after={"type": "integer"}, force_update=_FLAG,
        ),
        _platform(
            "binary_sensor", ["state_topic"],
            device_class={"enum": ["battery", "battery_charging", "connectivity", "occupancy", "presence", "problem",
                                   "running", "safety"]},
            payload_on=_TEXT, payload_off=_TEXT, off_delay={"type": "integer"}, expire_after={"type": "integer"},
            force_update=_FLAG,
        ),
        _platform(
            "event", ["state_topic", "event_types"],
            device_class={"enum": ["button", "doorbell", "motion"]},
            event_types={"type": "array", "minItems": 1, "uniqueItems": True, "items": _TEXT},
        ),
        _platform(
            "button", ["command_topic"],
            device_class={"enum": ["identify", "restart", "update"]}, command_topic=_TOPIC,
            command_template=_TEMPLATE, payload_press=_TEXT, retain=_FLAG,
        ),
    ],
}  # fmt: skip

DEVICE_DOCUMENT = {
    "type": "object",
    "required": ["device", "o", "cmps"],
    "properties": {
        "device": {
            "type": "object",
            "anyOf": [{"required": ["identifiers"]}, {"required": ["connections"]}],
            "properties": {
                "identifiers": {"type": "array", "minItems": 1, "items": _TEXT},
                "connections": {"type": "array", "items": {"type": "array", "minItems": 2, "maxItems": 2}},
                "name": _TEXT, "manufacturer": _TEXT, "model": _TEXT, "model_id": _TEXT, "hw_version": _TEXT,
                "sw_version": _TEXT, "serial_number": _TEXT, "suggested_area": _TEXT, "via_device": _TEXT,
                "configuration_url": {"pattern": "^https?://"},
            },
            "additionalProperties": False,
        },
        "o": {
            "type": "object",
            "required": ["name"],
            "properties": {"name": _TEXT, "sw_version": _TEXT, "support_url": {"pattern": "^https?://"}},
            "additionalProperties": False,
        },
        "cmps": {
            "type": "object", "minProperties": 1, "propertyNames": {"pattern": "^[a-zA-Z0-9_-]+$"},
            "additionalProperties": _COMPONENT,
        },
        "availability": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["topic"],
                "properties": {"topic": _TOPIC, "value_template": _TEMPLATE, "payload_available": _TEXT,
                               "payload_not_available": _TEXT},
                "additionalProperties": False,
            },
        },
        "availability_mode": {"enum": ["all", "any", "latest"]},
        "state_topic": _TOPIC, "command_topic": _TOPIC, "qos": {"enum": [0, 1, 2]}, "encoding": _TEXT,
    },
    "additionalProperties": False,
}  # fmt: skip

# <discovery_prefix>/device/<object_id>/config; the ids have letters, digits, underscore and hyphen only.
DEVICE_TOPIC = r"[A-Za-z0-9_.-]+/device/[a-zA-Z0-9_-]+/config"
