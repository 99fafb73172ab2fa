"""The bridge at work on a virtual board: strangers that fill the radio's memory cost a moment, and no alarm."""

import importlib.util
import json
import sys
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
import serial

from hil_tests.virtual import Air, VirtualBoard
from shared import bundle, framing, known, words
from tools.board_files import BoardFile, board_files
from tools.home.house import best_runtime

_BRIDGE = bytes.fromhex("a0b1c2d3e400")
_PENDANT = bytes.fromhex("7c9ebd000001")
_CHANNEL = 6
_AGAIN_S = 0.16  # as a pendant whose alarm is not acknowledged
_SOFT_RESET = 5
_HEAP_KB = 320  # of a 64-bit VM, with 46 kB of stand-ins in it: twice what a board would need


class Line:
    """The gateway's end: reads messages, allows the short forms, and says whose frames are worth the line."""

    def __init__(self, port):
        self.known = [_PENDANT]
        self._port = serial.Serial(str(port), timeout=0.02)
        self._decoder = framing.Decoder()
        self._stop = threading.Event()
        self.messages = []  # (when, kind, body)
        self._thread = threading.Thread(target=self._read)
        self._thread.start()

    def _read(self):
        while not self._stop.is_set():
            for kind, body in self._decoder.feed(self._port.read(4_096)):
                self.messages.append((time.monotonic(), kind, body))
                if kind == framing.HELLO:
                    self._port.write(framing.encode(framing.KNOWN, known.make(self.known)))
                    self._port.write(framing.encode(framing.ALLOW, bytes((framing.SHORT_FORMS,))))

    def times(self, kind):
        """When messages of a kind came."""
        return [when for when, one, _ in list(self.messages) if one == kind]

    def until(self, condition, within_s=20):
        """Wait until condition() is true."""
        end_s = time.monotonic() + within_s
        while not condition():
            assert time.monotonic() < end_s, self.messages[-5:]
            time.sleep(0.005)

    def close(self):
        """Let go of the port."""
        self._stop.set()
        self._thread.join()
        self._port.close()


@pytest.fixture
def bench(tmp_path):
    """A bridge that has said hello: (air, board, line)."""
    runtime = best_runtime()
    identity = {"id": _BRIDGE.hex(), "key": "", "role": "bridge", "board": "bridge_esp32", "channel": _CHANNEL}
    files = board_files("bridge", "bridge_esp32", compiled=runtime == "micropython")
    files.append(BoardFile("identity.json", json.dumps(identity).encode()))
    with (
        Air() as air,
        VirtualBoard(
            "bridge_esp32", _BRIDGE, tmp_path / "board", air, files=files, runtime=runtime, heap_kb=_HEAP_KB
        ) as board,
    ):
        board.power_on()
        board.wait_for(lambda one: one.serial_port.exists(), 10)
        line = Line(board.serial_port)
        line.until(lambda: line.times(framing.HELLO))
        yield air, board, line
        line.close()


def alarm(counter, pendant=_PENDANT):
    """As it looks from outside."""
    return bytes((1, words.ALARM)) + pendant + b"\0\0\1" + counter.to_bytes(3, "big") + bytes(range(1, 30))


def call(air, line, number):
    """A pendant's alarm, repeated until the gateway has heard one of its frames; seconds it took, and tries."""
    began_s = time.monotonic()
    for attempt in range(1, 100):
        air.inject(_PENDANT, alarm(100 * number + attempt), channel=_CHANNEL)
        again_s = time.monotonic() + _AGAIN_S
        while time.monotonic() < again_s:
            if heard(line, number):
                return time.monotonic() - began_s, attempt
            time.sleep(0.002)
    raise AssertionError("it was never heard")


def heard(line, number):
    """Whether a frame of that alarm has reached the gateway."""
    return any(int.from_bytes(frame[11:14], "big") // 100 == number for frame in frames_of(line))


def frames_of(line):
    """Every alarm that has come over the line, together or alone."""
    messages = list(line.messages)
    together = [frame for _, kind, body in messages if kind == framing.ALARMS for _, frame in bundle.split(body)]
    return together + [body[7:] for _, kind, body in messages if kind == framing.HEARD]


def test_strangers_that_fill_the_memory_cost_a_moment_and_no_alarm(bench):
    """Hundreds of invented senders: one start anew, at the same port, and alarms before, in and after it are heard."""
    air, board, line = bench
    call(air, line, 1)
    for number in range(10_000):  # a board that is slow, for it has a busy machine, hears few of them
        air.inject(b"\x04\0\0\0" + number.to_bytes(2, "big"), b"rubbish", channel=_CHANNEL)
        if number % 20 == 19:
            time.sleep(0.01)
        if number >= 650 and len(board.lives) == 2:
            break
    hellos = len(line.times(framing.HELLO))
    line.until(lambda: len(board.lives) == 2)
    down_s = time.monotonic()
    took_s, attempts = call(air, line, 2)
    line.until(lambda: len(line.times(framing.HELLO)) > hellos)
    back_s = next(when for when in line.times(framing.HELLO) if when > down_s)
    call(air, line, 3)
    print(f"deaf for {back_s - down_s:.2f} s at most; the alarm came in {took_s:.2f} s, try {attempts}")

    assert board.lives[1].reset_cause == _SOFT_RESET
    assert len(board.lives) == 2
    assert board.is_powered
    assert took_s < 10


def test_five_hundred_pendants_are_no_crowd(bench):
    """Each calls, and again until it is heard: all come, and the bridge lives on, with the memory of a board."""
    air, board, line = bench
    pendants = [(0x7C9EBD100000 + 7 * number).to_bytes(6, "big") for number in range(500)]
    line.known = pendants
    hellos = len(line.times(framing.HELLO))
    line.until(lambda: len(line.times(framing.HELLO)) > hellos)
    waiting, attempt = pendants, 0
    while waiting and attempt < 20:
        attempt += 1
        for number, pendant in enumerate(waiting):
            air.inject(pendant, alarm(attempt, pendant), channel=_CHANNEL)
            if number % 10 == 9:
                time.sleep(0.01)
        time.sleep(0.2)
        came = {frame[2:8] for frame in frames_of(line)}
        waiting = [pendant for pendant in pendants if pendant not in came]

    assert waiting == []
    assert len(board.lives) == 1


class Enough(Exception):
    """The test has seen what it wanted."""


def run_for(hours, crashes, monkeypatch, torn_each_minute=0):
    """The loop itself on a desk, a minute a turn, with nobody in the air: (when crashes were forgotten, log lines)."""
    now = SimpleNamespace(ms=0)
    decoder = framing.Decoder()
    forgotten, messages = [], []

    def listen(_ms):
        now.ms += 60_000
        radio.torn += torn_each_minute
        if now.ms > hours * 3_600_000:
            raise Enough

    board = SimpleNamespace(write_line=lambda data: messages.extend(decoder.feed(data)), read_line=lambda: b"")
    radio = SimpleNamespace(on=lambda: None, listen=listen, channel=_CHANNEL, senders=0, torn=0)
    monkeypatch.setitem(sys.modules, "firmware.radio", SimpleNamespace(Radio=lambda _channel, _ring_bytes: radio))
    monkeypatch.setitem(sys.modules, "firmware.boards.bridge_esp32", SimpleNamespace(Board=lambda: board))
    spec = importlib.util.spec_from_file_location("run_on_a_desk", Path("firmware/bridge/run.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "ticks_ms", lambda: now.ms)
    chip = SimpleNamespace(
        WDT=lambda timeout: SimpleNamespace(feed=lambda: None),
        freq=lambda _hz: None, unique_id=lambda: _BRIDGE, reset_cause=lambda: 1,
    )  # fmt: skip
    with pytest.raises(Enough):
        module.run(SimpleNamespace(channel=_CHANNEL), chip, crashes, lambda: forgotten.append(now.ms))
    return forgotten, [body.decode() for kind, body in messages if kind == framing.LOG]


def test_an_hour_without_a_crash_is_forgiven_once(monkeypatch):
    """Or the fourth crash of a bridge's life, and each after it, would cost up to five minutes of every alarm."""
    assert run_for(0.9, 5, monkeypatch)[0] == []
    (at_ms,) = run_for(3, 5, monkeypatch)[0]
    assert 3_600_000 <= at_ms <= 3_720_000
    assert run_for(3, 0, monkeypatch)[0] == []


def test_torn_rings_are_told_ever_more_seldom(monkeypatch):
    """Whoever sees to a gateway learns of them; a hundred are six lines of its log and no flood."""
    _, lines = run_for(100 / 60, 0, monkeypatch, torn_each_minute=1)

    assert lines[0].startswith("bridge started")
    assert [int(line.split()[-2]) for line in lines[1:]] == [1, 3, 7, 15, 31, 63]
