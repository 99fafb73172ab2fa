"""Without this file the model's bridge would think at once and hear without end: its processor and its line are slow.

The relay and the framing are the real ones. What its loop (firmware/bridge/run.py) waits for is modelled: the line, ten
bits a byte; the processor, by the times of the same code in a MicroPython VM of this machine, a hundred times slower;
the radio's buffer; and the ring of 260 bytes in front of sys.stdin, which a UART overruns and native USB does not.
"""

import json
import subprocess
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from firmware.bridge.relay import Relay
from hil_tests.virtual.flash_image import micropython
from shared import words
from tools.radio_model.world import World

_ROOT = Path(__file__).resolve().parents[2]
_RUNS, _APART_S = 5, 2.0  # the least of so many: for some seconds a shared machine may be half as slow again
_SLOWER = 100  # an ESP32 than this VM: reckoned, to be measured on a bench
_HELLO_MS, _HELLO_US = 2_000, 2_000_000
_HEARD_MOST, _WRITTEN_BYTES, _PIECE_BYTES, _CHUNK_BYTES = 64, 256, 64, 128  # as in run.py and bridge_esp32.py
_RADIO_BUFFER_BYTES = 4_096
_RING_BYTES = 260
_ARRIVES_BYTES = 16  # the line's bytes come in such steps here
_POLL_US = 10  # what poll() takes in C, which the VM cannot show: assumed
_COLLECTION_US, _GARBAGE_BYTES = 5_000, 16_384  # a collection takes so long: assumed; after so much garbage: run.py
_FIFO_BYTES = 128  # of the UART: the line carries while the processor computes
_TICK_US = 10_000  # who waits, for room or for a frame, sleeps until FreeRTOS's next tick (100 Hz in the stock image)


class BridgeTimes(NamedTuple):
    """What the processor needs, in microseconds."""

    turn_us: int = 300  # once round the loop, idle: assumed
    heard_us: int = 230  # take one frame from the radio and sort it in
    line_us: int = 300  # each alarm of a message for the line
    down_us: int = 400  # a message from the gateway ...
    byte_us: int = 30  # ... and each of its bytes
    send_us: int = 300  # give a frame to the radio: assumed
    collect_us: int = 250  # each frame's share of collecting garbage


ESP32 = BridgeTimes()


def measure() -> BridgeTimes:
    """What the relay needs in the VM of this machine, as an ESP32 would; the defaults where there is no VM."""
    vm = micropython()
    if not vm:
        return ESP32
    command = [str(vm), "-X", "heapsize=4M", str(Path(__file__).with_name("clock_bridge.py")), str(_ROOT)]
    runs = []
    for run in range(_RUNS):
        time.sleep(_APART_S if run else 0)
        runs.append(json.loads(subprocess.run(command, check=True, capture_output=True, timeout=60).stdout))
    found = {what: min(one[what] for one in runs) for what in runs[0]}
    garbage_bytes = max(found["garbage up"], found["garbage down"]) / 2  # a board's objects are half as large
    return ESP32._replace(
        heard_us=int(_SLOWER * found["heard"]),
        line_us=int(_SLOWER * (found["six"] / 6 - found["kept"])),
        down_us=int(_SLOWER * found["down"]),
        byte_us=int(_SLOWER * found["byte"]) + _POLL_US,
        collect_us=int(_COLLECTION_US * garbage_bytes / _GARBAGE_BYTES),
    )


def slower(times: BridgeTimes, by: float) -> BridgeTimes:
    """The same on a slower chip."""
    return BridgeTimes(*(int(one * by) for one in times))


class ModelBridge:
    """Air on one side, a line of some speed on the other. to_gateway(bytes) gets what the line has carried."""

    def __init__(
        self, world: World, owner: Any, channel: int, baud: int, times: BridgeTimes,
        to_gateway: Callable[[bytes], None], *, has_flow_control: bool = False,
    ) -> None:  # fmt: skip
        self._world = world
        self._owner = owner  # the radio that the medium knows
        self._channel = channel
        self._byte_us = 10_000_000 / baud
        self._times = times
        self._to_gateway = to_gateway
        self._has_flow_control = has_flow_control
        self._radio_buffer: list[tuple[Any, int, bytes]] = []
        self._ring = bytearray()
        self.restart()
        self._line_free_us = 0  # towards the bridge
        self._up_free_us = 0  # towards the gateway: when all that was written is carried
        self._wakes_us = -1
        self.radio_dropped = 0
        self.overrun_bytes = 0
        world.at(0, self._turn)

    def restart(self) -> None:
        """It begins anew and knows nothing."""
        self._relay = Relay(words.VERSION, b"bridge", self._channel, _HELLO_MS, self._now_ms())
        self._radio_buffer.clear()
        self._radio_bytes = 0
        self._ring.clear()

    def _now_ms(self) -> int:
        return self._world.now_us // 1_000 % (1 << 30)

    @property
    def dropped(self) -> int:
        """Frames that the radio's buffer or the relay had no room for."""
        return int(self._relay.dropped) + self.radio_dropped

    def receive(self, sender: Any, rssi_dbm: int, frame: bytes) -> None:
        """A frame has come out of the air: into the radio's own buffer, as far as it goes."""
        if self._radio_bytes + len(frame) + 13 > _RADIO_BUFFER_BYTES:
            self.radio_dropped += 1
            return
        self._radio_bytes += len(frame) + 13
        self._radio_buffer.append((sender, rssi_dbm, frame))
        self._wake(self._world.chance.randrange(_TICK_US))

    def write(self, data: bytes) -> None:
        """The gateway gives bytes to the line, which carries them at its own pace."""
        self._line_free_us = max(self._line_free_us, self._world.now_us)
        for at in range(0, len(data), _ARRIVES_BYTES):
            piece = data[at : at + _ARRIVES_BYTES]
            self._line_free_us += int(len(piece) * self._byte_us)
            self._world.at(self._line_free_us - self._world.now_us, partial(self._arrived, piece))

    def _arrived(self, piece: bytes) -> None:
        room = len(piece) if self._has_flow_control else max(0, _RING_BYTES - len(self._ring))
        self.overrun_bytes += max(0, len(piece) - room)
        self._ring.extend(piece[:room])
        self._wake(self._world.chance.randrange(_TICK_US))

    def _turn(self) -> None:
        """Once round the loop; what blocks there takes its time here."""
        self._wakes_us = -1  # awake
        self._relay.update(self._now_ms())
        taken = self._radio_buffer[: _HEARD_MOST + 1]
        del self._radio_buffer[: _HEARD_MOST + 1]
        for sender, rssi_dbm, frame in taken:
            self._radio_bytes -= len(frame) + 13
            self._relay.heard(sender.mac, rssi_dbm, frame)
        busy_us = self._times.turn_us + (self._times.heard_us + self._times.collect_us) * len(taken)
        self._world.at(busy_us, lambda: self._write_some(b"", _WRITTEN_BYTES))

    def _write_some(self, data: bytes, left: int) -> None:
        """Take what has come, then give the line one piece; so on until the air has its turn."""
        busy_us = self._take_line()
        if not data and left > 0:
            data = self._relay.for_line()
            left -= len(data)
            busy_us += self._times.line_us * (1 + len(data) // 50)
        if data:
            piece, data = data[:_PIECE_BYTES], data[_PIECE_BYTES:]
            self._world.at(busy_us, lambda: self._write(piece, lambda: self._write_some(data, left)))
        elif self._radio_buffer or self._ring or left < _WRITTEN_BYTES:
            self._world.at(busy_us, self._turn)
        else:
            self._wakes_us = 1 << 62
            self._wake(busy_us + _HELLO_US)

    def _write(self, piece: bytes, then: Callable[[], None]) -> None:
        """Into the UART's buffer, as soon as it has room; it goes on from there by itself."""
        now_us = self._world.now_us
        fits_us = self._up_free_us - int((_FIFO_BYTES - len(piece)) * self._byte_us)
        waits_us = 0 if fits_us <= now_us else -(now_us - fits_us) // _TICK_US * _TICK_US + _TICK_US
        self._up_free_us = max(self._up_free_us, now_us) + int(len(piece) * self._byte_us)
        self._world.at(self._up_free_us - now_us, lambda: self._to_gateway(piece))
        self._world.at(waits_us, then)

    def _take_line(self) -> int:
        """Read a chunk and send what it completes; how long that takes."""
        chunk = bytes(self._ring[:_CHUNK_BYTES])
        del self._ring[:_CHUNK_BYTES]
        frames = self._relay.from_line(chunk)
        busy_us = self._times.byte_us * len(chunk)
        for frame in frames:
            busy_us += self._times.down_us + self._times.send_us + self._times.collect_us
            self._world.at(busy_us, partial(self._world.medium(self._channel).offer, self._owner, frame))
        return busy_us

    def _wake(self, in_us: int) -> None:
        """The loop waits for a frame: end that wait then, unless it ends before."""
        at_us = self._world.now_us + in_us
        if at_us < self._wakes_us:
            self._wakes_us = at_us
            self._world.at(in_us, lambda: self._turn() if self._wakes_us == at_us else None)
