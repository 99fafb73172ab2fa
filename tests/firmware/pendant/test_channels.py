"""Where the pendant looks for a gateway, and how soon."""

from itertools import pairwise

import pytest

from firmware.pendant.channels import Channels
from shared import words
from tests.firmware.bench import Bench


class Memory:
    channel = missed = scans = scan_ms = 0


@pytest.fixture
def bench(tmp_path, monkeypatch):
    """A pendant on a desk; flash is an empty folder."""
    monkeypatch.chdir(tmp_path)
    return Bench()


def misses(channels, number, at_ms=0, is_urgent=True, is_busy=False):
    """The channels of so many windows, none of which hears anything."""
    used = []
    for _ in range(number):
        used.append(channels.channel)
        channels.missed(is_urgent, is_busy, at_ms)
    return used


def test_the_last_good_channel_has_four_chances_before_an_alarm_looks_elsewhere():
    """Four windows where a gateway was last, then all others, the likely first, and the good one between them."""
    memory = Memory()
    memory.channel = 11
    channels = Channels(6, memory)

    used = misses(channels, 22)
    assert used[:4] == [11] * 4
    assert used[4:10] == [6, 1, 11, 2, 3, 11]  # as flashed first, then where most are
    assert set(used) == set(range(1, 14))
    assert channels.channel == 11
    assert not channels.is_scanning


def test_where_somebody_answers_it_stays():
    """And remembers it: the memory survives deep sleep."""
    memory = Memory()
    channels = Channels(6, memory)
    misses(channels, 5)
    assert channels.channel == 11
    channels.heard()

    assert memory.channel == 11
    assert misses(channels, 4) == [11] * 4


def test_a_channel_on_which_a_gateway_serves_others_is_not_left_so_soon():
    """In an earthquake everybody waits; but a stranger's voice does not hold us for ever."""
    channels = Channels(6, Memory())

    assert misses(channels, 17, is_busy=True) == [6] * 16 + [1]


def test_scans_in_vain_become_rarer():
    """An alarm that nobody hears for hours must not empty the battery by scanning: 20, 40, 80 ... s, then hourly."""
    memory = Memory()
    channels = Channels(6, memory)
    began = []
    for second in range(20_000):
        was = channels.is_scanning
        channels.missed(True, False, second * 1_000)
        if channels.is_scanning and not was:
            began.append(second)
        while channels.is_scanning:
            channels.missed(True, False, second * 1_000)

    gaps = [later - earlier for earlier, later in pairwise(began)]
    assert gaps[:8] == [20, 40, 80, 160, 320, 640, 1_280, 2_560]
    assert set(gaps[8:]) == {3_600}


def test_a_beat_scans_once_an_hour_at_most():
    """Nobody waits for it."""
    memory = Memory()
    channels = Channels(6, memory)
    used = misses(channels, 100, at_ms=1_000, is_urgent=False)

    assert sum(channel != 6 for channel in used) == 12


def test_an_alarm_does_not_wait_because_a_beat_has_scanned():
    """The bridge was away for a moment, a beat looked everywhere in vain; a minute later somebody falls."""
    channels = Channels(6, Memory())
    misses(channels, 20, at_ms=1_000, is_urgent=False)

    assert misses(channels, 6, at_ms=61_000)[-1] != 6


def test_an_alarm_finds_a_gateway_on_another_channel(bench):
    """Within three seconds, and later alarms go there at once."""
    bench.run(10_000)
    bench.gateway.channel = 13
    bench.press(20_000, 23_100)
    bench.press(60_000, 63_100)
    bench.run_to(70_000)

    calls = [event for event in bench.gateway.events if event.code == words.HELP_REQUESTED]
    first_ms, second_ms = (bench.gateway.stored_ms[call.boot, call.seq] for call in calls)
    assert first_ms - 23_000 < 4_000
    assert second_ms - 63_000 < 50


@pytest.mark.parametrize("channel", [11, 13])
def test_a_gateway_that_one_scan_has_missed_is_found_by_the_next_one_soon(bench, channel):
    """A channel has one turn in a scan; one lost frame must not cost an alarm two minutes."""
    bench.run(10_000)
    bench.gateway.channel = channel
    bench.gateway.loses = iter([True] + [False] * 1_000).__next__
    bench.press(20_000, 23_100)
    bench.run_to(60_000)

    (call,) = (event for event in bench.gateway.events if event.code == words.HELP_REQUESTED)
    assert bench.gateway.stored_ms[call.boot, call.seq] - 23_000 < 35_000


def test_who_calls_again_is_searched_for_at_once(bench):
    """Nobody listened for an hour, on any channel, and scans are rare; a gateway has come since, somewhere else."""
    bench.run(10_000)
    bench.gateway.is_deaf = True
    bench.press(20_000, 23_100)
    bench.run_to(3_000_000)
    bench.gateway.is_deaf = False
    bench.gateway.channel = 13
    bench.press(3_010_000, 3_013_100)
    bench.run_to(3_030_000)

    call = [event for event in bench.gateway.events if event.code == words.HELP_REQUESTED][-1]
    assert bench.gateway.stored_ms[call.boot, call.seq] - 3_013_000 < 4_000


def test_a_beat_finds_it_too(bench):
    """Nobody has to fall before the pendant follows."""
    bench.run(10_000)
    bench.gateway.channel = 1
    bench.run(300_000)

    assert bench.memory.channel == 1
    assert bench.gateway.beats


def test_a_failing_alarm_listens_longer(bench):
    """A gateway whose disk takes 250 ms would otherwise never be heard to acknowledge."""
    bench.run(10_000)
    bench.radio._reply_ms = 250
    bench.press(20_000, 23_100)
    bench.run_to(40_000)

    assert [event.code for event in bench.gateway.events].count(words.HELP_REQUESTED) == 1
    assert not len(bench.pendant.delivery.outbox)


def test_an_alarm_never_waits_because_a_beat_has_scanned():
    """A beat has just looked everywhere in vain, and then the wearer falls: all channels are tried again, now."""
    channels = Channels(6, Memory())
    misses(channels, 30, at_ms=1_000, is_urgent=False)

    assert set(misses(channels, 23, at_ms=2_000)) == set(range(1, 14))
