"""Without this program nobody could weigh a pendant: its start and first minutes, alone, in either MicroPython VM.

Parts that answer next to nothing stand in for the chip, so that what is weighed is the firmware. Nobody hears it: what
it owes piles up as far as it is let, which is the most it ever keeps. As a script, in a folder with a board's files:
``heap_probe.py weigh`` prints [stand-ins, at rest, at most] in bytes; ``heap_probe.py live`` only lives through it.
"""

# mypy: ignore-errors
# ruff: noqa: ANN001, ANN002, ANN003, ANN201, ANN202, ANN204, N805, PTH123, RUF012
# (It runs inside MicroPython, which has neither annotated modules nor pathlib.)

import gc
import sys

CALLS = 40  # more than are ever owed at once ...
FALLS = 50  # ... and so are these, with their ends: no fall is joined with another


class _Time:
    """Virtual: whatever waits lets it pass."""

    ms = 0

    def ticks_ms():
        return _Time.ms & 0x3FFFFFFF

    def ticks_diff(end, start):
        return ((end - start + 0x20000000) & 0x3FFFFFFF) - 0x20000000

    def ticks_add(ticks, delta):
        return (ticks + delta) & 0x3FFFFFFF

    def sleep_ms(ms):
        _Time.ms += max(1, ms)

    def time_ns():
        return _Time.ms * 1_000_000

    ticks_us = ticks_ms


class _Part:
    """Pin, PWM, ADC, RTC, watchdog, radio: whatever is asked, nothing is the matter."""

    IN = OUT = PULL_UP = ATTN_11DB = IF_STA = PM_NONE = 1
    peers_table = {}
    _memory = bytearray(2_048)  # the chip's own: no heap on a board
    _used = 0

    def __init__(self, *_, **__):
        pass

    def value(self):
        return 1

    def read_uv(self):
        return 1_950_000

    def memory(self, data=None):
        if data is None:
            return bytes(_Part._memory[: _Part._used])
        _Part._used = len(data)
        _Part._memory[: len(data)] = data
        return None

    def recv(self, ms):
        _Time.ms += max(1, ms)
        return None, None

    def _nothing(self, *_, **__):
        return None

    duty_u16 = init = feed = active = config = add_peer = send = _nothing


class _I2C(_Part):
    """Both sensors at once: who they are, and at each look one sample of somebody at rest; else nought."""

    REGISTERS = {
        (0x68, 0x75): b"\x19",
        (0x68, 0x72): b"\x00\x08",
        (0x68, 0x74): b"\x00\x00\x00\x00\x08\x00\x00\x00",
        (0x6A, 0x0F): b"\x6c",
        (0x6A, 0x3A): b"\x01\x00",
        (0x6A, 0x78): b"\x10\x00\x00\x00\x00\x00\x08",
    }

    def readfrom_mem_into(self, address, register, into):
        said = _I2C.REGISTERS.get((address, register), b"")
        for i in range(len(into)):
            into[i] = said[i] if i < len(said) else 0

    writeto_mem = _Part._nothing  # noqa: SLF001


class _Machine:
    WDT_RESET, DEEPSLEEP_RESET = 3, 4
    ADC = PWM = Pin = RTC = WDT = _Part
    I2C = _I2C

    def reset_cause():
        return 1

    def wake_reason():
        return 0

    def lightsleep(ms):
        _Time.ms += max(1, ms)

    deepsleep = lightsleep


class _Esp32:
    WAKEUP_ALL_LOW = 0

    def wake_on_gpio(*_):
        pass

    wake_on_ext0 = wake_on_gpio


class _Radio:
    WLAN = ESPNow = _Part


def stand_in():
    """Put the parts where the firmware looks for them; return the heap they take."""
    sys.modules["time"] = _Time
    sys.modules["machine"] = _Machine
    sys.modules["esp32"] = _Esp32
    sys.modules["network"] = sys.modules["espnow"] = _Radio
    gc.collect()
    return gc.mem_alloc()


def begin():
    """What main.py does at power-on, up to the first turn."""
    with open("main.py") as file:
        exec(compile(file.read(), "main.py", "exec"), {"__name__": "main"})
    start = sys.modules["firmware.start"]
    return start.life_of(start.who_am_i(), 0)


def turn_for(life, ms):
    """Let the pendant live so long."""
    end_ms = _Time.ms + ms
    while _Time.ms < end_ms:
        life.turn()


def call_for_help(life, times):
    """So many calls that nobody hears."""
    for _ in range(times):
        life.pendant.alarm.held(0, 3_000, life.clock.ms)
        turn_for(life, 500)


def fall(life, times):
    """So many falls, each confirmed by hand, that nobody hears."""
    for _ in range(times):
        life.pendant.alarm.fall_suspected(900, life.clock.ms)
        life.pendant.alarm.held(0, 3_000, life.clock.ms)
        turn_for(life, 500)


def weighed(before):
    """Bytes of heap in use beyond those, when all rubbish is gone."""
    gc.collect()
    return gc.mem_alloc() - before


def main(task):
    """The whole of it."""
    before = stand_in()
    life = begin()
    turn_for(life, 5_000)
    at_rest = weighed(before) if task == "weigh" else 0
    call_for_help(life, CALLS)
    fall(life, FALLS)
    turn_for(life, 60_000)
    print([before, at_rest, weighed(before)])


if __name__ == "__main__":
    sys.path[:] = ["", ".frozen"]
    main(sys.argv[1])
