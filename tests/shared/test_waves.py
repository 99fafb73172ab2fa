"""The motion round a fall, as bytes."""

from shared import frames, waves


def test_an_axis_comes_back_within_its_root():
    """From -16 g to 16 g the error is at most the root of the value, and one: 33 mg where gravity shows."""
    for mg in range(-16_000, 16_001):
        code = waves.code_of(mg)
        assert 0 <= code <= 255
        assert (waves.mg_of(code) - mg) ** 2 <= (abs(mg) ** 0.5 + 1) ** 2, mg


def test_what_is_coded_is_coded_the_same_again():
    """Each code but the one of -128 squared stands for itself: nothing drifts when a window is written twice."""
    for code in range(256):
        if code != 128:
            assert waves.code_of(waves.mg_of(code)) == code


def test_more_than_the_sensors_give_stays_within_a_byte():
    """Far above the range it is the end of the range."""
    assert waves.mg_of(waves.code_of(20_000)) == 127 * 127
    assert waves.mg_of(waves.code_of(-20_000)) == -127 * 127


def test_a_part_fits_a_frame():
    """With header and tag it stays below what the air takes."""
    body = waves.pack_part(0xFFFFFF, 0x7FFFFF, waves.PARTS - 1, bytes(waves.PART_SIZE))

    assert len(body) == waves.HEAD_SIZE + waves.PART_SIZE
    assert len(body) + frames.UP_HEADER_SIZE + 8 <= frames.LONGEST_FRAME_SIZE


def test_the_parts_make_the_window():
    """Nothing is left over, and the impact lies within it."""
    assert waves.PARTS * waves.PART_SAMPLES == waves.SAMPLES
    assert waves.PART_SAMPLES * 3 == waves.PART_SIZE
    assert waves.ALL_PARTS == (1 << waves.PARTS) - 1
    assert 0 < waves.IMPACT < waves.SAMPLES
