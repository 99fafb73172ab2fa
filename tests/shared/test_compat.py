"""The difference between the two Pythons: same meaning on both sides of it."""

from shared import compat


def test_ticks_subtract_across_their_end():
    """Time goes on when the counter of a board wraps."""
    before = compat.ticks_add(0, -5)

    assert compat.ticks_diff(compat.ticks_add(before, 12), before) == 12
    assert compat.ticks_diff(before, compat.ticks_add(before, 12)) == -12


def test_sleep_lets_the_ticks_pass():
    """A millisecond slept is a millisecond counted."""
    start = compat.ticks_ms()
    compat.sleep_ms(20)

    assert 19 <= compat.ticks_diff(compat.ticks_ms(), start) < 1000


def test_the_two_modes_of_aes():
    """FIPS 197 appendix B in ECB; a CBC of two blocks chains the first into the second."""
    key = bytes.fromhex("2b7e151628aed2a6abf7158809cf4f3c")
    block = bytes.fromhex("3243f6a8885a308d313198a2e0370734")
    expected = bytes.fromhex("3925841d02dc09fbdc118597196a0b32")

    cipher = compat.Aes(key)
    assert cipher.encrypt(block) == expected
    assert cipher.chain(block) == expected
    second = cipher.encrypt(bytes(a ^ b for a, b in zip(expected, block)))
    assert cipher.encrypt(block + block) == expected + expected
    assert cipher.chain(block + block) == second
