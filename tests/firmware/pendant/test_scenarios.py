"""What may happen round an alarm: a table, played in virtual time on both kinds of board.

Each scenario is a script for the wearer and the world, and what must be at the gateway afterwards: (code, argument,
second at which it was stored; None where the dice of the repeats decide), STARTED left out. Times are exact: the way to
the gateway costs nothing on this bench, the way back 50 ms.
"""

import pytest

from shared import fall, frames, words
from tests.firmware.bench import Bench

S, C, X, R, H = (
    words.FALL_SUSPECTED,
    words.FALL_CONFIRMED,
    words.FALL_CANCELLED,
    words.FALL_RECOVERED,
    words.HELP_REQUESTED,
)
FELT, LOW, FAULT, TEST = words.ANSWER_FELT, words.BATTERY_LOW, words.FAULT, words.TEST_PASSED
BY_HAND = 1


def falls(*at_s):
    """The detector suspects a fall at these seconds; the sensor wakes a sleeping board 900 ms before."""

    def play(bench):
        for at in at_s:
            bench.hits.append(at * 1_000 - 900)
            bench.say(at * 1_000, fall.SUSPECTED)

    return play


def detector(at_s, code):
    """The detector says code."""
    return lambda bench: bench.say(at_s * 1_000, code)


def presses(*spans_s):
    """The button is down in these spans of seconds."""

    def play(bench):
        for begin, end in spans_s:
            bench.press(round(begin * 1_000), round(end * 1_000))

    return play


def at(second, action):
    """Do something to the world at that second: action(bench)."""

    def play(bench):
        bench.at.append((second * 1_000, action))

    return play


def deaf(is_deaf):
    """The gateway hears nothing any more, or hears again."""
    return lambda bench: setattr(bench.gateway, "is_deaf", is_deaf)


def answer_all(bench):
    """A person accepts everything that is open."""
    ids = [(e.boot, e.seq) for e in bench.gateway.events if e.code in (S, C, H)]
    bench.gateway.answers.extend(frames.Answer(boot, seq, words.ANSWERED, 60) for boot, seq in ids)


def answer_last(bench):
    """A person accepts the latest alarm."""
    event = [e for e in bench.gateway.events if e.code in (S, C, H)][-1]
    bench.gateway.answers.append(frames.Answer(event.boot, event.seq, words.ANSWERED, 60))


def set_to(name, value):
    """Change something of the bench."""
    return lambda bench: setattr(bench, name, value)


def status(value):
    """What the gateway answers."""
    return lambda bench: setattr(bench.gateway, "status", value)


def battery(mv):
    """The cell's voltage."""
    return lambda bench: setattr(bench.battery, "mv", mv)


def reset(bench):
    """The watchdog bites."""
    bench.reset(after_ms=500)


def cut(bench):
    """The cell falls out for five seconds."""
    bench.cut_power(after_ms=5_000)


SCENARIOS = {
    "a fall and nobody stirs": ([falls(30)], [(S, 0, 30), (C, 0, 50)]),
    "a fall, and a short press says I am well": ([falls(30), presses((40, 40.2))], [(S, 0, 30), (X, BY_HAND, 40.26)]),
    "a fall, and up again": ([falls(30), detector(36, fall.RECOVERED)], [(S, 0, 30), (R, 0, 36)]),
    "a fall, and the detector sees the wearer lie": (
        [falls(30), detector(40, fall.CONFIRMED)],
        [(S, 0, 30), (C, 0, 50)],
    ),
    "a fall, and a hold sends at once": ([falls(30), presses((35, 38.5))], [(S, 0, 30), (C, BY_HAND, 38)]),
    "a fall, and a hold given up after 2 s cancels nothing": (
        [falls(30), presses((35, 37))],
        [(S, 0, 30), (C, 0, 50)],
    ),
    "up again after the countdown is too late to take it back": (
        [falls(30), detector(55, fall.RECOVERED)],
        [(S, 0, 30), (C, 0, 50)],
    ),
    "a press after the countdown cancels nothing": ([falls(30), presses((55, 55.2))], [(S, 0, 30), (C, 0, 50)]),
    "a second fall during the countdown gives the first no more time": (
        [falls(30, 42)],
        [(S, 0, 30), (S, 0, 42), (C, 0, 50)],
    ),
    "a second fall after a cancelled one is a new one": (
        [falls(30, 60), presses((35, 35.2))],
        [(S, 0, 30), (X, BY_HAND, 35.26), (S, 0, 60), (C, 0, 80)],
    ),
    "a second fall after a confirmed one is a new one": (
        [falls(30, 60)],
        [(S, 0, 30), (C, 0, 50), (S, 0, 60), (C, 0, 80)],
    ),
    "a hold without a fall": ([presses((30, 33.5))], [(H, words.RESCUE, 33)]),
    "a hold of 2.9 s": ([presses((30, 32.9))], []),
    "two taps and a hold call for meals": (
        [presses((30, 30.2), (30.7, 30.9), (31.5, 35))],
        [(H, words.MEALS, 34.5)],
    ),
    "seven nervous taps and a hold call for rescue": (
        [presses(*[(30 + i / 2, 30.2 + i / 2) for i in range(7)], (34, 37.5))],
        [(H, words.RESCUE, 37)],
    ),
    "help after a confirmed fall is an alarm of its own": (
        [falls(30), presses((60, 63.5))],
        [(S, 0, 30), (C, 0, 50), (H, words.RESCUE, 63)],
    ),
    "a tap in the countdown and a hold behind it: cancelled, then a call for rescue": (
        [falls(30), presses((35, 35.2), (35.7, 39))],
        [(S, 0, 30), (X, BY_HAND, 35.26), (H, words.RESCUE, 38.7)],
    ),
    "a fall while the button is held: the hold confirms it": (
        [falls(31), presses((30, 33.5))],
        [(S, 0, 31), (C, BY_HAND, 33)],
    ),
    "an answer during the countdown, and nobody asks for the confirmed fall again": (
        [falls(30), at(33, answer_last)],
        [(S, 0, 30), (FELT, words.ANSWERED, 34.11), (C, 0, 50)],
    ),
    "an answer to a call": (
        [presses((30, 33.5)), at(40, answer_last)],
        [(H, words.RESCUE, 33), (FELT, words.ANSWERED, 41.11)],
    ),
    "two calls, both answered": (
        [presses((30, 33.5), (40, 43.5)), at(50, answer_all)],
        [(H, words.RESCUE, 33), (H, words.RESCUE, 43), (FELT, words.ANSWERED, 51.11), (FELT, words.ANSWERED, 51.22)],
    ),
    "the bridge is silent for 20 s": (
        [at(20, deaf(True)), presses((30, 33.5)), at(50, deaf(False))],
        [(H, words.RESCUE, None)],
    ),
    "the bridge is silent through a whole fall": (
        [at(20, deaf(True)), falls(30), at(70, deaf(False))],
        [(S, 0, None), (C, 0, None)],
    ),
    "the gateway's disk is full for a while": (
        [at(20, status(words.REFUSED_FULL)), presses((30, 33.5)), at(60, status(words.STORED))],
        [(H, words.RESCUE, None)],
    ),
    "a reset in the middle of a countdown: it goes on where it was": (
        [falls(30), at(40, reset)],
        [(S, 0, 30), (C, 0, 50)],
    ),
    "the cell falls out in the middle of a countdown: the wearer is asked again": (
        [falls(30), at(40, cut)],
        [(S, 0, 30), (C, 0, 65)],
    ),
    "the cell falls out, and the wearer is well": (
        [falls(30), at(40, cut), presses((50, 50.2))],
        [(S, 0, 30), (X, BY_HAND, 50.26)],
    ),
    "a reset just after a call that nobody has heard": (
        [at(20, deaf(True)), presses((30, 33.5)), at(35, reset), at(40, deaf(False))],
        [(H, words.RESCUE, None)],
    ),
    "the cell falls out just after a call that nobody has heard": (
        [at(20, deaf(True)), presses((30, 33.5)), at(35, cut), at(45, deaf(False))],
        [(H, words.RESCUE, None)],
    ),
    "low battery during an alarm is told, and the alarm goes on": (
        [at(20, battery(3_680)), falls(299), at(325, battery(3_680))],
        [(S, 0, 299), (LOW, 16, 300), (C, 0, 319)],
    ),
    "a stuck button calls once, and is a fault": (
        [presses((30, 300))],
        [(H, words.RESCUE, 33), (FAULT, 3, 60)],
    ),
    "the sensor dies, and the button goes on working": (
        [at(20, set_to("motion_fails_at_ms", 20_000)), falls(25), presses((40, 43.5))],
        [(FAULT, 1, None), (H, words.RESCUE, 43)],
    ),
    "a tap without an alarm says nothing to anybody": ([presses((30, 30.2))], []),
}


@pytest.mark.parametrize("sleeps_deep", [False, True], ids=["light", "deep"])
@pytest.mark.parametrize("name", SCENARIOS)
def test_scenario(tmp_path, monkeypatch, name, sleeps_deep):
    """The gateway has exactly this, in this order, at these times; the numbers have no hole."""
    monkeypatch.chdir(tmp_path)
    script, expected = SCENARIOS[name]
    bench = Bench(sleeps_deep=sleeps_deep, boot_ms=100, settings={"batch_idle_ms": 50, "batch_excited_ms": 10})
    bench.at = []
    for play in script:
        play(bench)
    bench.script.sort()
    bench.hits.sort()
    for at_ms, action in sorted(bench.at, key=lambda pair: pair[0]):
        bench.run_to(at_ms)
        action(bench)
    bench.run_to(330_000 if any(code in (LOW, FAULT) for code, _arg, _at in expected) else 120_000)
    events = bench.gateway.events
    if all(at_s is None for _code, _arg, at_s in expected):
        events = sorted(events, key=lambda e: (e.boot, e.seq))  # after a silence chance decides who is heard first
    stored = [
        (e.code, e.arg, bench.gateway.stored_ms[e.boot, e.seq] / 1_000) for e in events if e.code != words.STARTED
    ]

    assert [(code, arg) for code, arg, _at in stored] == [(code, arg) for code, arg, _at in expected]
    exact = [expected_s for _code, _arg, expected_s in expected]
    assert [
        at_s if expected_s is not None else None for (_c, _a, at_s), expected_s in zip(stored, exact, strict=True)
    ] == exact
    for boot in {e.boot for e in bench.gateway.events}:
        numbers = sorted(e.seq for e in bench.gateway.events if e.boot == boot)
        assert numbers == list(range(1, len(numbers) + 1))
