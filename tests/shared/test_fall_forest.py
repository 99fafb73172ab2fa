"""Walking a tree by hand, and the shipped tables."""

from shared import fall_second, fall_window, forest
from shared.fall_forest import Forest


def test_a_tree_is_walked_fork_by_fork():
    """Feature 1 <= 5 ? (feature 0 <= -3 ? +10 : -20) : +30."""
    pad = bytes(13)
    leafs = b"\x80" * 13
    limit = [5 + 32_768, -3 + 32_768] + [0] * 13
    tree = Forest(
        feature=b"\x01\x00" + pad,
        limit_high=bytes([n >> 8 for n in limit]),
        limit_low=bytes([n & 255 for n in limit]),
        low=b"\x01\x80" + leafs,
        high=b"\x82\x81" + leafs,
        leaf=bytes([128 + 10, 128 - 20, 128 + 30]) + leafs,
        limits=(0, 0, 0),
    )

    assert tree.count == 1
    assert tree.score((-3, 5), 0, 1) == 10
    assert tree.score((-2, 5), 0, 1) == -20
    assert tree.score((-9, 6), 0, 1) == 30


def test_the_shipped_tables_are_whole():
    """Every fork asks for a feature there is and leads on to a fork or leaf of its own tree."""
    for tables, width in ((forest.FIRST, fall_window.FEATURES), (forest.SECOND, fall_second.FEATURES)):
        assert tables.count > 0
        assert len(tables._leaf) == 16 * tables.count
        for n in range(15 * tables.count):
            assert tables._feature[n] < width
            for child in (tables._low[n], tables._high[n]):
                assert n % 15 < child < 15 or 128 <= child < 144
