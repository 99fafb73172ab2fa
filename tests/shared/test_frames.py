"""Frames: what is packed is read back; what is not ours is refused with FrameError and nothing else."""

from shared import frames, words
from shared.ccm import Ccm

_KEY = bytes(range(16))
_PENDANT = bytes.fromhex("7c9ebd000001")
_GATEWAY = bytes.fromhex("0102030405ff")
_EVENT = frames.Event(3, 7, words.FALL_SUSPECTED, 1234, 900, 2, 0, 0, 0)


def test_an_event_comes_back_as_it_was():
    """Every field of an event survives the air, at its largest too."""
    largest = frames.Event(
        frames.COUNTER_MOST, frames.COUNTER_MOST, words.STARTED, frames.AGE_UNKNOWN, frames.DELAY_UNKNOWN_MS,
        255, 255, frames.COUNTER_MOST, frames.COUNTER_MOST,
    )  # fmt: skip
    for event in (_EVENT, largest):
        assert frames.unpack_event(frames.pack_event(event)) == event


def test_a_beat_comes_back_as_it_was():
    """Every field of a beat survives the air, negative signal strength included."""
    beat = frames.Beat(1, frames.FIRST_BEAT_SEQ + 5, 3987, 87, -71, 4, words.WORN | words.STILL, (0, 1, 255), 86_400)

    assert frames.unpack_beat(frames.pack_beat(beat)) == beat


def test_poll_ack_and_answer_come_back_as_they_were():
    """The small bodies, too."""
    poll = frames.Poll(2, 9)
    ack = frames.Ack(2, 9, words.STORED, 1_795_000_000, 1)
    answer = frames.Answer(2, 9, words.ANSWERED, 180)

    assert frames.unpack_poll(frames.pack_poll(poll)) == poll
    assert frames.unpack_ack(frames.pack_ack(ack)) == ack
    assert frames.unpack_answer(frames.pack_answer(answer)) == answer


def test_a_command_comes_back_as_it_was():
    """Number, verb and argument, at their shortest and longest; its number splits into a reference."""
    for argument in (b"", bytes(range(16)), bytes(frames.LONGEST_ARGUMENT_SIZE)):
        command = frames.Command(0x01000002, words.ROTATE_KEY, argument)
        assert frames.unpack_command(frames.pack_command(command)) == command
    assert frames.command_ref(0x01000002) == (1, 2)
    for body in (b"", bytes(4), bytes(5), bytes(5 + frames.LONGEST_ARGUMENT_SIZE + 1)):
        assert _refuses(frames.unpack_command, body)


def test_up_and_down_open_only_with_their_own_key():
    """A pendant's frame opens with its key; a gateway's with the key of that gateway and that pendant."""
    up = Ccm(_KEY)
    down = Ccm(frames.downlink_key(_KEY, _GATEWAY))
    body = frames.pack_event(_EVENT)
    rising = frames.seal(words.ALARM, _PENDANT, 3, 8, body, up)
    falling = frames.seal(words.ACK, _PENDANT, 5, 1, frames.pack_ack(frames.Ack(3, 7, 0, 0, 0)), down, _GATEWAY)

    assert frames.read_header(rising) == frames.Header(words.ALARM, _PENDANT, 3, 8, b"")
    assert frames.read_header(falling) == frames.Header(words.ACK, _PENDANT, 5, 1, _GATEWAY)
    assert frames.open_frame(rising, up) == body
    assert frames.unpack_ack(frames.open_frame(falling, down)).seq == 7
    assert _refuses(frames.open_frame, rising, down)
    assert _refuses(frames.open_frame, falling, up)


def test_every_cut_and_every_flipped_bit_is_refused():
    """A damaged frame raises FrameError, at the header or at the seal, and nothing else."""
    cipher = Ccm(_KEY)
    frame = frames.seal(words.ALARM, _PENDANT, 3, 8, frames.pack_event(_EVENT), cipher)
    for size in range(len(frame)):
        assert _refuses(_open_whole, frame[:size], cipher)
    for bit in range(8 * len(frame)):
        changed = bytearray(frame)
        changed[bit >> 3] ^= 1 << (bit & 7)
        assert _refuses(_open_whole, bytes(changed), cipher)


def test_a_foreign_version_says_so():
    """A frame of another version is refused by its first byte, before any key is touched."""
    try:
        frames.read_header(b"\x02" + bytes(40))
    except frames.FrameError as error:
        assert "version 2" in str(error)
        return
    raise AssertionError("it was read")


def test_bodies_of_a_wrong_size_are_refused():
    """Each kind of body has one size."""
    for unpack in (
        frames.unpack_event, frames.unpack_beat, frames.unpack_poll, frames.unpack_ack, frames.unpack_answer,
    ):  # fmt: skip
        for size in (0, 1, 5, 40):
            assert _refuses(unpack, bytes(size))


def test_a_code_without_a_meaning_is_refused():
    """Nobody acts on a number that words.py does not know."""
    unknown = frames.Event(3, 7, 99, 0, 0, 0, 0, 0, 0)

    assert _refuses(frames.unpack_event, frames.pack_event(unknown))


def test_a_counter_that_has_run_out_is_not_sent():
    """The 24 bits of a nonce never wrap: sealing beyond them is an error, not a repeat."""
    for boot, counter in ((1 << 24, 0), (0, 1 << 24), (-1, 0)):
        try:
            frames.seal(words.POLL, _PENDANT, boot, counter, bytes(6), Ccm(_KEY))
        except ValueError:
            continue
        raise AssertionError("it was sealed")


def test_the_id_of_an_event_is_written_one_way():
    """Pendant in lower hex, boot and sequence in decimal."""
    assert frames.event_id(_PENDANT, 3, 7) == "7c9ebd000001-3-7"


def _open_whole(frame, cipher):
    frames.read_header(frame)
    return frames.unpack_event(frames.open_frame(frame, cipher))


def _refuses(call, *arguments):
    try:
        call(*arguments)
    except frames.FrameError:
        return True
    return False
