"""Without this file a killed gateway would not tell what it was doing: a process, and the last step it told of."""

import json
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

from gateway.record import LANE_NAMES
from tools.gateway_bench.box import CONFIG, ROOT
from tools.gateway_bench.twins import Bridge


class SoakBox:
    """A gateway process to be started and killed in a hurry: nobody waits until it serves."""

    def __init__(self, directory: Path, port: int) -> None:
        self.bridge = Bridge(directory / "tty")
        self._log_path = directory / "gateway.log"
        self._config = directory / "gateway.toml"
        self._config.write_text(CONFIG.format(directory=directory, port=port, max_mb=512), encoding="utf-8")
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it; it may be killed before it has opened its store."""
        with self._log_path.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "gateway", "run", "--config", str(self._config), "--log", "json", "--verbose"],
                cwd=ROOT, stdout=subprocess.DEVNULL, stderr=log,
            )  # fmt: skip

    def kill(self) -> str:
        """Kill it; return the last step that it told of."""
        assert self._process
        if self._process.poll() is not None:
            raise SystemExit("the gateway has ended by itself:\n" + self._log_path.read_text(encoding="utf-8")[-2000:])
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()
        lines = self._log_path.read_bytes().splitlines()
        try:
            return str(json.loads(lines[-1])["step"])
        except (IndexError, ValueError, KeyError):
            return "starting"

    def kept(self) -> set[bytes]:
        """The names that wait in its store; it must have been stopped."""
        db = sqlite3.connect(self._config.parent / "data" / "store.db")
        rows = [row for lane in LANE_NAMES for row in db.execute(f"SELECT sender, boot, seq FROM {lane}")]
        db.close()
        return {f"{sender.hex()}-{boot}-{seq}".encode() for sender, boot, seq in rows}

    def stop(self) -> None:
        """Orderly."""
        assert self._process
        self._process.terminate()
        self._process.wait(20)
        self.bridge.pull_out()
