"""Frames: what is packed is read back; what is not ours is refused with FrameError and nothing else."""

from shared import frames, gateway_frames, words
from shared.ccm import Ccm
from tests.shared.refusing import refuses

_KEY = bytes(range(16))
_PENDANT = bytes.fromhex("7c9ebd000001")
_GATEWAY = bytes.fromhex("0102030405ff")
_EVENT = frames.Event(3, 7, words.FALL_SUSPECTED, 1234, 900, 2, 0, 0, 0)


def test_up_and_down_open_only_with_their_own_key():
    """A pendant's frame opens with its key; a gateway's with the key of that gateway and that pendant."""
    up = Ccm(_KEY)
    down = Ccm(frames.downlink_key(_KEY, _GATEWAY))
    body = frames.pack_event(_EVENT)
    rising = frames.seal(words.ALARM, _PENDANT, 3, 8, body, up)
    falling = frames.seal(words.ACK, _PENDANT, 5, 1, gateway_frames.pack_ack(frames.Ack(3, 7, 0, 0, 0)), down, _GATEWAY)

    assert frames.read_header(rising) == frames.Header(words.ALARM, _PENDANT, 3, 8, b"")
    assert frames.read_header(falling) == frames.Header(words.ACK, _PENDANT, 5, 1, _GATEWAY)
    assert frames.open_frame(rising, up) == body
    assert frames.unpack_ack(frames.open_frame(falling, down)).seq == 7
    assert refuses(frames.open_frame, rising, down)
    assert refuses(frames.open_frame, falling, up)


def test_every_cut_and_every_flipped_bit_is_refused():
    """A damaged frame raises FrameError, at the header or at the seal, and nothing else."""
    cipher = Ccm(_KEY)
    frame = frames.seal(words.ALARM, _PENDANT, 3, 8, frames.pack_event(_EVENT), cipher)
    for size in range(len(frame)):
        assert refuses(_open_whole, frame[:size], cipher)
    for bit in range(8 * len(frame)):
        changed = bytearray(frame)
        changed[bit >> 3] ^= 1 << (bit & 7)
        assert refuses(_open_whole, bytes(changed), cipher)


def test_a_foreign_version_says_so():
    """A frame of another version is refused by its first byte, before any key is touched."""
    try:
        frames.read_header(b"\x02" + bytes(40))
    except frames.FrameError as error:
        assert "version 2" in str(error)
        return
    raise AssertionError("it was read")


def test_a_counter_that_has_run_out_is_not_sent():
    """The 24 bits of a nonce never wrap: sealing beyond them is an error, not a repeat."""
    for boot, counter in ((1 << 24, 0), (0, 1 << 24), (-1, 0)):
        try:
            frames.seal(words.POLL, _PENDANT, boot, counter, bytes(6), Ccm(_KEY))
        except ValueError:
            continue
        raise AssertionError("it was sealed")


def _open_whole(frame, cipher):
    frames.read_header(frame)
    return gateway_frames.unpack_event(frames.open_frame(frame, cipher))
