"""A prompt on lines that a virtual board has not: damaged ones, ones without DTR, ones that go with their chip."""

import errno
import threading

import pytest
import serial

from tools.flashing import ports, repl
from tools.flashing.faults import Fault

_BANNER = b"raw REPL; CTRL-B to exit\r\n"


class Line:
    """A serial port with a chip that answers from its second life on; what its lines do is a test's to say."""

    def __init__(self, world):
        self._world = world
        self._heard = b""
        self.dtr = True

    @property
    def rts(self):
        """Never read here."""
        raise NotImplementedError

    @rts.setter
    def rts(self, is_low):
        if self._world.line_error:
            raise OSError(self._world.line_error, "ioctl")
        self._world.resets += is_low

    @property
    def in_waiting(self):
        """What can be read."""
        if self._world.resets and self._world.goes_with_its_chip and self._world.opened == 1:
            raise serial.SerialException("device reports readiness to read but returned no data")
        return len(self._heard)

    def write(self, data):
        """A chip that was reset answers Ctrl-A."""
        if data.endswith(b"\x01") and self._world.resets:
            self._world.starts_for_knocks -= 1
            if self._world.starts_for_knocks < 0:
                self._heard += _BANNER

    def read(self, count):
        """Take it."""
        taken, self._heard = self._heard[:count], self._heard[count:]
        return taken


class World:
    """Makes transports; is one."""

    line_error = None
    goes_with_its_chip = False
    starts_for_knocks = 0  # how many it does not hear yet, once it was reset
    away = 0  # openings that fail after the first

    def __init__(self):
        self.resets = self.opened = 0
        self.prints, self.error = [], b""

    def __call__(self, _path, timeout):
        """Open it."""
        assert timeout
        if self.opened and self.away:
            self.away -= 1
            raise repl.TransportError("failed to access it")
        self.opened += 1
        self.serial = Line(self)
        return self

    def close(self):
        """Nothing to let go of."""

    def read_until(self, _count, _ending, timeout):
        """Says the word that _settle waits for."""
        assert timeout
        return b"settled\x04\x04"

    def exec_raw(self, _program, timeout, data_consumer):
        """Says what the test wants said."""
        assert timeout
        for part in self.prints:
            data_consumer(part)
        return b"", self.error


@pytest.fixture
def world(monkeypatch):
    """A port whose ends are the test's."""
    made = World()
    monkeypatch.setattr(repl, "SerialTransport", made)
    monkeypatch.setattr(repl, "_KNOCK_S", 0.02)
    monkeypatch.setattr(repl, "_AGAIN_S", 0.01)
    monkeypatch.setattr(repl.secrets, "token_hex", lambda _: "settled")
    return made


@pytest.fixture
def prompt(world, tmp_path):
    """A Repl on it; its port is there."""
    (tmp_path / "tty").touch()
    with repl.Repl(str(tmp_path / "tty"), threading.Event(), "look") as made:
        yield made


def test_a_port_that_goes_with_its_chip_is_opened_again(world, prompt):
    """The native USB of a C3: the reset that should help took its port away, and the board was called unplugged."""
    world.goes_with_its_chip, world.away = True, 3

    assert prompt.open()
    assert (world.opened, world.away) == (2, 0)


def test_a_port_that_does_not_come_back_is_unplugged(world, prompt, monkeypatch):
    """Not for ever: the plug was pulled."""
    monkeypatch.setattr(repl, "_GONE_S", 0.1)
    world.goes_with_its_chip, world.away = True, 1_000_000
    with pytest.raises(Fault) as told:
        prompt.open()

    assert told.value.key in {"unplugged", "port_busy"}


def test_a_board_that_starts_slowly_is_waited_for(world, prompt):
    """It makes its file system, on a computer that has eight of them: 3.6 s were not enough."""
    world.starts_for_knocks = 30

    assert prompt.open()


@pytest.mark.parametrize("said", [errno.ENOTTY, errno.EINVAL])
def test_a_port_without_control_lines_is_not_called_unplugged(world, prompt, said):
    """It cannot reset; what is wrong is that nobody answers."""
    world.line_error = said
    with pytest.raises(Fault) as told:
        prompt.open()

    assert told.value.key == "no_repl"


def test_a_board_that_goes_as_it_is_restarted_has_started(world, prompt):
    """A fresh C3 sleeps, and its port with it, before the last word is through: flashing it was called a failure."""
    world.resets = 1
    prompt.open()

    def goes(_program):
        raise serial.SerialException("device reports readiness to read but returned no data")

    world.exec_raw_no_follow = goes
    prompt.restart()

    assert prompt.listen(0.05) == ""


def test_a_reply_without_end_is_a_bad_cable(world, prompt, monkeypatch):
    """Noise never falls silent: it is bounded, and said."""
    monkeypatch.setattr(repl, "_MOST_BYTES", 1_000)
    world.resets, world.prints = 1, [b"\xff"] * 2_000
    prompt.open()
    with pytest.raises(Fault) as told:
        prompt.run("print(1)")

    assert told.value.key == "bad_cable"


def test_a_program_that_prints_is_heard_to_its_end(world, prompt):
    """Byte by byte, without the mark behind it."""
    world.resets, world.prints = 1, [b"4", b"2", b"\r\n", b"\x04"]
    prompt.open()

    assert prompt.run("print(42)") == "42\r\n"


def test_stop_is_heard_while_a_program_prints(world, tmp_path):
    """Ctrl-C does not wait for the board."""
    (tmp_path / "tty").touch()
    stop = threading.Event()
    world.resets, world.prints = 1, [b"1"] * 10
    with repl.Repl(str(tmp_path / "tty"), stop, "copy") as prompt:
        prompt.open()
        world.exec_raw = lambda *_, data_consumer, **__: (stop.set(), data_consumer(b"1"))
        with pytest.raises(Fault) as told:
            prompt.run("print(1)")

    assert told.value.key == "stopped"


def test_an_error_without_a_line_is_an_error_all_the_same(world, prompt):
    """A damaged line has swallowed the traceback: no IndexError at an installer's desk."""
    world.resets, world.error = 1, b"\r\n"
    prompt.open()
    with pytest.raises(repl.BoardError, match=r"\?"):
        prompt.run("1/0")


@pytest.mark.parametrize(
    ("said", "is_full"),
    [
        ("OSError: [Errno 28] ENOSPC", True), ("OSError: 28", True), ("[Errno 28] no room", True),
        ("OSError: [Errno 128] x", False), ("ValueError: 28", False),
    ],
)  # fmt: skip
def test_a_full_flash_is_known_by_its_number(said, is_full):
    """And no other number is taken for it."""
    assert repl.BoardError(said).is_full is is_full


def test_what_is_no_port_is_not_called_busy(tmp_path):
    """A folder, a file, /dev/null: nobody else uses them, and closing other programs does not help."""
    (tmp_path / "file").touch()
    for path in (tmp_path, tmp_path / "file", "/dev/null"):
        with pytest.raises(Fault) as told:
            ports.check(str(path))

        assert told.value.key == "port_none", path
