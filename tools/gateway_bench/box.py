"""Without this file our gateway could not stand beside others: started, fed, killed and weighed in the same way."""

import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Protocol, Self

from gateway.drill.pendant import Pendant
from shared import frames, gateway_frames, words
from tools.gateway_bench.twins import Bridge, heard, make_pendants, write_registry

ROOT = Path(__file__).resolve().parents[2]
CONFIG = """\
[gateway]
site = "bench"
id = "gw"
data_dir = "{directory}/data"
[serial]
port = "{directory}/tty"
[broker]
host = "127.0.0.1"
port = {port}
[pendants]
file = "{directory}/pendants.jsonl"
[store]
max_mb = {max_mb}
[clock]
trust = "always"
"""


class Box(Protocol):
    """A gateway under test."""

    name: str

    @property
    def acked(self) -> dict[bytes, float]:
        """The names it has taken responsibility for, and when (time.monotonic)."""

    def start(self) -> None:
        """Start it and wait until it serves."""

    def kill(self) -> None:
        """As a pulled plug."""

    def stop(self) -> None:
        """Orderly."""

    def prepare(self, number: int, *, is_alarm: bool) -> Any:
        """Make that many new events, ready to be brought."""

    def bring(self, prepared: Any, within_s: float) -> None:
        """Bring them as fast as they are taken."""

    def feed(self, number: int, *, is_alarm: bool, within_s: float) -> list[bytes]:
        """Make and bring new events, wait for their acknowledgements; return their names."""

    def rss_mb(self) -> float:
        """Resident memory."""


class Tiexin:
    """Our gateway as a process of its own, with a bridge on a pty and pendants behind it."""

    name = "tiexin"

    def __init__(
        self, directory: Path, port: int, *, pendants: int = 100, max_mb: int = 512, page_port: int = 0
    ) -> None:
        self._acked: dict[bytes, float] = {}
        self._airs: queue.SimpleQueue[tuple[float, bytes]] = queue.SimpleQueue()
        self.refused: set[bytes] = set()
        self.directory = directory
        directory.mkdir(parents=True, exist_ok=True)
        self.pendants = make_pendants(pendants)
        self._by_id = {pendant.id: pendant for pendant in self.pendants}
        write_registry(directory / "pendants.jsonl", self.pendants)
        self.config = directory / "gateway.toml"
        page = f"[station]\nport = {page_port}\n" if page_port else ""
        self.config.write_text(CONFIG.format(directory=directory, port=port, max_mb=max_mb) + page, encoding="utf-8")
        self.bridge = Bridge(directory / "tty")
        # Read when somebody asks: a pendant's work must not slow down what is measured.
        self.bridge.on_air = lambda air: self._airs.put((time.monotonic(), air))
        self._process: subprocess.Popen[bytes] | None = None
        self._turn = 0
        self._is_ready = threading.Event()

    # ---- the process

    def start(self) -> None:
        """Start it and wait until it serves."""
        self._is_ready.clear()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "gateway", "run", "--config", str(self.config), "--log", "json"],
            cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        )  # fmt: skip
        threading.Thread(target=self._read_log, args=(self._process,), daemon=True).start()
        if not self._is_ready.wait(30):
            raise TimeoutError("the gateway does not serve; its log is " + str(self.log_path))

    def kill(self) -> None:
        """As a pulled plug."""
        assert self._process
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()

    def stop(self) -> None:
        """Orderly."""
        if self._process and self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(20)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()

    def close(self) -> None:
        """Stop it and pull the bridge."""
        self.stop()
        self.bridge.pull_out()

    def pid(self) -> int:
        """Its process id."""
        assert self._process
        return self._process.pid

    def rss_mb(self) -> float:
        """Resident memory."""
        return rss_mb(self.pid())

    @property
    def log_path(self) -> Path:
        """Where its log is kept."""
        return self.directory / "gateway.log"

    def _read_log(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stderr
        with self.log_path.open("ab") as log:
            for line in process.stderr:
                log.write(line)
                if b'"step": "bridge"' in line:
                    self._is_ready.set()

    # ---- feeding

    def frames(self, number: int, *, is_alarm: bool) -> list[tuple[Pendant, bytes, bytes]]:
        """That many new events, pendants in turn: (pendant, name, frame)."""
        made = []
        for _ in range(number):
            pendant = self.pendants[self._turn % len(self.pendants)]
            self._turn += 1
            frame = pendant.event(words.HELP_REQUESTED) if is_alarm else pendant.beat()
            seq = pendant.seq if is_alarm else frames.FIRST_BEAT_SEQ + pendant.beats
            made.append((pendant, pendant.name(seq).encode(), frame))
        return made

    def feed(self, number: int, *, is_alarm: bool, within_s: float) -> list[bytes]:
        """Bring new events as fast as they are taken; repeat alarms until acknowledged. Returns their names."""
        made = self.frames(number, is_alarm=is_alarm)
        self.write(frame for _, _, frame in made)
        names = [name for _, name, _ in made]
        until_s = time.monotonic() + within_s
        while time.monotonic() < until_s:
            acked = self.acked
            if not (missing := [one for one in made if one[1] not in acked]):
                break
            time.sleep(0.3)
            acked = self.acked
            still = [one for one in missing if one[1] not in acked]
            if is_alarm:
                self.write(self._again(pendant, name) for pendant, name, _ in still)
        return names

    def _again(self, pendant: Pendant, name: bytes) -> bytes:
        return pendant.event(words.HELP_REQUESTED, seq=int(name.rsplit(b"-", 1)[1]), attempt=2)

    def write(self, made: Iterable[bytes]) -> None:
        """Put air frames on the line."""
        self.bridge.write(b"".join(heard(frame) for frame in made))

    @property
    def acked(self) -> dict[bytes, float]:
        """The names it has taken responsibility for, and when."""
        while not self._airs.empty():
            self._read(*self._airs.get())
        return self._acked

    def prepare(self, number: int, *, is_alarm: bool) -> bytes:
        """The bytes on the line that bring that many new events."""
        return b"".join(heard(frame) for _, _, frame in self.frames(number, is_alarm=is_alarm))

    def bring(self, prepared: bytes, within_s: float) -> None:
        """Write them."""
        self.bridge.write(prepared)

    def _read(self, at_s: float, air: bytes) -> None:
        pendant = self._by_id[frames.read_header(air).pendant]
        kind, said = pendant.read(air)
        if kind != words.ACK:
            return
        name = str(gateway_frames.event_id(pendant.id, said.boot, said.seq)).encode()
        if said.status == words.STORED:
            self._acked.setdefault(name, at_s)
        elif said.status == words.REFUSED_FULL:
            self.refused.add(name)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def rss_mb(pid: int) -> float:
    """Resident memory of a process."""
    text = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(text.split("VmRSS:")[1].split()[0]) / 1024


def cpu_s(pid: int) -> float:
    """Processor time a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
