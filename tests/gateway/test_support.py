"""The bundle: what helps is in it; no key, no password, no name of anybody."""

import io
import json
import zipfile

from gateway import support

KEY = "000102030405060708090a0b0c0d0e0f"
SECRETS = [KEY, "hunter2", "s3cret-token", "王秀英", "Wang Xiuying", "302室", "Heping Road 7", "+86 138 0000", "anna.b",
           "+8613812345678", "+8613987654321", "西园204", "for Wang"]  # fmt: skip
NAMES = ["王秀英", "Wang Xiuying", "302室", "Heping Road 7", "+86 138 0000 1111", "anna.b", "Li", "x"]
CONFIG = f"""
# the password is hunter2, the key {KEY}
[gateway]
site = "home"
data_dir = "data" # of Wang Xiuying
[broker]
host = "broker.example"
username = "anna.b"
password_file = "broker.password"
token = "s3cret-token"
extra = {{ password = "hunter2", port = 1 }}
[pendants]
file = "pendants.jsonl"
[modem]  # Wang Xiuying's son
numbers = [
  "+8613812345678",
]
tells_room = true
[station]
room = "西园204"
sms = {{ numbers = ["+8613987654321"] }}	# for Wang Xiuying
note = "Wang Xiuying lives at Heping Road 7"
"""


def unpacked(tmp_path, monkeypatch, log):
    """The files of a bundle."""
    path = tmp_path / "gateway.toml"
    path.write_text(CONFIG, encoding="utf-8")
    monkeypatch.setattr(support, "log", lambda: log)
    body = support.bundle(config_path=path, vital={"rssi": -302, "pendants": 2}, counts={"frames": {}}, names=NAMES)
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}


def test_no_secret_and_no_name_is_in_it(tmp_path, monkeypatch):
    """Not in the configuration, not in what the log happens to say."""
    log = f"12:00 heard key={KEY} name=王秀英 wang xiuying in 302室, " + json.dumps("王秀英") + " anna.b\n"
    files = unpacked(tmp_path, monkeypatch, log)

    whole = "\n".join(files.values())
    assert [secret for secret in SECRETS if secret.lower() in whole.lower()] == []
    assert "\\u738b" not in whole
    assert "12:00 heard" in files["log.txt"]


def test_what_helps_is_in_it(tmp_path, monkeypatch):
    """Host, paths and numbers stay; what is JSON stays JSON."""
    files = unpacked(tmp_path, monkeypatch, "")

    assert 'host = "broker.example"' in files["gateway.toml"]
    assert 'password_file = "broker.password"' in files["gateway.toml"]
    assert "[modem]" in files["gateway.toml"] and "port = 1" in files["gateway.toml"]
    assert "tells_room = true" in files["gateway.toml"] and "room = (removed)" in files["gateway.toml"]
    assert json.loads(files["health.json"]) == {"rssi": -302, "pendants": 2}
    assert json.loads(files["versions.json"])["python"]
    assert set(files) == {
        "README.txt", "health.json", "counters.json", "versions.json", "gateway.toml", "log.txt",
    }  # fmt: skip


def test_a_box_without_a_log_says_so(monkeypatch):
    """No systemd, no right to read: a sentence instead."""
    monkeypatch.setenv("PATH", "/nowhere")

    assert "no log" in support.log()


def test_a_configuration_that_cannot_be_read_says_so(tmp_path):
    """The bundle is made all the same."""
    assert "cannot be read" in support.configuration(tmp_path / "none.toml")
    (tmp_path / "broken.toml").write_text('password = "hunter2')
    said = support.configuration(tmp_path / "broken.toml")
    assert "not valid TOML" in said and "hunter2" not in said
