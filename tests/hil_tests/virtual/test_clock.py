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
        print('took', 4000 <= time.ticks_diff(time.ticks_ms(), began) < 9000)
        if machine.reset_cause() == 1: machine.deepsleep(5000)
        """,
        clock=clock,
    )

    first_s = board.console.expect("took True", within_s=60).t_s
    second_s = board.console.expect("took True", within_s=60, since_s=first_s + 1).t_s
    assert 9 <= second_s - first_s < 25  # a busy machine adds to it; five seconds of this are one of ours
    deep = next(sleep for sleep in board.sleeps if sleep.kind == "deep")
    assert 4.9 <= deep.end_s - deep.start_s < 9


def test_bench_time_can_be_laid_beside_a_log():
    """unix_s and from_unix_s are each other's inverse."""
    clock = Clock(20)

    assert clock.from_unix_s(clock.unix_s(123.5)) == pytest.approx(123.5, abs=1e-4)


def test_what_was_skipped_has_passed_for_nobody_who_is_awake():
    """The bench shows it, the log's axis knows it, a watchdog has not counted it."""
    clock = Clock(2)
    before_s = clock.now_s()
    clock.skip(300)
    after_s = clock.now_s()

    assert 300 <= after_s - before_s < 330
    assert clock.lived_s() < 30
    assert clock.from_unix_s(clock.unix_s(after_s)) == pytest.approx(after_s, abs=1e-4)
    assert clock.from_unix_s(clock.unix_s(before_s)) == pytest.approx(before_s, abs=1e-4)
    assert clock.unix_s(150) == pytest.approx(clock.unix_s(before_s), abs=15)  # nothing happened in between


def test_a_deep_sleep_is_skipped_and_nothing_else(make_board):
    """An hour of deep sleep takes a moment; what runs meanwhile keeps its watchdog, what is awake skips nothing."""
    clock = Clock()
    sleeper = make_board(
        "import machine",
        "if machine.reset_cause() == 1: machine.deepsleep(3_600_000)",
        "print('woken')",
        clock=clock,
    )
    waker = make_board(
        "import machine, time",
        "dog = machine.WDT(timeout=60_000)",
        "print('on')",
        "time.sleep(600)",
        clock=clock,
        mac=b"waker!",
    )
    waker.console.expect("on", within_s=60)
    waker.skip_sleep(clock.now_s() + 3_600)
    sleeper.wait_for(lambda board: board.is_asleep and board.lives[-1].ending, within_s=60)
    assert clock.now_s() < 200
    sleeper.skip_sleep(clock.now_s() + 7_200)

    assert sleeper.console.expect("woken", within_s=60).t_s > 3_600
    assert clock.now_s() < 4_000
    waker.press()  # whoever waits for it looks at its watchdog now
    waker.release()
    waker.press_for_ms(50)
    assert len(waker.lives) == 1
    assert waker.is_powered
