"""The bodies of frames: what a pendant packs a gateway reads, and the other way round; FrameError and nothing else."""

from shared import frames, gateway_frames, words
from tests.shared.refusing import refuses

_PENDANT = bytes.fromhex("7c9ebd000001")
_EVENT = frames.Event(3, 7, words.FALL_SUSPECTED, 1234, 900, 2, 0, 0, 0)


def test_an_event_comes_back_as_it_was():
    """Every field of an event survives the air, at its largest too."""
    largest = frames.Event(
        frames.COUNTER_MOST, frames.COUNTER_MOST, words.STARTED, frames.AGE_UNKNOWN, frames.DELAY_UNKNOWN_MS,
        255, 255, frames.COUNTER_MOST, frames.COUNTER_MOST,
    )  # fmt: skip
    for event in (_EVENT, largest):
        assert gateway_frames.unpack_event(frames.pack_event(event)) == event


def test_a_beat_comes_back_as_it_was():
    """Every field of a beat survives the air, negative signal strength included."""
    beat = frames.Beat(1, frames.FIRST_BEAT_SEQ + 5, 3987, 87, -71, 4, words.WORN | words.STILL, (0, 1, 255), 86_400)

    assert gateway_frames.unpack_beat(frames.pack_beat(beat)) == beat


def test_poll_ack_and_answer_come_back_as_they_were():
    """The small bodies, too."""
    poll = frames.Poll(2, 9)
    ack = frames.Ack(2, 9, words.STORED, 1_795_000_000, 1)
    answer = frames.Answer(2, 9, words.ANSWERED, 180)

    assert gateway_frames.unpack_poll(frames.pack_poll(poll)) == poll
    assert frames.unpack_ack(gateway_frames.pack_ack(ack)) == ack
    assert frames.unpack_answer(gateway_frames.pack_answer(answer)) == answer


def test_a_command_comes_back_as_it_was():
    """Number, verb and argument, at their shortest and longest; its number splits into a reference."""
    for argument in (b"", bytes(range(16)), bytes(frames.LONGEST_ARGUMENT_SIZE)):
        command = frames.Command(0x01000002, words.ROTATE_KEY, argument)
        assert frames.unpack_command(gateway_frames.pack_command(command)) == command
    assert frames.command_ref(0x01000002) == (1, 2)
    for body in (b"", bytes(4), bytes(5), bytes(5 + frames.LONGEST_ARGUMENT_SIZE + 1)):
        assert refuses(frames.unpack_command, body)


def test_bodies_of_a_wrong_size_are_refused():
    """Each kind of body has one size."""
    for unpack in (
        gateway_frames.unpack_event, gateway_frames.unpack_beat, gateway_frames.unpack_poll,
        frames.unpack_ack, frames.unpack_answer,
    ):  # fmt: skip
        for size in (0, 1, 5, 40):
            assert refuses(unpack, bytes(size))


def test_a_code_without_a_meaning_is_refused():
    """Nobody acts on a number that words.py does not know."""
    unknown = frames.Event(3, 7, 99, 0, 0, 0, 0, 0, 0)

    assert refuses(gateway_frames.unpack_event, frames.pack_event(unknown))


def test_the_id_of_an_event_is_written_one_way():
    """Pendant in lower hex, boot and sequence in decimal."""
    assert gateway_frames.event_id(_PENDANT, 3, 7) == "7c9ebd000001-3-7"
