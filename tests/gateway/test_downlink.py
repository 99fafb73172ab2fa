"""No nonce comes twice."""

import pytest

from gateway import downlink
from gateway.seal import Ccm
from gateway.tables import Identity
from shared import frames, words

GATEWAY, PENDANT, KEY = b"gggggg", b"pppppp", bytes(16)


def test_every_frame_has_a_number_of_its_own():
    """Counters rise; the pendant's derived key opens."""
    made = downlink.Downlink(Identity(GATEWAY, 7, 1, True), lambda: None)
    airs = [made.seal(words.ACK, PENDANT, KEY, b"body") for _ in range(3)]

    assert [frames.read_header(air).counter for air in airs] == [1, 2, 3]
    assert {frames.read_header(air).boot for air in airs} == {7}
    assert frames.open_frame(airs[0], Ccm(frames.downlink_key(KEY, GATEWAY))) == b"body"


def test_a_new_boot_is_asked_for_in_time(monkeypatch):
    """Half way through the counter a new boot is asked for; with it the counting begins again."""
    monkeypatch.setattr(downlink, "_RENEW_AT", 2)
    asked = []
    made = downlink.Downlink(Identity(GATEWAY, 7, 1, True), lambda: asked.append(1))
    for _ in range(4):
        made.seal(words.ACK, PENDANT, KEY, b"")
    made.renewed(Identity(GATEWAY, 8, 1, True))
    header = frames.read_header(made.seal(words.ACK, PENDANT, KEY, b""))

    assert asked == [1]
    assert (header.boot, header.counter) == (8, 1)


def test_a_changed_key_is_used_at_once():
    """A pendant that was flashed again understands the next frame."""
    made = downlink.Downlink(Identity(GATEWAY, 7, 1, True), lambda: None)
    made.seal(words.ACK, PENDANT, KEY, b"old")
    air = made.seal(words.ACK, PENDANT, b"\x01" * 16, b"new")

    assert frames.open_frame(air, Ccm(frames.downlink_key(b"\x01" * 16, GATEWAY))) == b"new"
    with pytest.raises(frames.FrameError):
        frames.open_frame(air, Ccm(frames.downlink_key(KEY, GATEWAY)))
