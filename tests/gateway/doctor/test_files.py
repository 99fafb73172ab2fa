"""The list of pendants, who owns what, certificates that end or do not fit."""

import os
from types import SimpleNamespace

import pytest

from gateway.config import load
from gateway.doctor import files
from tests.gateway.rig import FakePendant, config, registry
from tests.gateway.test_mqtt_session import Authority

OWN_USER = SimpleNamespace(pw_uid=os.geteuid(), pw_name="tiexin")


@pytest.fixture
def box(tmp_path, monkeypatch):
    """Looks at a box whose broker and second broker have these lines; the findings by code."""
    registry(tmp_path, FakePendant())
    (tmp_path / "data").mkdir(mode=0o700)
    monkeypatch.setattr(files.pwd, "getpwnam", lambda name: OWN_USER)

    def look(lines="", more=""):
        return {found.code: found for found in files.look(load(config(tmp_path, 1883, "/dev/null", lines, more)))}

    look.folder = tmp_path
    return look


def pair(folder, name, days):
    """A certificate for so many days and its key, as lines of a section."""
    certificate, key = Authority(folder, f"authority-{name}").issue(name, days=(-30, days))
    key.chmod(0o600)
    return f'tls = true\ncert_file = "{certificate}"\nkey_file = "{key}"\n'


def test_a_box_that_is_well(box):
    """The list is counted; nothing else is said."""
    assert set(box()) == {"pendants_well"}
    assert box()["pendants_well"].facts == {"count": 1, "revoked": 0}


@pytest.mark.parametrize(
    ("days", "code", "level"),
    [(300, "certificate_well", "well"), (12, "certificate_soon", "note"), (-2, "certificate_over", "wrong")],
)
@pytest.mark.parametrize("section", ["[broker]", "[second_broker]"])
def test_how_long_a_certificate_is_good(box, section, days, code, level):
    """The second way's as well: it is needed on the night when the first one fails."""
    lines = pair(box.folder, "gw", days)
    found = box(lines) if section == "[broker]" else box(more=f'[second_broker]\nhost = "b.example"\n{lines}')

    assert (found[code].level, found[code].facts["name"]) == (level, section)


def test_a_key_of_another_certificate(box):
    """Both files are there, and TLS would fail with them."""
    one, other = pair(box.folder, "one", 300), pair(box.folder, "other", 300)
    mixed = [line for line in one.splitlines() if not line.startswith("key")] + [other.splitlines()[2]]

    assert box("\n".join(mixed))["key_does_not_match"].level == "wrong"


def test_who_owns_what(box, monkeypatch):
    """Files of root are of no use to the service; a folder that all may read is worth a word."""
    assert "owner_wrong" not in box()
    (box.folder / "data").chmod(0o755)
    assert box()["open_to_others"].level == "note"
    monkeypatch.setattr(files.pwd, "getpwnam", lambda name: SimpleNamespace(pw_uid=OWN_USER.pw_uid + 4_321))
    assert box()["owner_wrong"].level == "wrong"


def test_a_list_that_serves_nobody(box):
    """Empty, and not readable as one."""
    (box.folder / "pendants.jsonl").write_text("")
    assert box()["pendants_empty"].level == "wrong"
    (box.folder / "pendants.jsonl").write_text("rubbish\n")
    assert "line 1" in box()["pendants_wrong"].text("en")
