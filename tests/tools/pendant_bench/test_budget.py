"""The sum of a day, checked by hand."""

import pytest

from tools.pendant_bench import budget

_BED = budget.Hour("bed", 0, 0, 0)


def test_a_pendant_that_only_sleeps_draws_its_floor():
    """No wakes, no beats."""
    day = budget.deep_day_mc(budget.XIAO_C3, [(24, _BED)], beats=0, idle_ms=500, excited_ms=40)

    assert sum(day.values()) == pytest.approx(budget.XIAO_C3.floor_ua * 86_400 / 1_000)
    assert budget.days(budget.XIAO_C3, sum(day.values())) == pytest.approx(500 * 0.85 / 24 / 0.092, rel=0.01)


def test_a_wake_costs_its_start_and_a_look_its_sleep():
    """Ten wakes an hour for a day, and nothing else that was not there before."""
    board = budget.XIAO_C3
    day = budget.deep_day_mc(board, [(24, budget.Hour("x", 10, 0, 0))], beats=0, idle_ms=500, excited_ms=40)

    assert day["impact wakes"] == pytest.approx(240 * (board.boot_s + board.feed_s) * board.awake_ma)


def test_the_light_kind_looks_all_day():
    """Twice a second when nothing happens."""
    board = budget.M5STICKC_PLUS2
    day = budget.light_day_mc(board, [(24, _BED)], beats=0, idle_ms=500, excited_ms=40)

    assert day["idle batches"] == pytest.approx(172_800 * (board.look_s * board.awake_ma + 0.5 * board.light_ma))
