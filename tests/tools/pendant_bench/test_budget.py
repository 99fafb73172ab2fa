"""The sum of a day, checked by hand."""

import pytest

from tools.pendant_bench import budget
from tools.pendant_bench.effort import Effort

_NONE = Effort(0, 0, 0, 0)


def test_a_pendant_that_only_sleeps_draws_its_floor():
    """No wakes, no beats."""
    day = budget.day_mc(budget.XIAO_C3, _NONE, [(24, budget.Hour("bed", 0, 0, 0, 0))], beats=0)

    assert sum(day.values()) == pytest.approx(budget.XIAO_C3.floor_ua * 86_400 / 1_000)
    assert budget.days(budget.XIAO_C3, sum(day.values())) == pytest.approx(500 * 0.85 / 24 / 0.092, rel=0.01)


def test_a_wake_costs_its_start():
    """Ten wakes an hour for a day, and nothing else that was not there before."""
    board = budget.XIAO_C3
    day = budget.day_mc(board, _NONE, [(24, budget.Hour("x", 10, 0, 0, 0))], beats=0)

    assert day["starts"] == pytest.approx(240 * board.boot_s * board.awake_ma)


def test_looks_and_the_sleep_between_them_are_apart():
    """Once a second; half of the looks at rest: waking, bus, and the turns of each kind."""
    board = budget.M5STICKC_PLUS2
    work = Effort(sample=30, held=4, look=200, rest=250)
    hour = budget.Hour("x", 0, 3_600, 180_000, 3_600, rests=1_800, held=180_000)
    day = budget.day_mc(board, work, [(24, hour)], beats=0)
    turns = 24 * (180_000 * 30 + 180_000 * 4 + 1_800 * 200 + 1_800 * 250)
    awake_s = 86_400 * board.waking_s + 24 * 180_000 * board.bus_s + turns * board.turn_s

    assert day["looks"] == pytest.approx(awake_s * board.awake_ma)
    assert day["light sleep"] == pytest.approx(86_400 * board.light_ma)


def test_the_doubts_only_make_it_worse():
    """Each of them taken alone, half as long again; a board that never starts anew has no doubt about its start."""
    assert [what for what, _ in budget.doubts(budget.M5STICKC_PLUS2)] == ["everything computes half as slow again"]
    for what, other in budget.doubts(budget.XIAO_C3):
        worse = budget.day_mc(other, Effort(30, 0, 200, 0), [(24, budget.Hour("x", 10, 100, 3_000, 60))], beats=288)
        best = budget.day_mc(
            budget.XIAO_C3, Effort(30, 0, 200, 0), [(24, budget.Hour("x", 10, 100, 3_000, 60))], beats=288
        )

        assert sum(worse.values()) > sum(best.values()), what
