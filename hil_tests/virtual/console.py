"""Without the console nobody could see what a board said, or when."""

import threading
from dataclasses import dataclass

_LINES_MAX = 20_000
_LINE_BYTES_MAX = 4096


@dataclass(frozen=True)
class Line:
    """One line of a board's output; t_s is the bench second at which its end came, number counts from 1."""

    t_s: float
    text: str
    number: int


class Console:
    """All a board has printed, as lines in memory and as bytes in a file."""

    def __init__(self, clock, path):
        self._clock = clock
        self._file = path.open("ab", buffering=0)
        self._rest = b""
        self._come = threading.Condition()
        self.path = path
        self.lines: list[Line] = []
        self._count = 0

    def feed(self, data):
        """Bytes from the board."""
        now_s = self._clock.now_s()
        with self._come:
            self._file.write(data)
            *whole, self._rest = (self._rest + data).split(b"\n")
            if len(self._rest) > _LINE_BYTES_MAX:  # a binary stream has no lines
                whole.append(self._rest)
                self._rest = b""
            for number, line in enumerate(whole, self._count + 1):
                self.lines.append(Line(now_s, line.rstrip(b"\r").decode("utf-8", "replace"), number))
            self._count += len(whole)
            del self.lines[:-_LINES_MAX]
            self._come.notify_all()

    def text(self):
        """Everything, lines joined."""
        with self._come:
            return "\n".join(line.text for line in self.lines)

    def expect(self, text, within_s=5.0, *, since_s=0.0, after=0):
        """The first line with text from bench second since_s on, behind line number after; waits within_s for it.

        Raises AssertionError with the last lines and the path of the whole log.
        """

        def found():
            return next(
                (line for line in self.lines if line.t_s >= since_s and line.number > after and text in line.text), None
            )

        with self._come:
            self._come.wait_for(found, self._clock.real_s(within_s))
            line = found()
            if line is None:
                last = "\n".join(f"  {line.t_s:9.3f} {line.text}" for line in self.lines[-20:])
                raise AssertionError(f"no {text!r} on the console within {within_s} s; all of it: {self.path}\n{last}")
            return line

    def close(self):
        """Let go of the file."""
        self._file.close()
