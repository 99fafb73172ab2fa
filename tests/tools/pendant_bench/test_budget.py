"""The sum of a day, checked by hand."""

import pytest

from tools.pendant_bench import budget


def test_a_pendant_that_only_sleeps_draws_its_floor():
    """No wakes, no beats."""
    day = budget.day_mc(budget.XIAO_C3, [(24, budget.Hour("bed", 0, 0, 0, 0))], beats=0)

    assert sum(day.values()) == pytest.approx(budget.XIAO_C3.floor_ua * 86_400 / 1_000)
    assert budget.days(budget.XIAO_C3, sum(day.values())) == pytest.approx(500 * 0.85 / 24 / 0.092, rel=0.01)


def test_a_wake_costs_its_start():
    """Ten wakes an hour for a day, and nothing else that was not there before."""
    board = budget.XIAO_C3
    day = budget.day_mc(board, [(24, budget.Hour("x", 10, 0, 0, 0))], beats=0)

    assert day["starts"] == pytest.approx(240 * board.boot_s * board.awake_ma)


def test_looks_and_the_sleep_between_them_are_apart():
    """Twice a second, light sleep all day."""
    board = budget.M5STICKC_PLUS2
    day = budget.day_mc(board, [(24, budget.Hour("x", 0, 7_200, 360_000, 3_600))], beats=0)

    assert day["looks"] == pytest.approx((172_800 * board.look_s + 8_640_000 * board.sample_s) * board.awake_ma)
    assert day["light sleep"] == pytest.approx(86_400 * board.light_ma)
