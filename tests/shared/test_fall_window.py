"""The integer arithmetic under the features."""

from shared.fall_window import root


def test_the_root_is_the_floor_of_the_square_root():
    """For every square and its neighbours, up to the largest sum of three squares."""
    for size in list(range(2_000)) + list(range(2_000, 27_713, 97)):
        square = size * size
        assert root(square) == size
        assert root(square + 2 * size) == size
        if size:
            assert root(square - 1) == size - 1


def test_a_negative_number_has_no_root():
    """Rounding may leave a variance a little below nothing: that is nothing."""
    assert root(-5) == 0
