"""The one TOML file: what is right is read, what is wrong is said with its line and its remedy."""

import pytest

from gateway.config import load
from gateway.errors import SetUpError

GOOD = """\
[gateway]
site = "home"
data_dir = "data"
[serial]
port = "/dev/ttyACM0"
[broker]
host = "broker.example"
[pendants]
file = "pendants.jsonl"
"""


def write(directory, text):
    """The file with that text."""
    path = directory / "gateway.toml"
    path.write_text(text)
    return path


def test_what_is_left_out_has_a_sensible_value(tmp_path):
    """The shortest file is enough."""
    config = load(write(tmp_path, GOOD))

    assert (config.site, config.base, config.broker.port) == ("home", "tiexin", 1883)
    assert config.data_dir == tmp_path / "data"
    assert (config.serial.wait, config.broker.version, config.clock) == (False, "auto", "auto")
    assert config.gateway


def test_tls_moves_the_port(tmp_path):
    """With TLS the usual port is 8883."""
    assert load(write(tmp_path, GOOD.replace('example"', 'example"\ntls = true'))).broker.port == 8883


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ('site = "home"\n', "", 0, "[gateway] site: is missing; add site"),
        ('"home"', "5", 2, "must be a text in quotes"),
        ('"home"', '"a/b"', 2, "becomes part of MQTT topics"),
        ('"broker.example"', '"x"\nport = 0', 8, "whole number from 1 to 65535"),
        ('"broker.example"', '"x"\nport = true', 8, "whole number from 1 to 65535"),
        ('"broker.example"', '"x"\ntls = "yes"', 8, "true or false"),
        ('"broker.example"', '"x"\nversion = "4"', 8, 'one of "auto", "5", "3.1.1"'),
        ('"broker.example"', '"x"\npasword = "secret"', 8, "is not known"),
        ('"broker.example"', '"x"\nca_file = "none.pem"', 8, "there is no file"),
        ("[serial]", "[serail]\nx = 1\n[serial]", 4, "is not a section of this file"),
        ('"broker.example"', '"x"\n[store]\nmax_mb = 8\nreserve_mb = 6', 10, "half of max_mb"),
    ],
)
def test_each_fault_is_one_sentence(tmp_path, old, new, line, words):
    """File, line, what is wrong, and what to do; never a value that could be a secret."""
    path = write(tmp_path, GOOD.replace(old, new, 1))

    with pytest.raises(SetUpError) as fault:
        load(path)

    text = str(fault.value)
    assert words in text
    assert text.startswith(f"{path}, line {line}: " if line else f"{path}: ")
    assert "\n" not in text
    assert "secret" not in text


def test_no_toml_at_all(tmp_path):
    """A file that is not TOML is named with the line."""
    with pytest.raises(SetUpError, match=r"not valid TOML: .*line 2"):
        load(write(tmp_path, "[gateway]\nsite = \n"))


def test_no_file(tmp_path):
    """A file that is not there is named."""
    with pytest.raises(SetUpError, match="there is no such file"):
        load(tmp_path / "nowhere.toml")


def test_a_password_that_others_can_read_is_refused(tmp_path):
    """Secrets belong to their owner."""
    secret = tmp_path / "password"
    secret.write_text("hush\n")
    secret.chmod(0o644)
    path = write(tmp_path, GOOD.replace('example"', 'example"\nusername = "u"\npassword_file = "password"'))

    with pytest.raises(SetUpError, match="chmod 600"):
        load(path)
    secret.chmod(0o600)

    assert load(path).broker.password == "hush"
