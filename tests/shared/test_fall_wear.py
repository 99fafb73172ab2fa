"""Worn or not, and how much a pendant was turned about."""

from array import array

from shared.fall_wear import SPAN, Wear


def _spans(wear, spans):
    """Let wear look at spans, each a function sample -> (x, y, z)."""
    x, y, z = array("h", [0] * 512), array("h", [0] * 512), array("h", [0] * 512)
    at = 0
    for span in spans:
        for k in range(SPAN):
            x[at], y[at], z[at] = span(k)
            at = (at + 1) % 512
        wear.look(x, y, z, at)


def _table(k):
    return 12 + k % 3, -7 + k % 2, 998 + k % 4


def _breath(k):
    return 12 + k % 3, 20 * (k // 32 % 2), 998


def _carried(k):
    return 300 * (k // 20 % 3), 100, 900


def test_three_still_minutes_are_not_worn():
    """Not a second sooner than 140 spans of 1.28 s."""
    wear = Wear()
    _spans(wear, [_table] * 139)
    assert wear.is_worn

    _spans(wear, [_table])
    assert not wear.is_worn


def test_breath_is_enough_to_be_worn():
    """Twenty milli-g of tilt, for ten minutes."""
    wear = Wear()
    _spans(wear, [_breath] * 470)

    assert wear.is_worn


def test_some_seconds_of_carrying_wear_it_again_but_a_knock_does_not():
    """Four spans in a row."""
    wear = Wear()
    _spans(wear, [_table] * 140 + [_carried, _table, _carried, _carried, _carried])
    assert not wear.is_worn

    _spans(wear, [_carried])
    assert wear.is_worn


def test_turmoil_grows_with_turning_and_fades():
    """Half a turn counts 2000; it is told one span late, and fades by an eighth a span."""
    wear = Wear()

    def up(k):
        return 0, 0, 1_000

    def down(k):
        return 0, 0, -1_000

    _spans(wear, [up, up])
    assert abs(wear.turmoil) <= 5

    _spans(wear, [down, down])
    assert abs(wear.turmoil - 2_000) <= 15

    _spans(wear, [down] * 20)
    assert wear.turmoil < 250
