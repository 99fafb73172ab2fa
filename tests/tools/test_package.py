"""What a box is installed from: a wheel that is whole, and runs where there is nothing else of ours."""

import hashlib
import os
import re
import runpy
import subprocess
import sys
import zipfile

import pytest

from shared import words
from tests.gateway.rig import FakeBridge, FakePendant, Platform, broker, config, registry
from tools.package import ROOT

_AWAY = ("No matching distribution", "Could not find a version", "NewConnectionError", "Temporary failure", "timed out")
_CLEAN = {name: value for name, value in os.environ.items() if name not in {"PYTHONPATH", "VIRTUAL_ENV", "PYTHONHOME"}}
_CLEAN["PIP_RETRIES"] = "1"  # without a registry this is skipped soon


def installing(*command, **options):
    """Run pip; skip where the registry cannot be reached."""
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=_CLEAN, **options)
    if done.returncode and any(sign in done.stdout + done.stderr for sign in _AWAY):
        pytest.skip("the package registry cannot be reached: run it on a computer with a network")
    assert done.returncode == 0, done.stderr[-2_000:]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel, with what it needs beside it."""
    folder = tmp_path_factory.mktemp("dist")
    installing(sys.executable, "-m", "tools.package", folder, cwd=ROOT)
    (made,) = folder.glob("*.whl")
    return made


def test_the_wheel_holds_all_that_ships(wheel):
    """Every module, page, picture and unit of the tree, and nothing of tests, tools or firmware."""
    with zipfile.ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if ".dist-info/" not in name}
    listed = subprocess.run(
        ["git", "ls-files", "gateway", "shared"], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert {name for name in listed.stdout.split() if (ROOT / name).exists()} <= held
    assert {name.split("/")[0] for name in held} == {"gateway", "shared"}


def test_the_versions_are_the_locked_ones(wheel):
    """For pip with hashes, for pipx without."""
    constraints = (wheel.parent / "constraints.txt").read_text().splitlines()
    locked = re.findall(r"(?m)^([a-z0-9-]+==[^ \\;]+)", (ROOT / "locks" / "gateway.txt").read_text())

    assert [line.partition(" ")[0] for line in constraints] == locked
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    assert (wheel.parent / "requirements.txt").read_text().startswith(f"./{wheel.name} --hash=sha256:{digest}\n")


def test_a_release_beside_it_stays_whole(tmp_path, monkeypatch, capsys):
    """`make package` after `make release`: what SHA256SUMS speaks of is not touched."""
    (tmp_path / "dist").mkdir()
    (tmp_path / "dist" / "tiexin-0.0.9-py3-none-any.whl").write_bytes(b"released")

    def build(command, **_):
        (command[command.index("--wheel-dir") + 1] / "tiexin-0.1.0-py3-none-any.whl").write_bytes(b"as it is")

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["package"])
    monkeypatch.setattr(subprocess, "run", build)
    runpy.run_path(str(ROOT / "tools" / "package.py"), run_name="__main__")
    made = tmp_path / capsys.readouterr().out.strip()

    assert made.read_bytes() == b"as it is"
    assert [path.read_bytes() for path in (tmp_path / "dist").iterdir()] == [b"released"]


@pytest.mark.timeout(400)
def test_a_clean_installation_serves(wheel, tmp_path):
    """With locked hashes into an empty environment, started from an empty folder: a call reaches the platform."""
    python = tmp_path / "venv" / "bin" / "python"
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "venv"], check=True, env=_CLEAN)
    installing(
        python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-compile", "--require-hashes",
        "-r", "requirements.txt", cwd=wheel.parent,
    )  # fmt: skip
    program = tmp_path / "venv" / "bin" / "tiexin-gateway"
    empty = tmp_path / "empty"
    empty.mkdir()

    def run(*arguments):
        return subprocess.run([program, *arguments], cwd=empty, env=_CLEAN, capture_output=True, text=True, check=False)

    unit = run("unit")
    assert f"\nExecStart={program} run --config /etc/tiexin/gateway.toml\n" in unit.stdout
    pendant = FakePendant()
    registry(tmp_path, pendant)
    bridge = FakeBridge(tmp_path / "tty")
    made = broker(tmp_path)
    made.start()
    path = config(tmp_path, made.port, bridge.link)
    assert run("check", "--config", path).returncode == 0
    doctor = run("doctor", "--config", path, "--language", "en")
    assert doctor.returncode == 0, doctor.stdout
    assert "Gateway 0." in doctor.stdout
    platform = Platform(made.port)
    process = subprocess.Popen(
        [program, "run", "--config", path], cwd=empty, env=_CLEAN, stderr=subprocess.PIPE, text=True
    )
    while " bridge firmware=" not in (line := process.stderr.readline()):
        assert line, "it ended"
    bridge.air(pendant.event(words.HELP_REQUESTED))
    assert platform.expect_event(pendant.name(), 20)["data"]["service"] == "rescue"
    process.terminate()
    process.communicate(timeout=20)
    platform.close()
    bridge.pull_out()
    made.stop()

    assert process.returncode == 0
    assert list(empty.iterdir()) == []
