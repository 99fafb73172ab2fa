"""A gateway that a drill starts again is who it was, and leaves nobody else's files."""

import os
import time

import pytest

from gateway.drill import again

_NOBODY = (65_534, 65_534)
_ROOT = os.geteuid() == 0


def started(folder, program, owner):
    """What a program that was started again has said, once it is `end`."""
    log = folder / "after-drill.log"
    ends = log.read_text().count("end\n") + 1 if log.exists() else 1
    again.start(["/bin/sh", "-c", f"{program}; echo end >&2"], folder, log, owner)
    until_s = time.monotonic() + 20
    while log.read_text().count("end\n") < ends and time.monotonic() < until_s:
        time.sleep(0.02)
    return log.read_text().split()


@pytest.mark.skipif(not _ROOT, reason="only root can start a program as somebody else: run it as root")
def test_root_starts_it_as_the_user_it_was(tmp_path):
    """Not as root: its command comes from a process of that user, and its files must stay that user's."""
    said = started(tmp_path, "id -u >&2; id -g >&2; id -G >&2", _NOBODY)

    assert said[:2] == ["65534", "65534"]
    assert "0" not in said
    made = (tmp_path / "after-drill.log").stat()
    assert (made.st_uid, made.st_gid) == _NOBODY


def test_who_is_not_root_starts_it_as_itself(tmp_path, monkeypatch):
    """Nothing is asked for that would be refused."""
    monkeypatch.setattr(os, "geteuid", lambda: 1_000)

    assert started(tmp_path, "id -u >&2", _NOBODY) == [str(os.getuid()), "end"]


def test_a_log_of_before_is_gone_on_with(tmp_path):
    """Two drills, one file."""
    for turn in ("first", "second"):
        said = started(tmp_path, f"echo {turn} >&2", (os.getuid(), os.getgid()))

    assert said == ["first", "end", "second", "end"]


def test_a_log_that_leads_elsewhere_is_not_followed_and_keeps_no_gateway_down(tmp_path):
    """The folder is the gateway's user's, and root writes into it."""
    (tmp_path / "of root").write_text("")
    (tmp_path / "after-drill.log").symlink_to(tmp_path / "of root")
    again.start(
        ["/bin/sh", "-c", "echo x >&2; touch up"], tmp_path, tmp_path / "after-drill.log", (os.getuid(), os.getgid())
    )
    until_s = time.monotonic() + 20
    while not (tmp_path / "up").exists() and time.monotonic() < until_s:
        time.sleep(0.02)

    assert (tmp_path / "up").exists()
    assert (tmp_path / "of root").read_text() == ""
