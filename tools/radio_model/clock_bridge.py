"""Time the bridge's work in the VM; without it the model would take its processor for free. ``clock_bridge.py ROOT``.

Prints JSON: microseconds in this VM for each thing that the loop of firmware/bridge/run.py does. bridge.py starts it.
"""

# mypy: ignore-errors
# ruff: noqa: ANN001, ANN201, ANN202, ANN204
# (It runs inside MicroPython, which has no annotated modules.)

import gc
import io
import json
import sys
from time import ticks_diff, ticks_us

sys.path.insert(0, sys.argv[1])

from firmware.bridge.relay import Relay
from shared import bundle, framing, known, words

_ROUNDS = 40  # the least of so many counts: the machine is shared
_PENDANTS = 60


def least_us(work, things):
    """Microseconds for one thing, at best."""
    best = 1 << 29
    for _ in range(_ROUNDS):
        gc.collect()
        begun = ticks_us()
        for thing in things:
            work(thing)
        best = min(best, ticks_diff(ticks_us(), begun))
    return best / len(things)


class Espnow:
    """What the port's espnow.py costs above its C half."""

    def __init__(self):
        self._data = [b"sender", bytearray(43)]
        self.peers_table = {b"sender": [-60, 0]}

    def recv(self, ms):
        """As modules/espnow.py has it."""
        return [bytes(x) for x in self._data]


def garbage_bytes(work, things):
    """What one of them leaves behind."""
    gc.collect()
    gc.disable()
    before = gc.mem_alloc()
    for thing in things:
        work(thing)
    taken = gc.mem_alloc() - before
    gc.enable()
    return taken / len(things)


def alarms():
    """Frames as pendants send them; the sealed part looks random."""
    made = []
    for number in range(_PENDANTS):
        sealed = bytes((number * 7 + at * 37 + 1) & 0xFF for at in range(29))
        made.append(
            bytes((1, words.ALARM)) + (0x7C9EBD112233 + 7_919 * number).to_bytes(6, "big") + b"\0\1\2\0\3\4" + sealed
        )
    return made


def relay_for(frames):
    """A bridge that has been told everything by its gateway."""
    relay = Relay(words.VERSION, b"bridge", 6, 2_000, 0)
    relay.from_line(framing.encode(framing.KNOWN, known.make([frame[2:8] for frame in frames])))
    relay.from_line(framing.encode(framing.ALLOW, bytes((framing.SHORT_FORMS,))))
    relay.for_line()
    return relay


def main():
    """Clock every step."""
    frames = alarms()
    relay, radio = relay_for(frames), Espnow()

    def listen(frame):
        mac, _ = radio.recv(0)
        heard = radio.peers_table.get(mac)
        relay.heard(mac, heard[0] if heard else 127, frame)

    def wait_and_write(frame):
        relay.heard(b"sender", -60, frame)
        relay.for_line()

    def keep(frame):
        relay.heard(b"sender", -60, frame)

    def six(_):
        for frame in frames[: bundle.MOST]:
            relay.heard(b"sender", -60, frame)
        relay.for_line()

    down = framing.encode(framing.SEND_ALL, b"\x01\x81" + frames[1][2:8] + bytes(range(1, 33)))
    line = io.BytesIO(bytes(128))
    ready = {0: [(1, 1)]}.get
    chunk, byte = bytearray(128), bytearray(1)

    def read_line(_):  # as firmware/boards/bridge_esp32.py does, without its poll
        line.seek(0)
        readinto = line.readinto
        size = 0
        while size < 128:
            for _ in ready(0):
                break
            else:
                break
            if not readinto(byte):
                break
            chunk[size] = byte[0]
            size += 1
        return bytes(chunk[:size]) if size else b""

    print(
        json.dumps(
            {
                "heard": least_us(listen, frames),
                "kept": least_us(keep, frames),
                "garbage up": garbage_bytes(listen, frames) + garbage_bytes(six, frames[:10]) / bundle.MOST,
                "garbage down": garbage_bytes(lambda _: relay.from_line(down), frames)
                + garbage_bytes(read_line, frames) / 3,
                "alone": least_us(wait_and_write, frames),
                "six": least_us(six, frames[:10]),
                "down": least_us(lambda _: relay.from_line(down), frames),
                "byte": least_us(read_line, frames[:10]) / 128,
            }
        )
    )


main()
