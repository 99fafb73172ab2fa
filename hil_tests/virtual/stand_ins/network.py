"""Without this module the radio could not be switched on or moved to a channel.

Stands in for the part of MicroPython's network that ESP-NOW needs: a station interface that never joins anything.
"""

import host
import wire

STA_IF = 0
AP_IF = 1

_CHANNEL_MAX = 13


class WLAN:
    """The Wi-Fi hardware, one for both interfaces."""

    IF_STA = 0
    IF_AP = 1
    PM_NONE = 0
    PM_PERFORMANCE = 1
    PM_POWERSAVE = 2

    _state = {"active": False, "channel": 1, "pm": 1, "txpower": 20, "protocol": 7, "hostname": "tiexin"}

    def __init__(self, interface=STA_IF):
        self._interface = interface

    def active(self, on=None):
        """Read or switch."""
        if on is not None and bool(on) != self._state["active"]:
            self._state["active"] = bool(on)
            self._state["channel"] = 1  # the driver starts anew
            self._tell()
        return self._state["active"]

    def config(self, *names, **values):
        """Read one parameter or set some: channel, mac, pm, txpower, protocol, hostname."""
        for name, value in values.items():
            self._set(name, value)
        if names:
            if names[0] == "mac":
                return bytes(host.facts["mac"])
            if names[0] not in self._state:
                raise ValueError("unknown config param")
            return self._state[names[0]]
        return None

    def _set(self, name, value):
        if name not in self._state or name == "active":
            raise ValueError("unknown config param")
        if name == "channel":
            if not self._state["active"]:
                raise OSError("Wifi Not Started")
            if not 1 <= value <= _CHANNEL_MAX:
                raise OSError("Wifi Invalid Argument")
        self._state[name] = value
        self._tell()

    def _tell(self):
        host.call(wire.WIFI, bytes((1 if self._state["active"] else 0, self._state["channel"])))

    def disconnect(self):
        """Nothing was joined."""

    def isconnected(self):
        """Never: ESP-NOW needs no association."""
        return False
