"""Without this program a bench would need a person: a small board on USB presses, switches, turns, watches, measures.

Runs on any MicroPython board with USB serial; wiring.json beside it names its pins (README.md).
"""

import json
import select
import sys
import time

import machine
import micropython
from helper.hands import Arm, Finger
from helper.line import LONGEST, Line
from helper.meter import Meter
from helper.pulses import Pulses
from helper.verbs import Verbs, Wrong

WIRING = "wiring.json"
_TICKS = 0x3FFFFFFF


def main():
    """Never returns."""
    with open(WIRING) as file:
        wiring = json.load(file)
    micropython.kbd_intr(-1)  # a byte 3 on the line is a byte
    pulses = Pulses()
    watched = [(name, machine.Pin(pin, machine.Pin.IN)) for name, pin in sorted(wiring["watch"].items())]
    for line, (_, pin) in enumerate(watched):
        pin.irq(_watcher(pulses, line), machine.Pin.IRQ_RISING | machine.Pin.IRQ_FALLING)
    finger = Finger(machine.Pin(wiring["finger"], machine.Pin.OPEN_DRAIN, value=1))
    switches = {name: machine.Pin(pin, machine.Pin.OUT, value=0) for name, pin in wiring.get("switch", {}).items()}
    arm = Arm(machine.PWM(machine.Pin(wiring["arm"]))) if "arm" in wiring else None
    later = []
    verbs = Verbs(
        finger, switches, arm, _meter(wiring), pulses, lambda: {name: pin.value() for name, pin in watched},
        lambda number, text: later.append(f"{number} {text}"),
    )  # fmt: skip
    line = Line()
    poll = select.poll()
    poll.register(sys.stdin, select.POLLIN)
    last = now_ms = time.ticks_ms()
    while True:
        now_ms += time.ticks_diff(time.ticks_ms(), last)  # ticks wrap after twelve days, this does not
        last = now_ms & _TICKS
        verbs.tick(now_ms)
        while later:
            _say(later.pop(0))
        poll.poll(1)  # a byte, or a millisecond
        machine.idle()
        for request in line.feed(_waiting(poll)):
            try:
                reply = verbs.do(request, now_ms)
            except Wrong as why:
                reply = "error " + str(why)
            if reply:
                _say(f"{request[0]} {reply}")


def _waiting(poll):
    """The bytes that have come, at most a line's worth; read(n) would wait for all n."""
    data = b""
    while len(data) < LONGEST and poll.poll(0):
        data += sys.stdin.buffer.read(1)
    return data


def _watcher(pulses, line):
    def handler(pin):
        pulses.edge(line, pin.value(), time.ticks_ms())

    return handler


def _meter(wiring):
    said = wiring.get("meter")
    if not said:
        return None
    i2c = machine.I2C(0, scl=machine.Pin(said["scl"]), sda=machine.Pin(said["sda"]), freq=400_000)
    return Meter(i2c, said.get("address", 0x40), said.get("shunt_mohm", 100))


def _say(text):
    sys.stdout.write(text + "\n")


main()
