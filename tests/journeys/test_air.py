"""The air, the whole way: a channel that changes, a key that is rotated, a flood, an answer for a sleeper."""

import json
import random
import threading
import time

import pytest

from shared import framing, words
from tests.journeys.conftest import HOLD_MS, ids, missing

pytestmark = pytest.mark.journey


def call(home, number, within_s=20):
    """Hold the button, long enough for a busy machine; the number-th call at the platform."""
    home.pendants[0].press_for_ms(4_000)
    try:
        home.platform.expect(lambda _: len(ids(home, "tiexin.help.requested")) >= number, within_s)
    except TimeoutError:  # a busy machine may miss a finger by chance; what does not follow a bridge never comes
        home.pendants[0].press_for_ms(4_000)
        home.platform.expect(lambda _: len(ids(home, "tiexin.help.requested")) >= number, within_s)
    home.clock.sleep(1)


def order(home, **fields):
    """The platform asks the gateway for something; the reply."""
    return home.platform.expect_reply(home.platform.command(fields, home.gateway.name), 10)


def registry(home):
    """The line of the only pendant, as it stands in the gateway's file."""
    (line,) = (home.gateway.config_path.parent / "pendants.jsonl").read_text().splitlines()
    return json.loads(line)


def move_bridge(home, channel):
    """The installer writes another channel into the configuration and starts the gateway again."""
    path = home.gateway.config_path
    path.write_text(path.read_text().replace("[serial]\n", f"[serial]\nchannel = {channel}\n"))
    home.gateway.stop()
    since = len(home.gateway.steps)
    home.gateway.start()
    home.gateway.expect("bridge-channel", since=since, channel=channel)


def test_a_bridge_that_moves_to_another_channel_is_followed(home):
    """The next alarm scans and finds it; the one after goes there at once."""
    home = home(scale=2)
    call(home, 1)
    move_bridge(home, 11)
    call(home, 2)
    for number in (3, 4, 5):  # a busy machine misses the first acknowledgement by chance: then the one after that
        began = len(home.air.record())
        call(home, number)
        later = [frame for frame in home.air.record()[began:] if frame.sender == home.pendants[0].mac]
        channels = {frame.channel for frame in later}
        if channels == {11}:
            break

    assert home.air.nodes()[home.bridge.mac] == 11
    assert channels == {11}
    assert missing(home) == []


def test_a_key_is_rotated_and_the_pendant_revoked(home):
    """By command, without a gap: alarms before, between and after; then it is reported once and not served."""
    home = home(settings={"beat_s": 30})
    pendant = home.pendants[0]
    before = registry(home)["key"]
    reply = order(home, command="rotate-key", pendant=pendant.mac.hex())
    assert reply.status == "done"
    call(home, 1)
    home.gateway.expect("key-rotated", within_s=20)
    done = home.platform.expect(lambda one: one.type == "tiexin.command.done", 20)
    call(home, 2)
    assert done.event["data"] | {"number": reply.body["number"], "status": "done"} == done.event["data"]
    after = registry(home)
    assert after["key"] != before
    assert "next_key" not in after

    assert order(home, command="revoke", pendant=pendant.mac.hex()).status == "done"
    pendant.press_for_ms(HOLD_MS)
    home.platform.expect(lambda one: one.type == "tiexin.pendant.revoked_heard", 20)
    home.clock.sleep(5)
    assert len(ids(home, "tiexin.help.requested")) == 2
    assert len(ids(home, "tiexin.pendant.revoked_heard")) == 1


def test_an_answer_given_while_the_pendant_sleeps_comes_with_its_next_word(home):
    """Deep asleep, nothing open any more: the answer waits at the gateway and is felt at the next beat."""
    patient = {"listen_ms": 500, "listen_more_ms": 500}  # the gateway's time does not run faster, only the board's
    home = home(boards=("xiao_c3",), settings={"answer_wait_s": 60, "beat_s": 30, **patient}, scale=6)
    pendant = home.pendants[0]
    pendant.press_for_ms(6_000)
    alarm = home.platform.expect(lambda one: one.type == "tiexin.help.requested", 20)
    home.clock.sleep(65)  # it has given up asking every two seconds
    pendant.wait_for(lambda board: board.is_asleep, within_s=60)
    home.platform.answer(alarm.id, home.gateway.name)
    felt = home.platform.expect(lambda one: one.type == "tiexin.answer.felt", 40)

    assert felt.event["data"]["refers_to"] == alarm.id
    assert any(sleep.kind == "deep" for sleep in pendant.sleeps)


def test_an_answer_to_an_open_alarm_is_felt_within_five_seconds(home):
    """At real speed, on a board that sleeps deeply between its polls where it can."""
    home = home(boards=("xiao_c3",), scale=1)
    pendant = home.pendants[0]
    pendant.press_for_ms(HOLD_MS)
    alarm = home.platform.expect(lambda one: one.type == "tiexin.help.requested", 10)
    home.clock.sleep(3.1)  # between two polls
    given_s = time.time()
    home.platform.answer(alarm.id, home.gateway.name)
    felt = home.platform.expect(lambda one: one.type == "tiexin.answer.felt", 10)

    assert felt.at_s - given_s < 5


def test_a_flood_of_rubbish_does_not_hold_an_alarm_up(home):
    """As many frames a second as this air carries, of every kind of rubbish, from 64 addresses: a call within 1 s."""
    home = home(scale=1)
    pendant = home.pendants[0]
    chance = random.Random(1)
    rubbish = [_rubbish(chance, number) for number in range(2_000)]
    senders = [bytes((2, 0, 0, 0, 1, number)) for number in range(64)]
    stop = threading.Event()
    thrown = [0]

    def flood():
        began_s = time.monotonic()
        while not stop.is_set():
            for _ in range(100):
                home.air.inject(chance.choice(senders), chance.choice(rubbish), channel=6)
            thrown[0] += 100
            ahead_s = thrown[0] / 10_000 - (time.monotonic() - began_s)
            if ahead_s > 0:
                time.sleep(ahead_s)

    thread = threading.Thread(target=flood)
    began_s = time.monotonic()
    thread.start()
    try:
        for _ in range(3):  # the machine that makes the flood is the one that runs everything: it may be late itself
            time.sleep(1)
            known = len(ids(home, "tiexin.help.requested"))
            held_s = time.time() + 3
            pendant.press_for_ms(4_000)
            home.platform.expect(lambda _: len(ids(home, "tiexin.help.requested")) > known, 10)  # noqa: B023
            arrival = next(one for one in home.platform.in_order()[::-1] if one.type == "tiexin.help.requested")
            if arrival.at_s - held_s < 1:
                break
    finally:
        stop.set()
        thread.join()
    rate = thrown[0] / (time.monotonic() - began_s)
    took_s = arrival.at_s - held_s
    attempt = arrival.event["data"]["attempt"]
    print(f"{rate:,.0f} frames of rubbish a second; the call came {took_s * 1000:.0f} ms after the hold, try {attempt}")

    assert took_s < 1
    assert home.gateway.is_running
    assert missing(home) == []


def _rubbish(chance, number):
    """Noise, foreign versions, right headers of strangers around noise, downlinks, whole serial messages."""
    kind = number % 5
    if kind == 0:
        return chance.randbytes(chance.randint(1, 250))
    if kind == 1:
        return bytes((7, words.ALARM)) + chance.randbytes(41)
    if kind == 2:
        return bytes((1, chance.choice((words.ALARM, words.EVENT, words.BEAT)))) + chance.randbytes(41)
    if kind == 3:
        return bytes((1, words.ACK)) + chance.randbytes(46)
    return framing.encode(framing.HEARD, chance.randbytes(40))
