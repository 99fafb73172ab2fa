"""The board tries its own parts, one after the other; without this file a dead motor would be found by a wearer.

tools/flash.py imports it at the board's prompt, instead of main.py, and asks for one trial at a time. Each answers with
a dict: "ok", and what was measured. What needs a person waits for a press of the button.
"""

from array import array

from firmware import config, identity
from firmware.radio import Radio
from shared import words
from shared.compat import const, sleep_ms, ticks_diff, ticks_ms

_G_LEAST_MG = const(950)
_G_MOST_MG = const(1_050)
_QUIET_MG = const(60)  # lying on a table the sensor's own noise stays far below
_REST_MS = const(400)
_BATTERY_LEAST_MV = const(3_300)
_BATTERY_MOST_MV = const(4_350)
_LOOK_MS = const(10)
_PULSE_MS = const(300)
_LISTEN_MS = const(250)
_SELF_TESTS = const(3)


class Trials:
    """Every method is one trial."""

    def __init__(self):
        self._me = identity.load()
        module = __import__("firmware.boards." + self._me.board, None, None, ("Board",))
        self._settings, _ = config.load()
        self._board = module.Board(self._settings) if self._me.role == "pendant" else None

    def imu(self):
        """Is it the right sensor, and does it move when it is pushed by its own electrodes?"""
        imu = self._board.imu
        try:
            imu.begin()
            if any(imu.self_test() for _ in range(_SELF_TESTS)):
                return {"ok": True}
        except OSError as error:
            return {"ok": False, "missing": True, "why": str(error)}
        return {"ok": False, "why": "its self-test fails"}

    def rest(self):
        """Does it weigh the earth as everybody does, and lie still?"""
        samples_mg = array("h", bytes(6 * 128))
        imu = self._board.imu
        try:
            imu.read_into(samples_mg)  # what came before is not rest
            sleep_ms(_REST_MS)
            count = imu.read_into(samples_mg)
        except OSError as error:
            return {"ok": False, "why": str(error)}
        if not count:
            return {"ok": False, "why": "no samples"}
        sizes = []
        for i in range(count):
            x, y, z = samples_mg[3 * i : 3 * i + 3]
            sizes.append(int((x * x + y * y + z * z) ** 0.5))
        mean_mg = sum(sizes) // count
        spread_mg = max(sizes) - min(sizes)
        is_good = _G_LEAST_MG <= mean_mg <= _G_MOST_MG and spread_mg <= _QUIET_MG
        return {"ok": is_good, "mg": mean_mg, "spread_mg": spread_mg}

    def battery(self):
        """Is a cell there, and could it be one of ours?"""
        mv = self._board.battery.read_mv()
        return {"ok": _BATTERY_LEAST_MV <= mv <= _BATTERY_MOST_MV, "mv": mv}

    def button(self, within_ms):
        """Is it up, and does a press arrive?"""
        return {"ok": self._pressed(within_ms, None)}

    def light(self, within_ms):
        """The light burns until the installer has seen it and says so by a press."""
        self._board.light.on()
        try:
            return {"ok": self._pressed(within_ms, None)}
        finally:
            self._board.light.off()

    def feel(self, within_ms):
        """Motor or buzzer go on and off until the installer has felt them and says so by a press."""
        try:
            return {"ok": self._pressed(within_ms, self._board.pulse)}
        finally:
            self._board.pulse.off()

    def radio(self, tries):
        """Does a sealed question go out, and does a gateway that knows this pendant answer it?"""
        radio = Radio(self._me.channel)
        radio.on()
        try:
            if self._me.role == "bridge":
                return {"ok": radio.send(b"\x00")}
            return self._ask_gateway(radio, tries)
        finally:
            radio.off()

    # ---- inside

    def _ask_gateway(self, radio, tries):
        from firmware.pendant.memory import Memory
        from shared import frames
        from shared.ccm import Ccm

        me = self._me
        memory = Memory()
        memory.new_boot()  # a nonce of its own
        cipher = Ccm(me.key)
        is_sent = False
        for _ in range(tries):
            counter = memory.next_counter()
            poll = frames.seal(words.POLL, me.id, memory.boot, counter, frames.pack_poll(frames.Poll(0, 0)), cipher)
            is_sent = radio.send(poll) or is_sent
            start_ms = ticks_ms()
            while ticks_diff(ticks_ms(), start_ms) < _LISTEN_MS:
                heard = radio.listen(_LISTEN_MS)
                gateway = self._gateway_of(heard[2]) if heard else None
                if gateway:
                    return {"ok": True, "sent": True, "gateway": gateway, "rssi_dbm": heard[1]}
        return {"ok": False, "sent": is_sent}

    def _gateway_of(self, frame):
        """The id of the gateway whose sealed acknowledgement to us this is, or None."""
        from shared import frames
        from shared.ccm import Ccm

        try:
            header = frames.read_header(frame)
            if header.kind != words.ACK or header.pendant != self._me.id:
                return None
            frames.open_frame(frame, Ccm(frames.downlink_key(self._me.key, header.gateway)))
        except frames.FrameError:
            return None
        return header.gateway.hex()

    def _pressed(self, within_ms, pulse):
        """True if the button, seen up, then goes down; pulse goes on and off meanwhile."""
        start_ms = ticks_ms()
        was_up = False
        while True:
            now_ms = ticks_diff(ticks_ms(), start_ms)
            if now_ms >= within_ms:
                return False
            if pulse:
                if now_ms // _PULSE_MS & 1:
                    pulse.off()
                else:
                    pulse.on()
            if not self._board.is_button_down():
                was_up = True
            elif was_up:
                return True
            sleep_ms(_LOOK_MS)
