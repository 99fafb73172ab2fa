"""What must outlive a sleep, and what must never come twice."""

from pathlib import Path

import pytest

from firmware.pendant.memory import COUNTER_MOST, LongClock, Memory, read_boot, write_boot

_WRAP = (1 << 30) - 100


@pytest.fixture(autouse=True)
def flash(tmp_path, monkeypatch):
    """An empty flash."""
    monkeypatch.chdir(tmp_path)


def test_what_is_packed_comes_back():
    """Every field, and the tail."""
    one = Memory()
    one.boot, one.counter, one.long_ms, one.tail = 5, 7, 2**40, b"tail"
    again = Memory(one.pack())

    assert again.is_warm
    assert (again.boot, again.counter, again.long_ms, again.tail) == (5, 7, 2**40, b"tail")
    assert again.pack() == one.pack()


def test_it_fits_into_rtc_memory_with_its_tail():
    """2,048 bytes is what the port gives."""
    one = Memory()
    one.tail = bytes(900)

    assert len(one.pack()) <= 2_048


def test_every_flipped_bit_is_noticed():
    """Noise is a cold start."""
    raw = bytes(Memory().pack())
    for at in range(len(raw)):
        assert not Memory(raw[:at] + bytes((raw[at] ^ 1,)) + raw[at + 1 :]).is_warm
    for size in range(len(raw)):
        assert not Memory(raw[:size]).is_warm


def test_a_boot_number_is_on_flash_before_it_is_used():
    """And the next one is larger, also when RTC memory knew more than flash, or half a write was left behind."""
    one = Memory()
    one.new_boot()
    assert (one.boot, read_boot()) == (1, 1)
    one.boot = 9
    one.new_boot()
    assert (one.boot, read_boot()) == (10, 10)
    Path("boot.new").write_text("77")

    other = Memory()
    other.new_boot()
    assert other.boot == 78


def test_a_spoilt_boot_file_does_not_stop_a_start():
    """RTC memory, or the other file, may know better; else it begins at one."""
    Path("boot").write_text("rubbish")
    one = Memory()
    one.new_boot()

    assert one.boot == 1


def test_an_exhausted_counter_takes_a_new_boot():
    """No number twice."""
    one = Memory()
    one.new_boot()
    one.counter = COUNTER_MOST - 1
    assert (one.next_counter(), one.boot) == (COUNTER_MOST, 1)
    assert (one.next_counter(), one.boot) == (1, 2)


def test_the_last_boot_is_the_end():
    """Never a nonce twice, rather silence; long before, a fault asks for a new key."""
    write_boot(COUNTER_MOST // 10 * 9)
    one = Memory()
    one.new_boot()
    assert one.is_nearly_out_of_boots
    write_boot(COUNTER_MOST)
    with pytest.raises(OverflowError, match="needs a new key"):
        one.new_boot()


def test_the_long_clock_goes_on_through_a_sleep_and_never_wraps():
    """The chip's own clock tells how long the sleep was; ticks may wrap as they like."""
    one = Memory()
    clock = LongClock(one, 0, _WRAP)
    assert clock.update(_WRAP + 99) == 99
    assert clock.update(50) == 150
    one.long_ms, one.saved_ms = clock.ms, 1_000
    again = LongClock(Memory(one.pack()), 301_000, 0)

    assert again.is_continued
    assert again.update(5) == 150 + 300_000 + 5
    assert not LongClock(Memory(), 301_000, 0).is_continued
