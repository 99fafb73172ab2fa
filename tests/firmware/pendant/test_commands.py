"""What the platform may make a pendant do: once, whole, and reported."""

import json
import os
from pathlib import Path

import pytest

from firmware import identity
from firmware.pendant import feelings
from firmware.pendant.commands import Commands
from shared import frames, gateway_frames, words
from shared.ccm import Ccm
from tests.firmware.bench import Bench
from tests.firmware.fake_board import Reset
from tests.firmware.fake_gateway import GATEWAY_ID, KEY, PENDANT_ID

NEW_KEY = bytes(range(100, 116))
NUMBER = 1_795_000_000


@pytest.fixture
def bench(tmp_path, monkeypatch):
    """A pendant on a desk, flashed."""
    monkeypatch.chdir(tmp_path)
    Path("identity.json").write_text(json.dumps({
        "role": "pendant", "board": "fake", "id": PENDANT_ID.hex(), "key": KEY.hex(), "channel": 6,
    }))  # fmt: skip
    return Bench()


def command(bench, verb, argument=b"", number=NUMBER):
    """The gateway sends it in the next window, until it is done."""
    bench.gateway.commands = [frames.Command(number, verb, argument)]


def rotate(bench):
    """A pendant that has started gets a new key, and the minutes to take it."""
    bench.run(5_000)
    command(bench, words.ROTATE_KEY, NEW_KEY)
    bench.gateway.next_key = NEW_KEY
    bench.run(400_000)


def done(bench):
    """(number, status) of every COMMAND_DONE that was stored."""
    return [
        (event.ref_boot << 24 | event.ref_seq, event.arg)
        for event in bench.gateway.events
        if event.code == words.COMMAND_DONE
    ]


def test_a_new_key_is_on_flash_and_everything_after_is_sealed_with_it(bench):
    """Also after the power was gone; what the old key seals is not believed any more."""
    rotate(bench)
    assert done(bench) == [(NUMBER, words.DONE)]
    assert identity.load().key == NEW_KEY
    bench.cut_power()
    bench.run(5_000)

    assert bench.gateway.key == NEW_KEY
    assert bench.gateway.codes().count(words.STARTED) == 2
    header = frames.read_header(bench.sent[-1][2])
    with pytest.raises(frames.FrameError):
        frames.open_frame(bench.sent[-1][2], Ccm(KEY))
    assert header.pendant == PENDANT_ID


def test_what_was_done_is_not_called_refused(bench, monkeypatch):
    """Flash is full when only the number is left to write: the key has changed, and both sides say so."""
    rename = os.rename

    def full(old, new):
        if str(new) == "command":
            raise OSError(28, "no room")
        rename(old, new)

    monkeypatch.setattr(os, "rename", full)
    rotate(bench)

    assert done(bench) == [(NUMBER, words.DONE)]
    assert identity.load().key == NEW_KEY


def test_a_power_cut_at_any_write_of_a_rotation_leaves_one_whole_key(tmp_path, monkeypatch):
    """Old or new, never half of one: at every step of writing it."""
    monkeypatch.chdir(tmp_path)
    fields = {"role": "pendant", "board": "fake", "id": PENDANT_ID.hex(), "key": KEY.hex(), "channel": 6}

    class Cut(Exception):
        """The power goes."""

    for step in range(2):
        Path("identity.json").write_text(json.dumps(fields))
        with monkeypatch.context() as patched:
            if step == 0:
                patched.setattr(json, "dump", lambda data, file: (file.write('{"id": "a4'), (_ for _ in ()).throw(Cut)))
            else:
                patched.setattr(os, "rename", lambda old, new: (_ for _ in ()).throw(Cut))
            with pytest.raises(Cut):
                Commands(lambda key: None, None, None).take(frames.Command(5, words.ROTATE_KEY, NEW_KEY))
        assert identity.load().key == KEY

    taken = []
    Commands(taken.append, None, None).take(frames.Command(5, words.ROTATE_KEY, NEW_KEY))
    assert identity.load().key == NEW_KEY
    assert taken == [NEW_KEY]


def test_the_same_command_again_is_reported_and_not_done_again(bench):
    """The gateway repeats it until it has heard; an older number is refused."""
    seen = []
    commands = Commands(None, lambda: seen.append(1), None)
    locate = frames.Command(7, words.LOCATE, b"")

    assert [commands.take(locate) for _ in range(3)] == [words.DONE] * 3
    assert commands.take(frames.Command(6, words.LOCATE, b"")) == words.REFUSED
    assert Commands(None, None, None).take(locate) == words.DONE  # after a restart too
    assert len(seen) == 1


def test_a_repeated_command_is_told_once(bench):
    """However often it comes before the gateway has stored that it is done."""
    bench.run(5_000)
    for _ in range(5):
        bench.pendant.commanded(frames.Command(7, words.LOCATE, b""))
    bench.run(5_000)

    assert done(bench) == [(7, words.DONE)]


def test_locate_is_felt(bench):
    """Every half second, for three seconds."""
    bench.run(5_000)
    command(bench, words.LOCATE)
    bench.run(400_000)

    assert bench.spans(5_000, 405_000)[:6] == [120] * 6
    assert len(feelings.HERE) == 12


def test_settings_are_kept_and_in_force_after_a_restart_that_disturbs_nothing(bench):
    """One of them out of range: none is taken, and that is said."""
    bench.run(5_000)
    command(bench, words.CONFIGURE, b'{"countdown_s": 25}')
    with pytest.raises(Reset):
        bench.run(400_000)
    bench.reset()
    bench.run(10_000)
    assert bench.life.settings.countdown_s == 25
    assert done(bench) == [(NUMBER, words.DONE)]

    command(bench, words.CONFIGURE, b'{"beat_s": 60, "countdown_s": 99}', NUMBER + 1)
    bench.run(400_000)
    assert json.loads(Path("settings.json").read_text()) == {"countdown_s": 25}
    assert done(bench)[-1] == (NUMBER + 1, words.REFUSED)


@pytest.mark.parametrize("spoilt", ["[1]", '{"beat_s": 1}', '{"renamed_since": 5, "beat_s": 90}', "{", "7"])
def test_settings_that_cannot_be_used_are_no_reason_to_refuse_new_ones(bench, spoilt):
    """The pendant runs on the defaults then; whoever configures it must not need the cable."""
    Path("settings.json").write_text(spoilt)
    bench.cut_power()
    bench.run(5_000)
    assert bench.life.settings.beat_s == 300
    command(bench, words.CONFIGURE, b'{"countdown_s": 25}')
    with pytest.raises(Reset):
        bench.run(400_000)
    bench.reset()

    assert done(bench) == [(NUMBER, words.DONE)]
    assert json.loads(Path("settings.json").read_text()) == {"countdown_s": 25}
    assert bench.life.settings.countdown_s == 25


@pytest.mark.parametrize("argument", [b"", b"\xff\xfe", b"[1]", b'"text"', b'{"beat_s": "x"}', b'{"nonsense": 1}'])
def test_nonsense_is_refused(bench, argument):
    """Whatever the argument is, nothing raises and nothing changes."""
    one = Commands(None, None, None)
    assert one.take(frames.Command(9, words.CONFIGURE, argument)) == words.REFUSED
    assert one.take(frames.Command(9, words.ROTATE_KEY, argument)) == words.REFUSED
    assert not Path("settings.json").exists()
    assert identity.load().key == KEY


def test_a_test_is_asked_for_and_a_press_is_the_test(bench):
    """The reminder is felt, a short press answers it."""
    bench.run(5_000)
    command(bench, words.TEST)
    bench.run(350_000)
    bench.press(bench.clock.ms + 1_000, bench.clock.ms + 1_200)
    bench.run(10_000)

    assert words.TEST_PASSED in bench.gateway.codes()


def test_a_call_right_after_the_test_is_a_call_for_rescue(bench):
    """The press was the test: it is no tap that would turn the call into an order of shopping."""
    bench.run(5_000)
    command(bench, words.TEST)
    bench.run(350_000)
    now_ms = bench.clock.ms
    bench.press(now_ms + 1_000, now_ms + 1_200)
    bench.press(now_ms + 1_900, now_ms + 5_500)
    bench.run(10_000)

    assert bench.events()[-2:] == [(words.TEST_PASSED, 0), (words.HELP_REQUESTED, words.RESCUE)]


def test_a_forged_command_does_nothing(bench):
    """Sealed with any other key, or for another gateway's key: refused and counted."""
    bench.run(5_000)
    stranger = Ccm(frames.downlink_key(bytes(16), GATEWAY_ID))
    body = gateway_frames.pack_command(frames.Command(NUMBER, words.ROTATE_KEY, bytes(16)))
    forged = frames.seal(words.COMMAND, PENDANT_ID, 99, 1, body, stranger, GATEWAY_ID)
    before = bench.pendant.delivery.link.rejected
    bench.pendant.heard(-50, forged, bench.clock.ticks)

    assert bench.pendant.delivery.link.rejected == before + 1
    assert identity.load().key == KEY
