"""What `gateway doctor` says of whole boxes: one that is well, and five that are broken."""

import json
import os
import re

import pytest

from gateway.__main__ import main
from gateway.doctor import serial_port
from tests.gateway.rig import LOGIN, at_home, config, registry
from tests.gateway.test_main import start
from tools.home.broker import free_port


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A box that is well, before it runs; its broker, its bridge, its password's file."""
    monkeypatch.setattr(serial_port, "WAIT_S", 2.0)
    with at_home(tmp_path) as made:
        yield made


def told(capsys, path, *options):
    """Exit code and text."""
    code = main(["doctor", "--config", str(path), *options])
    return code, capsys.readouterr().out


def wrong(text):
    """The lines that must be put right."""
    return [line for line in text.splitlines() if line.startswith("✗")]


def test_a_box_that_is_well(home, capsys, monkeypatch):
    """Before it runs and while it runs; in both languages; for programs."""
    folder, made, bridge, _ = home
    path = config(folder, made.port, bridge.link, LOGIN)
    code, text = told(capsys, path, "--language", "en")
    assert (code, wrong(text)) == (0, []), text
    assert text.endswith("All is well.\n")
    process = start(path)
    while "serving" not in process.stderr.readline():
        assert process.poll() is None
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    code, text = told(capsys, path)
    said = json.loads(told(capsys, path, "--json")[1])
    process.terminate()
    process.communicate(timeout=30)

    assert (code, wrong(text)) == (0, []), text
    assert "正由运行中的网关使用" in text
    assert text.endswith("一切正常。\n")
    assert said["wrong"] == 0
    assert {"about", "level", "code", "text"} == set(said["findings"][0])


def test_a_typing_error(home, capsys):
    """The line, and the word that was meant."""
    folder, made, bridge, _ = home
    path = config(folder, made.port, bridge.link, "usrname = 'gateway'")
    code, text = told(capsys, path, "--language", "en")

    assert code == 1
    assert re.search(
        r"gateway\.toml, line 10: \[broker\] usrname: is not known \(do you mean username\?\)", wrong(text)[0]
    )


def test_a_password_that_everybody_can_read(home, capsys):
    """And how to close it."""
    folder, made, bridge, secret = home
    secret.chmod(0o644)
    code, text = told(capsys, config(folder, made.port, bridge.link, LOGIN), "--language", "en")

    assert code == 1
    assert f"chmod 600 {secret}" in wrong(text)[0]


def test_everything_at_once(home, capsys):
    """The bridge pulled out, the password wrong, no pendant listed, the store damaged: four sentences, each its own."""
    folder, made, bridge, secret = home
    bridge.pull_out()
    secret.write_text("wrong-one\n")
    registry(folder)
    (folder / "data").mkdir()
    (folder / "data" / "store.db").write_bytes(os.urandom(20_000))
    code, text = told(capsys, config(folder, made.port, bridge.link, LOGIN), "--language", "en")

    assert code == 1
    assert [line.split(":")[0] for line in wrong(text)] == ["✗ pendants", "✗ store", "✗ bridge", "✗ broker"]
    assert "wrong-one" not in text
    assert text.endswith("To be put right: 4.\n")


def test_nobody_at_the_broker_s_port(home, capsys):
    """In Chinese."""
    folder, _, bridge, _ = home
    code, text = told(capsys, config(folder, free_port(), bridge.link, LOGIN), "--language", "zh")

    assert code == 1
    assert "没有程序在监听" in wrong(text)[0]


def test_a_list_that_is_locked_without_its_secret(home, capsys, monkeypatch):
    """The secret's medium was not plugged in."""
    folder, made, bridge, _ = home
    path = config(folder, made.port, bridge.link, LOGIN)
    key = folder / "registry-key"
    key.write_text("a long enough secret")
    key.chmod(0o600)
    assert main(["lock", "--config", str(path), "--key-file", str(key)]) == 0
    monkeypatch.delenv("TIEXIN_REGISTRY_KEY", raising=False)
    capsys.readouterr()
    code, text = told(capsys, path, "--language", "en")

    assert code == 1
    assert "is encrypted; name the file of its passphrase" in wrong(text)[0]
