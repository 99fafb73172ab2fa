"""Which rig, what a test wishes of it, and what is written down of each test."""

import re
import time
from pathlib import Path

import pytest

from hil_tests.rig import report
from hil_tests.rig.virtual_rig import VirtualRig
from hil_tests.rig.wishes import Wishes


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
    notes = item.stash.setdefault(_NOTES, {"test": item.nodeid, "verdict": "passed", "why": "", "seconds": 0.0})
    notes["seconds"] += call.duration
    if made.failed:
        notes.update(verdict="failed", why=made.longreprtext)
    elif made.skipped:
        notes.update(verdict="skipped", why=made.longrepr[2] if isinstance(made.longrepr, tuple) else "")
    folder = _folder(item)
    if call.when == "teardown" and folder:
        report.write_story(folder, notes, getattr(item, "rig", None), item.config.getoption("--rig"))
    return made


def pytest_runtest_logreport(report):
    """Where all reports come together the page is made anew after each test, so that a run that dies leaves one."""
    if report.when == "teardown" and _PAGE:
        _make_page(_PAGE[0])


def pytest_sessionstart(session):
    """Only the session that collects the others' reports makes the page."""
    root = session.config.getoption("--report")
    if root and not hasattr(session.config, "workerinput"):
        root.mkdir(parents=True, exist_ok=True)
        (root / "begun").write_text(time.strftime("%Y-%m-%d %H:%M:%S %Z"), "utf-8")
        _PAGE.append(root)


def pytest_sessionfinish():
    """The last state of the page."""
    if _PAGE:
        _make_page(_PAGE[0])


def _make_page(root):
    report.make_page(root)


_NOTES = pytest.StashKey()
_PAGE: list[Path] = []
