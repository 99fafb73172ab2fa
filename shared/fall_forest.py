"""Without this file the numbers in forest.py would be only numbers: it walks the trees.

A tree has 15 forks and 16 leaves, one after another in the tables: fork n asks whether features[feature[n]] <= limit[n]
and goes on to low[n] or high[n], a fork of the same tree, or from 128 on a leaf. Trees that need fewer are filled up.
"""

from array import array

from shared.compat import const

_FORKS = const(15)
_LEAF = const(128)  # a child of so much or more is a leaf
_OFFSET = const(32_768)
_ZERO = const(128)  # the byte of a leaf that says nothing either way

# The tables of a Forest and how many entries a tree has in each: what a file of trees is made from, and read back into.
TABLES = (("feature", 15), ("limit_high", 15), ("limit_low", 15), ("low", 15), ("high", 15), ("leaf", 16))


class Forest:
    """Tables as bytes, read where they lie; a limit is two bytes, plus 32768.

    `limits`: the sums above which the forest says yes, for low, normal and high sensitivity.
    """

    def __init__(
        self,
        feature: bytes | memoryview,
        limit_high: bytes | memoryview,
        limit_low: bytes | memoryview,
        low: bytes | memoryview,
        high: bytes | memoryview,
        leaf: bytes | memoryview,
        limits: tuple[int, int, int],
    ) -> None:
        self._feature = feature
        self._limit_high = limit_high
        self._limit_low = limit_low
        self._low = low
        self._high = high
        self._leaf = leaf
        self.limits = limits
        self.count = len(feature) // _FORKS

    def score(self, features: "array[int]", first: int, end: int) -> int:
        """The sum over the trees from first to end of the leaves that the features lead to."""
        feature, above, below = self._feature, self._limit_high, self._limit_low
        low, high, leaf = self._low, self._high, self._leaf
        total = 0
        for tree in range(first, end):
            base = tree * _FORKS
            i = 0
            while i < _LEAF:
                n = base + i
                if features[feature[n]] + _OFFSET <= (above[n] << 8 | below[n]):
                    i = low[n]
                else:
                    i = high[n]
            total += leaf[base + tree + i - _LEAF] - _ZERO  # 15 forks and one: 16 leaves a tree
        return total
