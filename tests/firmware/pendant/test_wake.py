"""The whole pendant in virtual time: what happens to the wearer, and what arrives."""

import random

import pytest

from shared import fall, frames, words
from tests.firmware.bench import Bench
from tests.firmware.fake_board import Reset


@pytest.fixture
def bench(tmp_path, monkeypatch):
    """A pendant that has just been switched on."""
    monkeypatch.chdir(tmp_path)
    return Bench()


def test_it_says_that_it_has_started_and_beats(bench):
    """The first thing told is why it started; a beat follows, and then one every five minutes."""
    bench.run(700_000)

    assert bench.gateway.codes() == [words.STARTED]
    assert len(bench.gateway.beats) == 3
    assert bench.gateway.beats[0].battery_mv == 3_900


def test_a_fall_is_suspected_then_confirmed_after_twenty_seconds(bench):
    """Told at once with its delay, confirmed by the end of the countdown, with a reference."""
    bench.say(10_000, fall.SUSPECTED, 930)
    bench.run(40_000)
    suspected, confirmed = [e for e in bench.gateway.events if e.code in words.ALARM_CODES]

    assert (suspected.code, suspected.delay_ms, suspected.attempt) == (words.FALL_SUSPECTED, 930, 1)
    assert (confirmed.code, confirmed.arg) == (words.FALL_CONFIRMED, 0)
    assert (confirmed.ref_boot, confirmed.ref_seq) == (suspected.boot, suspected.seq)
    assert (
        bench.gateway.stored_ms[confirmed.boot, confirmed.seq] - bench.gateway.stored_ms[suspected.boot, suspected.seq]
        == 20_000
    )


def test_up_again_and_fallen_again_in_one_look_are_both_told(bench):
    """The second fall has a countdown of its own: the end of the first must not hide it."""
    bench.say(10_000, fall.SUSPECTED)
    bench.say(17_000, fall.RECOVERED)
    bench.say(17_000, fall.SUSPECTED)
    bench.run(60_000)

    assert [code for code, _arg in bench.events()] == [
        words.FALL_SUSPECTED, words.FALL_RECOVERED, words.FALL_SUSPECTED, words.FALL_CONFIRMED,
    ]  # fmt: skip
    assert bench.gateway.events[-1].ref_seq == bench.gateway.events[-2].seq


def test_a_hold_calls_for_help_three_seconds_after_the_press(bench):
    """Sent at 3.0 s, with the delay from the press in it."""
    bench.press(10_005, 13_500)
    bench.run(15_000)
    (help_requested,) = [e for e in bench.gateway.events if e.code == words.HELP_REQUESTED]

    assert help_requested.delay_ms == 3_000
    assert bench.gateway.stored_ms[help_requested.boot, help_requested.seq] == 13_005


def test_a_hold_behind_a_short_release_counts_from_its_own_press(bench):
    """The finger is back at the very look that ends the tap: the delay that is told is the hold's, not the tap's."""
    bench.press(10_000, 10_200)
    bench.press(10_260, 14_000)
    bench.run(15_000)
    (help_requested,) = [e for e in bench.gateway.events if e.code == words.HELP_REQUESTED]

    assert (help_requested.arg, help_requested.delay_ms) == (words.SHOPPING, 3_000)


def test_an_answer_is_felt_within_five_seconds(bench):
    """While an alarm is open the pendant asks every two seconds, and tells that the answer was felt, once."""
    bench.press(10_000, 13_500)
    bench.run_to(20_000)
    called = next(e for e in bench.gateway.events if e.code == words.HELP_REQUESTED)
    bench.gateway.answers.append(frames.Answer(called.boot, called.seq, words.ANSWERED, 180))
    bench.run_to(30_000)
    felt = [e for e in bench.gateway.events if e.code == words.ANSWER_FELT]

    assert [(e.arg, e.ref_boot, e.ref_seq) for e in felt] == [(words.ANSWERED, called.boot, called.seq)]
    assert bench.gateway.stored_ms[felt[0].boot, felt[0].seq] <= 25_000
    assert bench.spans(20_000, 30_000) == [500, 500, 500]
    assert [at for at, _poll in bench.gateway.polls if at > 26_000] == []


def test_an_alarm_is_repeated_until_it_is_acknowledged(bench):
    """A deaf gateway for a minute: the alarm comes, once, as itself; the wearer has felt that nobody is there."""
    bench.run(5_000)
    bench.gateway.is_deaf = True
    bench.press(10_000, 13_500)
    bench.run_to(70_000)
    assert 900 in bench.spans(20_000, 30_000)
    bench.gateway.is_deaf = False
    bench.run_to(110_000)

    assert bench.events() == [(words.HELP_REQUESTED, words.RESCUE)]
    event = bench.gateway.events[-1]
    assert event.attempt > 10
    assert event.age_ms == bench.gateway.stored_ms[event.boot, event.seq] - 13_000


@pytest.mark.parametrize("loss_percent", [30, 70])
def test_a_bad_air_loses_nothing(bench, loss_percent):
    """Frames lost both ways: every event arrives, none under a second name, no nonce twice."""
    dice = random.Random(5)
    bench.gateway.loses = lambda: dice.random() * 100 < loss_percent
    for i in range(6):
        bench.press(10_000 + 10_000 * i, 13_200 + 10_000 * i)
    bench.run_to(200_000)

    assert bench.events() == [(words.HELP_REQUESTED, words.RESCUE)] * 6
    numbers = [(boot, counter) for _at, _kind, boot, counter in bench.gateway.heard]
    assert len(set(numbers)) == len(numbers)


def test_an_alarm_survives_the_loss_of_power(bench):
    """Not acknowledged when the cell fell out: it comes after the next start, its age unknown."""
    bench.gateway.is_deaf = True
    bench.press(10_000, 13_500)
    bench.run_to(14_000)
    bench.cut_power()
    bench.gateway.is_deaf = False
    bench.run(5_000)
    event = next(e for e in bench.gateway.events if e.code == words.HELP_REQUESTED)

    assert (event.boot, event.seq, event.age_ms) == (1, 2, frames.AGE_UNKNOWN)


def test_an_alarm_survives_a_reset_and_keeps_its_age(bench):
    """The watchdog bit: RTC memory has the clock, so the age goes on."""
    bench.run(5_000)  # what it says at the start is said: nothing but the call is in the air
    bench.gateway.is_deaf = True
    bench.press(10_000, 13_500)
    bench.run_to(14_000)
    bench.reset()
    bench.gateway.is_deaf = False
    bench.run(5_000)
    event = next(e for e in bench.gateway.events if e.code == words.HELP_REQUESTED)

    assert (event.boot, event.seq) == (1, 2)
    assert event.age_ms == bench.gateway.stored_ms[1, 2] - 13_000


def test_a_full_table_of_senders_does_not_cut_a_hold_short(bench):
    """In a crowd the table fills at the very moment at which people call: the start waits until the finger is up."""
    bench.press(10_000, 13_500)
    bench.run_to(11_000)
    bench.radio.senders = 300
    with pytest.raises(Reset):
        bench.run_to(20_000)

    assert bench.clock.ms >= 13_500
    assert bench.events() == [(words.HELP_REQUESTED, words.RESCUE)]


def test_a_full_table_of_senders_waits_for_a_blow_to_be_judged(bench):
    """And the countdown goes on behind the start."""
    bench.say(11_000, fall.SUSPECTED)
    bench.run_to(10_500)
    bench.radio.senders = 300
    with pytest.raises(Reset):
        bench.run_to(20_000)
    bench.reset()
    bench.run_to(40_000)

    assert bench.events() == [(words.FALL_SUSPECTED, 0), (words.FALL_CONFIRMED, 0)]
    assert bench.gateway.stored_ms[bench.gateway.events[-1].boot, bench.gateway.events[-1].seq] == 31_000


def test_the_end_of_safe_mode_does_not_cut_a_hold_short(bench):
    """An hour without a crash is over in the middle of a press."""
    bench.reset(crashes=3, is_safe_mode=True)
    bench.run_to(bench.clock.ms + 3_600_000 - 1_500)
    now_ms = bench.clock.ms
    bench.press(now_ms, now_ms + 3_400)
    with pytest.raises(Reset):
        bench.run(10_000)

    assert bench.clock.ms >= now_ms + 3_400
    assert (words.HELP_REQUESTED, words.RESCUE) in bench.events()


def crash_at_the_next_sending(bench, until_ms):
    """What heap there was the alarm itself has taken: its first frame is never sealed."""

    def fail(*_):
        raise MemoryError

    bench.pendant.delivery.link.send = fail
    with pytest.raises(MemoryError):
        bench.run_to(until_ms)
    bench.reset()


def test_a_crash_before_the_first_frame_of_a_fall_ends_no_countdown(bench):
    """The fall is on flash; that it is asked about must be known after the reset as well."""
    bench.run_to(9_000)
    bench.say(10_000, fall.SUSPECTED)
    crash_at_the_next_sending(bench, 12_000)
    bench.run_to(40_000)

    assert bench.events() == [(words.FALL_SUSPECTED, 0), (words.FALL_CONFIRMED, 0)]


def test_a_crash_before_the_first_frame_of_a_cancel_brings_no_alarm_back(bench):
    """The wearer is well and has said so; the reset must not forget it and confirm the fall."""
    bench.say(10_000, fall.SUSPECTED)
    bench.run_to(14_900)
    bench.press(15_100, 15_300)
    bench.run_to(15_200)
    crash_at_the_next_sending(bench, 15_500)
    bench.run_to(60_000)

    assert bench.events() == [(words.FALL_SUSPECTED, 0), (words.FALL_CANCELLED, 1)]


def test_a_late_answer_to_a_fall_does_not_end_the_asking_for_a_call(bench):
    """Two alarms, the older one answered first: the answer to the call is still felt within a few seconds."""
    bench.say(10_000, fall.SUSPECTED)
    bench.press(40_000, 43_500)
    bench.run_to(50_000)
    told = {event.code: event for event in bench.gateway.events}
    for at_ms, code in ((50_000, words.FALL_SUSPECTED), (60_000, words.HELP_REQUESTED)):
        bench.run_to(at_ms)
        bench.gateway.answers.append(frames.Answer(told[code].boot, told[code].seq, words.ANSWERED, 60))
    bench.run_to(65_000)

    felt = [event.ref_seq for event in bench.gateway.events if event.code == words.ANSWER_FELT]
    assert felt == [told[words.FALL_SUSPECTED].seq, told[words.HELP_REQUESTED].seq]
