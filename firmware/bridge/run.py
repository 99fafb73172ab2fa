"""The bridge at work: ESP-NOW here, a serial line there, nothing of its own; without it a gateway would be deaf."""

import gc

from firmware.boards.bridge_esp32 import Board
from firmware.bridge.relay import Relay
from firmware.radio import Radio
from shared import words
from shared.compat import const, ticks_ms

_HELLO_MS = const(2_000)
_RING_BYTES = const(4_096)  # it gets bursts: about fifteen full frames
_LISTEN_MS = const(4)  # how long a byte from the gateway may wait
_HEARD_MOST = const(64)  # frames taken from the air before the line has its turn: all that the radio can hold
_WRITTEN_BYTES = const(256)  # given to the line, 22 ms of it, before the air has its turn
_PIECE_BYTES = const(64)  # written at a time, 6 ms: meanwhile the other way fills, and its ring holds 260 bytes
_CPU_HZ = const(240_000_000)  # the stock image begins at 160 MHz; the power comes from a cable
_WATCHDOG_MS = const(8_000)
_CALM_MS = const(3_600_000)  # an hour without a crash: the count begins anew, as a pendant's
_GARBAGE_BYTES = const(16_384)  # collected this often, what stays lies close together, and a table finds room to grow


def run(identity, chip, crashes, forget_crashes):
    """Never returns; the watchdog is fed by the loop, so that a loop that hangs is a reset.

    crashes in a row so far: forget_crashes() clears the count on flash, or years later each crash would cost minutes.
    """
    dog = chip.WDT(timeout=_WATCHDOG_MS)
    run_fast(chip)
    board = Board()
    radio = Radio(identity.channel, _RING_BYTES)
    radio.on()
    relay = Relay(words.VERSION, chip.unique_id(), radio.channel, _HELLO_MS, ticks_ms())
    relay.log("bridge started, reset cause {}".format(chip.reset_cause()))
    board.write_line(b"\x00")  # whatever the boot printed ends here and is one rejected frame
    told_torn = 0
    while True:
        dog.feed()
        turn(board, radio, relay, ticks_ms())
        if radio.torn > 2 * told_torn:  # the first, the third, the seventh: a log is no alarm
            told_torn = radio.torn
            relay.log("the radio's ring was torn {} times".format(told_torn))
        if crashes and relay.uptime_ms >= _CALM_MS:
            forget_crashes()
            crashes = 0
        if relay.must_start_anew(radio.senders):
            # Not a reset: the USB port stays, and it is sooner back. The pendants repeat what falls into it.
            chip.soft_reset()


def run_fast(chip):
    """An earthquake is the processor's to master."""
    try:
        chip.freq(_CPU_HZ)
    except ValueError:
        pass  # an ESP32-C3 has no more than 160 MHz
    if hasattr(gc, "threshold"):  # CPython has another one
        gc.threshold(_GARBAGE_BYTES)


def turn(board, radio, relay, now_ms):
    """Once round: air to line, line to air."""
    relay.update(now_ms)
    heard = radio.listen(_LISTEN_MS)
    for _ in range(_HEARD_MOST):
        if not heard:
            break
        relay.heard(heard[0], heard[1], heard[2])
        heard = radio.listen(0)
    if heard:
        relay.heard(heard[0], heard[1], heard[2])
    _take_line(board, radio, relay)
    left = _WRITTEN_BYTES
    while left > 0:
        data = relay.for_line()
        if not data:
            break
        left -= len(data)
        for at in range(0, len(data), _PIECE_BYTES):
            board.write_line(data[at : at + _PIECE_BYTES])
            _take_line(board, radio, relay)


def _take_line(board, radio, relay):
    for frame in relay.from_line(board.read_line()):
        radio.send(frame)
    if relay.channel != radio.channel:
        radio.tune(relay.channel)
        if relay.channel != radio.channel:
            relay.stays(radio.channel)
