"""Who may sign in: nobody until somebody was added, and never with a password that is not their own."""

import pytest
from click.testing import CliRunner

from gateway.cli.user import command as user
from gateway.errors import SetUpError
from gateway.station import passwords, users
from gateway.trace import Trace

CONFIG = """\
[gateway]
site = "home"
data_dir = "data"
[serial]
port = "auto"
[broker]
host = "127.0.0.1"
[pendants]
file = "pendants.jsonl"
[station]
"""


def test_a_hash_tells_its_parameters_and_nothing_else():
    """N = 2^13, r = 8, p = 10 and a salt of its own; only the right password opens it."""
    kept = passwords.make_hash("correct horse")

    assert kept.startswith("scrypt$8192$8$10$")
    assert passwords.is_right("correct horse", kept)
    assert not passwords.is_right("correct horsf", kept)
    assert not passwords.is_right("", passwords.hash_of_nobody())


@pytest.mark.parametrize("kept", ["", "scrypt", "md5$1$1$1$00$00", "scrypt$1048576$8$5$00$00", "scrypt$3$8$1$00$00"])
def test_a_hash_that_is_none_opens_to_nobody(kept):
    """Rubbish, another function, and parameters that would eat the machine are no hashes."""
    assert not passwords.is_hash(kept)
    assert not passwords.is_right("correct horse", kept)


def test_the_command_adds_changes_and_removes(tmp_path):
    """`gateway user add` asks for a password; the list is the owner's alone; `remove` takes a person off it."""
    config = tmp_path / "gateway.toml"
    config.write_text(CONFIG)
    call = CliRunner().invoke

    assert "Nobody yet" in call(user, ["list", "--config", str(config)]).output
    added = call(user, ["add", "陈丽", "--role", "carer", "--config", str(config)], input="a long password\n")
    assert added.exit_code == 0 and "may sign in" in added.output
    path = tmp_path / "data" / "users.jsonl"
    assert path.stat().st_mode & 0o077 == 0
    known = users.Users(path).get(" 陈丽 ")
    assert known.role == "carer" and passwords.is_right("a long password", known.password)
    assert "carer      陈丽" in call(user, ["list", "--config", str(config)]).output
    assert call(user, ["remove", "陈丽", "--config", str(config)]).exit_code == 0
    assert len(users.Users(path)) == 0


def test_a_short_password_is_refused(tmp_path):
    """Ten characters at least."""
    with pytest.raises(SetUpError, match="10 to 200"):
        users.put(tmp_path / "users.jsonl", "Chen", "carer", "short")


def test_a_list_that_others_may_read_is_refused(tmp_path):
    """The hashes are nobody else's business."""
    path = tmp_path / "users.jsonl"
    users.put(path, "Chen", "carer", "a long password")
    path.chmod(0o644)

    with pytest.raises(SetUpError, match="chmod 600"):
        users.read(path)


@pytest.mark.parametrize(
    "line", ["{", "[]", '{"name": "x"}', '{"name": "x", "role": "king", "password": "", "since": 1}']
)
def test_a_line_that_is_no_user_is_named(tmp_path, line):
    """File, line and remedy."""
    path = tmp_path / "users.jsonl"
    path.touch(0o600)
    path.write_text("\n" + line + "\n")

    with pytest.raises(SetUpError, match="line 2: is not a user"):
        users.read(path)


def test_a_running_page_keeps_the_list_that_it_has(tmp_path):
    """A slip of the editor signs nobody out; the log says which line."""
    path, told = tmp_path / "users.jsonl", []
    users.put(path, "Chen", "carer", "a long password")
    found = users.Users(path, Trace(lambda step, facts: told.append(facts["text"])))
    assert found.get("Chen")
    good = path.read_text()
    path.write_text("{nonsense\n")
    assert found.get("Chen")
    assert "line 1: is not a user" in told[0]
    path.write_text(good + "\n")
    assert found.get("Chen")
    assert "readable again" in told[1]
