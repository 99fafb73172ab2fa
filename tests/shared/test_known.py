"""The set of pendants that a bridge is told: never forgets one, and knows few strangers."""

from shared import known


def _ids(number, first):
    return [(0x7C9EBD000000 + first + index).to_bytes(6, "big") for index in range(number)]


def test_whoever_was_added_is_found():
    """An alarm of ours is never taken for rubbish."""
    ours = _ids(500, 1)
    bits = known.make(ours)

    assert len(bits) == known.SIZE
    assert all(known.may_contain(bits, pendant) for pendant in ours)


def test_few_strangers_pass():
    """Ids beside ours, from the same maker: of 20,000 fewer than one in a hundred."""
    bits = known.make(_ids(106, 1))
    passed = [pendant for pendant in _ids(20_000, 1_000) if known.may_contain(bits, pendant)]

    assert len(passed) < 200


def test_an_empty_set_knows_nobody():
    """And a full one everybody."""
    assert not known.may_contain(known.make([]), bytes(6))
    assert known.may_contain(b"\xff" * known.SIZE, b"abcdef")
