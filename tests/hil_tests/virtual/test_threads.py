"""threads: what a Ctrl-C leaves of a thread's start can be tidied up."""

import threading
import time

import pytest

from hil_tests.virtual import Air, Clock, VirtualBoard, threads


def test_a_thread_that_never_started_is_not_waited_for(monkeypatch):
    """Interrupted before there was one: join() alone raises."""
    monkeypatch.setattr(threads, "_START_WITHIN_S", 0.05)
    thread = threading.Thread(target=print)
    with pytest.raises(RuntimeError, match="before it is started"):
        thread.join()

    threads.join(thread)


def test_a_thread_that_has_not_yet_started_is_waited_for():
    """Interrupted while it came up: what it does comes after the interruption."""
    done = []
    thread = threading.Thread(target=lambda: done.append(time.sleep(0.05)))
    starter = threading.Timer(0.05, thread.start)
    starter.start()

    threads.join(thread)
    assert done == [None]
    starter.join()


def test_a_thread_does_not_wait_for_itself():
    """That is a mistake of ours, and said."""
    said = []

    def wait_for_itself():
        with pytest.raises(RuntimeError, match="current thread") as why:
            threads.join(threading.current_thread())
        said.append(why.value)

    thread = threading.Thread(target=wait_for_itself)
    thread.start()
    thread.join()
    assert len(said) == 1


@pytest.mark.parametrize("interrupted", ["serial", "board"])
def test_a_board_whose_start_is_interrupted_can_be_closed(monkeypatch, tmp_path, interrupted):
    """Ctrl-C at power-on, at the worst moment: it ended in "cannot join thread before it is started"."""
    monkeypatch.setattr(threads, "_START_WITHIN_S", 0.05)
    start = threading.Thread.start

    def be_interrupted(thread):
        if thread.name == interrupted:
            raise KeyboardInterrupt
        start(thread)

    clock = Clock()
    with Air(clock=clock) as air:
        board = VirtualBoard("bridge_esp32", bytes(6), tmp_path, air, clock=clock, files=[], runtime="cpython")
        monkeypatch.setattr(threading.Thread, "start", be_interrupted)
        with pytest.raises(KeyboardInterrupt):
            board.power_on()
        board.close()
    assert not board.is_powered
    assert not board.serial_port.exists()
