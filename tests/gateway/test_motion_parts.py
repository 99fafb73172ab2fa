"""Parts become a window, or nothing; whatever comes, little is kept."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway import motion_parts
from gateway.motion_parts import Part, Parts
from shared import frames, waves

P = b"pppppp"
SAMPLES = bytes(range(192))


def part(number, seq=7, boot=3, samples=SAMPLES):
    """One part, the way it came."""
    return motion_parts.unpack(waves.pack_part(boot, seq, number, samples))


@given(st.permutations([0, 1, 2, 0, 1, 2, 2]))
def test_in_any_order_and_repeated_it_is_the_same_window(order):
    """The window is whole with the last part that was missing, and then holds all three in their places."""
    parts = Parts()
    whole, seen = None, set()
    for number in order:
        here, found = parts.take(P, part(number, samples=bytes([number]) * 192), 0)
        seen.add(number)
        assert here == sum(1 << one for one in seen)
        assert (found is not None) == (len(seen) == waves.PARTS)
        whole = whole or found

    assert whole == bytes(192) + b"\x01" * 192 + b"\x02" * 192


@given(st.binary(max_size=260))
def test_rubbish_is_refused_and_nothing_else_is_raised(body):
    """Any bytes: a part, or a FrameError."""
    try:
        found = motion_parts.unpack(body)
    except frames.FrameError:
        return
    assert found.number < waves.PARTS and len(found.samples) == waves.PART_SIZE


@pytest.mark.parametrize(
    "body",
    [
        b"",
        waves.pack_part(3, 7, 0, SAMPLES)[:-1],
        waves.pack_part(3, 7, 3, SAMPLES),
        waves.pack_part(3, 0, 0, SAMPLES),
        waves.pack_part(3, 0x800001, 0, SAMPLES),
        b"\x20" + waves.pack_part(3, 7, 0, SAMPLES)[1:],
    ],
    ids=["empty", "short", "no such part", "no event", "a beat's number", "a later layout"],
)
def test_what_is_no_part_is_refused(body):
    """Each with a sentence."""
    with pytest.raises(frames.FrameError):
        motion_parts.unpack(body)


@given(st.lists(st.tuples(st.integers(0, 400), st.integers(1, 50), st.integers(0, 2), st.integers(0, 5_000))))
def test_however_many_begin_few_are_kept(script):
    """Never more windows of a pendant than two, never more than 256 in all."""
    parts, now_ms = Parts(), 0
    for pendant, seq, number, later_ms in script:
        now_ms += later_ms
        name = pendant.to_bytes(6, "big")
        _, whole = parts.take(name, part(number, seq), now_ms)
        if whole:
            parts.drop(name, 3, seq)
        assert len(parts) <= motion_parts.MOST
        assert sum(key[0] == name for key in parts._begun) <= motion_parts.MOST_OF_A_PENDANT


def test_a_flood_of_beginnings_pushes_the_oldest_out():
    """300 pendants with one part each: 256 stay."""
    parts = Parts()
    for number in range(300):
        parts.take(number.to_bytes(6, "big"), part(0), 0)

    assert len(parts) == motion_parts.MOST


def test_what_was_not_finished_is_forgotten():
    """Two minutes after the first part the pendant has long given up."""
    parts = Parts()
    parts.take(P, part(0), 0)
    here, _ = parts.take(P, part(1), motion_parts.KEEP_MS)

    assert here == 0b010


def test_a_stored_window_becomes_numbers():
    """x, y and z of each sample, in milli-g."""
    samples = bytes([waves.code_of(-1_000), waves.code_of(0), waves.code_of(4_000)]) * waves.SAMPLES
    axes = motion_parts.axes(motion_parts.pack_window(3, 7, samples))

    assert axes.x_mg == [-1024] * 192  # -32 squared
    assert axes.y_mg == [0] * 192
    assert axes.z_mg == [3969] * 192  # 63 squared
    assert Part(3, 7, 0, b"").boot == 3
