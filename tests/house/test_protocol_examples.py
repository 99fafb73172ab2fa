"""docs/protocol.md is true: every worked example is built again, byte for byte."""

import re
from pathlib import Path

import pytest

from shared import bundle, frames, framing, gateway_frames, known, waves, word_names, words
from shared.ccm import Ccm

_PAGE = (Path(__file__).resolve().parents[2] / "docs" / "protocol.md").read_text(encoding="utf-8")
_EXAMPLES = {
    name: bytes.fromhex(text)
    for name, text in re.findall(r"^(\w+ (?:body|frame|line)) +([0-9a-f]+)$", _PAGE, re.MULTILINE)
}

_KEY = bytes.fromhex("000102030405060708090a0b0c0d0e0f")
_PENDANT = bytes.fromhex("7c9ebd000001")
_GATEWAY = bytes.fromhex("a1b2c3d4e5f6")
_BODIES = {
    "alarm": frames.pack_event(frames.Event(3, 7, words.FALL_SUSPECTED, 12, 930, 1, 0, 0, 0)),
    "beat": frames.pack_beat(
        frames.Beat(3, frames.FIRST_BEAT_SEQ + 1, 3987, 87, -71, 1, words.WORN | words.STILL, (0, 1, 0), 3600)
    ),
    "poll": frames.pack_poll(frames.Poll(3, 7)),
    "ack": gateway_frames.pack_ack(frames.Ack(3, 7, words.STORED, 1_795_000_000, 0)),
    "command": gateway_frames.pack_command(frames.Command(9, words.ROTATE_KEY, bytes(range(16, 32)))),
    "kept": gateway_frames.pack_ack(frames.Ack(3, 7, waves.KEPT | 0b011, 1_795_000_000, 0)),
    "answer": gateway_frames.pack_answer(frames.Answer(3, 7, words.ANSWERED, 180)),
}
_UP = {"alarm": (words.ALARM, 21), "beat": (words.BEAT, 22), "poll": (words.POLL, 23)}
_DOWN = {"ack": (words.ACK, 1), "answer": (words.ANSWER, 2), "command": (words.COMMAND, 3)}


def built():
    """Every example of the page, made by the code."""
    made = {f"{name} body": body for name, body in _BODIES.items()}
    up, down = Ccm(_KEY), Ccm(frames.downlink_key(_KEY, _GATEWAY))
    for name, (kind, counter) in _UP.items():
        made[f"{name} frame"] = frames.seal(kind, _PENDANT, 3, counter, _BODIES[name], up)
    for name, (kind, counter) in _DOWN.items():
        made[f"{name} frame"] = frames.seal(kind, _PENDANT, 5, counter, _BODIES[name], down, _GATEWAY)
    hello = bytes.fromhex("01 000100 06 0000003c a0b1c2d3e4f5 0000 01")
    made["set_channel line"] = framing.encode(framing.SET_CHANNEL, b"\x0b")
    made["hello line"] = framing.encode(framing.HELLO, hello)
    made["heard line"] = framing.encode(framing.HEARD, _PENDANT + (-71 & 0xFF).to_bytes(1, "big") + made["alarm frame"])
    made["allow line"] = framing.encode(framing.ALLOW, bytes((framing.SHORT_FORMS,)))
    made["alarms line"] = framing.encode(framing.ALARMS, bundle.item(-71, made["alarm frame"]))
    made["send_all line"] = framing.encode(framing.SEND_ALL, made["ack frame"])
    return made


@pytest.mark.parametrize("name", sorted(_EXAMPLES))
def test_an_example_of_the_page(name):
    """What the page shows is what the code makes."""
    assert built()[name].hex() == _EXAMPLES[name].hex()


def test_no_example_is_left_out():
    """Every kind of frame and line that is built here is on the page, and the other way round."""
    assert set(built()) == set(_EXAMPLES)


def test_the_key_down_of_the_page():
    """The derived key on the page is the one the code derives."""
    assert f"`{frames.downlink_key(_KEY, _GATEWAY).hex()}`" in _PAGE


def test_the_known_set_of_the_page():
    """The bits that the page names are the ones that the code sets."""
    made = known.make([_PENDANT])
    bits = [bit for bit in range(8 * len(made)) if made[bit >> 3] & 1 << (bit & 7)]
    named = re.search(r"\(CRC-16 0x(\w+)\) the bits (\d+), (\d+) and (\d+) are set", _PAGE)

    assert named and int(named[1], 16) == framing.crc16(_PENDANT)
    assert sorted(int(number) for number in named.groups()[1:]) == bits


def test_the_wave_of_the_page():
    """Too long for a line: its head, its sample, its length and its tag are the ones that the code makes."""
    sample = bytes(waves.code_of(mg) for mg in (0, -1_000, 4_000))
    body = waves.pack_part(3, 7, 1, sample * waves.PART_SAMPLES)
    frame = frames.seal(words.WAVE, _PENDANT, 3, 24, body, Ccm(_KEY))

    assert f"Its body is `{body[:7].hex()}`\nand then {waves.PART_SAMPLES} times `{sample.hex()}`" in _PAGE
    assert f"the frame has {len(frame)} bytes, the last eight of which are `{frame[-8:].hex()}`" in _PAGE


def test_every_code_and_kind_is_on_the_page():
    """A number of words.py that the page does not explain is a number that nobody can look up."""
    for number, name in word_names.CODE_NAMES.items():
        assert f"| {number} | {name} |" in _PAGE
    for number in word_names.KIND_NAMES:
        assert f"| 0x{number:02x} |" in _PAGE
    for number, name in word_names.VERB_NAMES.items():
        assert f"| {number} | {name} |" in _PAGE
    for service in word_names.SERVICE_NAMES:
        assert service in _PAGE
