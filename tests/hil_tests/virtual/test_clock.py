"""At a scale the whole bench lives faster: board, sensor, sleeps and console agree on the time."""

import pytest

from hil_tests.virtual import Clock


def test_a_board_at_scale_5_sleeps_two_seconds_in_less_than_half(make_board):
    """Ticks, light sleep, deep sleep and the host's timeline all run at the bench's pace."""
    clock = Clock(5)
    board = make_board(
        """
        import machine, time
        began = time.ticks_ms()
        time.sleep_ms(2000)
        machine.lightsleep(2000)
        print('took', 4000 <= time.ticks_diff(time.ticks_ms(), began) < 5500)
        if machine.reset_cause() == 1: machine.deepsleep(5000)
        """,
        clock=clock,
    )

    first_s = board.console.expect("took True", within_s=60).t_s
    second_s = board.console.expect("took True", within_s=60, since_s=first_s + 1).t_s
    assert 9 <= second_s - first_s < 16
    deep = next(sleep for sleep in board.sleeps if sleep.kind == "deep")
    assert deep.end_s - deep.start_s == pytest.approx(5, abs=0.5)


def test_bench_time_can_be_laid_beside_a_log():
    """unix_s and from_unix_s are each other's inverse."""
    clock = Clock(20)

    assert clock.from_unix_s(clock.unix_s(123.5)) == pytest.approx(123.5, abs=1e-4)
