"""No nonce comes twice: through sleeps, resets, power cuts at any write, and at the end of every counter."""

import builtins
import os
import random
from pathlib import Path

import pytest

from firmware.pendant import memory as memories
from firmware.pendant import supervisor
from firmware.pendant.memory import COUNTER_MOST, Memory, read_boot
from shared import frames, words
from tests.firmware.bench import Bench
from tests.firmware.fake_gateway import FakeRadio


class Cut(BaseException):
    """The power goes: no code of the firmware can catch it."""


@pytest.fixture
def bench(tmp_path, monkeypatch):
    """A pendant on a desk; flash is an empty folder."""
    monkeypatch.chdir(tmp_path)
    return Bench()


def nonces(bench):
    """(boot, counter) of every frame that has ever left."""
    return [(header.boot, header.counter) for header in (frames.read_header(sent[2]) for sent in bench.sent)]


def test_through_sleeps_resets_and_flat_cells(tmp_path, monkeypatch):
    """Sixty endings of every kind, at any moment, with alarms on the way: all different, and boots only grow."""
    monkeypatch.chdir(tmp_path)
    chance = random.Random(5)
    bench = Bench(sleeps_deep=True)
    for number in range(60):
        bench.gateway.is_deaf = number % 3 == 0
        bench.press(bench.clock.ms + 500, bench.clock.ms + 3_700)
        bench.run(chance.randrange(200, 20_000))
        ending = chance.choice(("sleep", "reset", "cut", "noise"))
        if ending == "reset":
            bench.reset()
        elif ending == "cut":
            bench.cut_power()
        elif ending == "noise":  # RTC memory after a brown-out: anything
            bench.rtc = bytes(byte ^ chance.randrange(2) << 4 for byte in bench.rtc)
            bench.reset()
    found = nonces(bench)

    assert len(found) > 200
    assert len(set(found)) == len(found)
    assert [boot for boot, _ in found] == sorted(boot for boot, _ in found)


def test_a_power_cut_at_any_step_of_taking_a_boot(tmp_path, monkeypatch):
    """Before, in the middle of and after the write, before and after the rename: the next boot was never used."""
    monkeypatch.chdir(tmp_path)
    used = []
    for number in range(40):
        step = number % 5
        with monkeypatch.context() as patched:
            _cut_at(patched, step)
            memory = Memory()
            try:
                memory.new_boot()
                used.append(memory.boot)  # it came so far that a frame could have left
            except Cut:
                pass
        memory = Memory()
        memory.new_boot()
        used.append(memory.boot)

    assert len(set(used)) == len(used)
    assert used == sorted(used)


def _cut_at(patched, step):
    """Lose the power at that step of write_boot; step 4: not at all."""
    real_open, real_rename = builtins.open, os.rename

    class Torn:
        def __init__(self, file):
            self._file = file

        def __enter__(self):
            return self

        def __exit__(self, *_):
            self._file.close()

        def write(self, text):
            self._file.write(text[: len(text) // 2] if step == 1 else text)
            raise Cut

    def opens(path, mode="r"):
        if mode == "w" and step == 0:
            raise Cut
        file = real_open(path, mode)
        return Torn(file) if mode == "w" and step in (1, 2) else file

    def renames(old, new):
        if step == 3:
            real_rename(old, new)
            raise Cut
        real_rename(old, new)

    patched.setattr(builtins, "open", opens)
    patched.setattr(memories.os, "rename", renames)


def test_a_frame_counter_that_ends_begins_a_new_boot(bench):
    """The last number is used, the next frame has a boot that was on flash before; the alarm goes through."""
    bench.run(5_000)
    bench.memory.counter = COUNTER_MOST - 1
    bench.press(10_000, 13_200)
    bench.run(30_000)
    found = nonces(bench)

    assert (1, COUNTER_MOST) in found
    assert (2, 1) in found
    assert len(set(found)) == len(found)
    assert read_boot() == 2
    assert words.HELP_REQUESTED in bench.gateway.codes()


def test_event_numbers_that_end_begin_a_new_boot(bench):
    """They never reach the numbers of the beats."""
    bench.run(5_000)
    bench.memory.seq = int(frames.FIRST_BEAT_SEQ) - 2
    for start_ms in (10_000, 20_000):
        bench.press(start_ms, start_ms + 3_200)
    bench.run(40_000)
    calls = [(event.boot, event.seq) for event in bench.gateway.events if event.code == words.HELP_REQUESTED]

    assert calls == [(1, int(frames.FIRST_BEAT_SEQ) - 1), (2, 1)]


def test_after_the_last_boot_nothing_is_sealed_any_more(tmp_path, monkeypatch):
    """16.7 million starts: the pendant has complained since the last tenth of them. It never begins at 1 again."""
    monkeypatch.chdir(tmp_path)
    Path("boot").write_text(str(COUNTER_MOST - 1))
    memory = Memory()
    memory.new_boot()
    assert memory.boot == COUNTER_MOST
    assert memory.is_nearly_out_of_boots

    for _ in range(3):
        with pytest.raises(OverflowError, match="needs a new key"):
            Memory().new_boot()
    assert read_boot() == COUNTER_MOST


@pytest.mark.parametrize(("boot", "told"), [(COUNTER_MOST // 10 * 9 - 1, 0), (COUNTER_MOST // 10 * 9, 1)])
def test_the_last_tenth_of_the_boots_is_told(tmp_path, monkeypatch, boot, told):
    """The platform hears that the pendant needs a new key, long before it falls silent."""
    monkeypatch.chdir(tmp_path)
    Path("boot").write_text(str(boot))
    bench = Bench()
    bench.run(10_000)

    assert bench.events().count((words.FAULT, supervisor.FAULT_NUMBERS)) == told


def test_a_counter_is_in_the_memory_that_survives_before_it_is_in_the_air(tmp_path, monkeypatch):
    """Whatever ends this life after the frame: the next one knows that its number is used."""
    monkeypatch.chdir(tmp_path)
    bench = Bench(sleeps_deep=True)
    bench.run(5_000)
    send = FakeRadio.send
    known = []

    def watched(radio, frame):
        header = frames.read_header(frame)
        memory = Memory(bench.rtc)
        known.append((memory.boot, memory.counter) == (header.boot, header.counter))
        return send(radio, frame)

    bench.charging = True
    monkeypatch.setattr(FakeRadio, "send", watched)
    bench.press(bench.clock.ms + 1_000, bench.clock.ms + 4_500)
    bench.run(20_000)

    assert len(known) > 3
    assert all(known)
