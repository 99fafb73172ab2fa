"""Without this file a test would not know its rig: which one, what it wishes of it, what is written down of it."""

import re
import threading
import time
from pathlib import Path

import pytest

from hil_tests.rig import report
from hil_tests.rig.virtual_rig import VirtualRig
from hil_tests.rig.wishes import Wishes

_PAGES_SHARE = 0.05  # of the time at most is spent on making the page
_PAGE_PAUSE_S = 0.2


def pytest_addoption(parser):
    """The rig and where its report goes."""
    group = parser.getgroup("rig")
    group.addoption("--rig", choices=["virtual", "bench"], default="virtual", help="which bench (default: virtual)")
    group.addoption("--rig-file", type=Path, help="what the bench has: hil_tests/rig.example.toml")
    group.addoption("--report", type=Path, help="a folder for one page about all tests, with every log")


@pytest.fixture(scope="session")
def bench(request):
    """The bench of --rig-file, opened once; None on a virtual rig."""
    if request.config.getoption("--rig") == "virtual":
        yield None
        return
    path = request.config.getoption("--rig-file")
    if path is None:
        pytest.exit("--rig bench needs --rig-file FILE; begin with a copy of hil_tests/rig.example.toml", 2)
    from hil_tests.rig.bench_rig import BenchRig
    from hil_tests.rig.rig_file import load

    with BenchRig(load(path)) as made:
        yield made


@pytest.fixture
def rig(request, tmp_path, bench, record_property):
    """The rig, as the test wishes it; what happened is written down whatever the verdict."""
    mark = request.node.get_closest_marker("rig")
    wishes = Wishes(**mark.kwargs) if mark else Wishes()
    made = bench.as_wished(wishes, tmp_path) if bench else VirtualRig(tmp_path, wishes)
    record_property("rig", made.kind)
    request.node.rig = made
    with made:
        yield made


def _folder(item):
    root = item.config.getoption("--report")
    return root / re.sub(r"[^A-Za-z0-9_.-]+", "_", item.nodeid.removeprefix("hil_tests/")) if root else None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item):
    """A test that never ends leaves its name all the same."""
    folder = _folder(item)
    if folder:
        begun = {"test": item.nodeid, "verdict": "did not end", "rig": item.config.getoption("--rig")}
        report.put_story(folder, begun)
    return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """Keep the verdict; at the end of a test write its story."""
    made = yield
    if call.when == "setup":  # a test that is played again has the story of its last play
        item.stash[_NOTES] = {"test": item.nodeid, "verdict": "passed", "why": "", "seconds": 0.0}
    notes = item.stash[_NOTES]
    notes["seconds"] += call.duration
    if made.failed:
        first = f"{notes['why']}\n\nand then, in its {call.when}:\n" if notes["verdict"] == "failed" else ""
        notes.update(verdict="failed", why=first + made.longreprtext)
    elif made.skipped:
        notes.update(verdict="skipped", why=made.longrepr[2] if isinstance(made.longrepr, tuple) else "")
    folder = _folder(item)
    if call.when == "teardown" and folder:
        report.write_story(folder, notes, getattr(item, "rig", None), item.config.getoption("--rig"))
    return made


class _Pages:
    """Makes the page where all reports come together, soon after a test begins or ends: a run that dies leaves one."""

    def __init__(self, root):
        self._root = root
        self._changed, self._ends = threading.Event(), threading.Event()
        report.begin(root)
        self._thread = threading.Thread(target=self._live, name="page", daemon=True)
        self._thread.start()

    def pytest_runtest_logstart(self):
        self._changed.set()

    def pytest_runtest_logfinish(self):
        self._changed.set()

    def pytest_sessionfinish(self):
        self._ends.set()
        self._changed.set()
        self._thread.join()
        report.make(self._root)

    def _live(self):
        while self._changed.wait() and not self._ends.is_set():
            self._changed.clear()
            began_s = time.monotonic()
            report.make(self._root)
            self._ends.wait(max(_PAGE_PAUSE_S, (time.monotonic() - began_s) / _PAGES_SHARE))


def pytest_sessionstart(session):
    """Only the session that collects the others' reports makes the page."""
    root = session.config.getoption("--report")
    if root and not hasattr(session.config, "workerinput"):
        session.config.pluginmanager.register(_Pages(root))


_NOTES = pytest.StashKey()
