"""The command as an installer runs it: a process of its own, its exit code, its JSON, Ctrl-C at the keyboard."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

from tests.tools.flashing.bench import make_job

_ROOT = Path(__file__).resolve().parents[3]


def _start(tmp_path, port, *more):
    job = make_job(tmp_path)
    line = [sys.executable, "-m", "tools.flash", "--port", port, "--no-hands", "--json", "--pins", job.pins]
    line += ["--image", job.image, "--out", job.out, *more]
    return job, subprocess.Popen(line, cwd=_ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_one_command_makes_a_pendant_and_reports_it(plug, tmp_path):
    """Exit code 0, and one JSON object with what a machine needs: id, record, label, results, seconds."""
    (board,) = plug("xiao_c3")
    _, process = _start(tmp_path, board.port, "--gateway", str(tmp_path / "pendants.jsonl"), "--no-test")
    out, _ = process.communicate(timeout=60)
    said = json.loads(out)
    assert (process.returncode, said["exit_code"]) == (0, 0)
    (one,) = said["boards"]
    assert (one["result"], one["id"]) == ("done", board.mac.hex())
    assert Path(one["record"]).exists()
    assert [Path(path).suffix for path in one["label"]] == [".png", ".pdf"]
    enrolled = json.loads((tmp_path / "pendants.jsonl").read_text())
    assert enrolled["id"] == board.mac.hex()
    assert enrolled["key"] not in out


def test_ctrl_c_leaves_the_board_plainly_not_done(plug, tmp_path, monkeypatch):
    """Exit code 130, said in both languages, no identity on the board, and a line in the CSV file."""
    (board,) = plug("xiao_c3")
    take, interrupted = board._take, []

    def interrupt_the_copy(data):
        """The board itself sees where the tool is, and leaves it time; who watches a log may come too late."""
        if b"firmware/pendant" in data and not interrupted:
            process.send_signal(signal.SIGINT)
            interrupted.append(True)
            time.sleep(0.5)
        take(data)

    monkeypatch.setattr(board, "_take", interrupt_the_copy)
    job, process = _start(tmp_path, board.port, "--no-test")
    out, _ = process.communicate(timeout=60)
    said = json.loads(out)
    assert (process.returncode, said["boards"][0]["result"]) == (130, "stopped")
    assert "尚未完成" in said["boards"][0]["fault"]["zh"]
    board.unplug()
    assert "identity.json" not in board.read_flash()
    assert "stopped" in (job.out / "flashed.csv").read_text()
