"""The one TOML file: what is right is read, what is wrong is said with its line and its remedy."""

import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

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
    """The file with that text, and the files that it may name."""
    (directory / "file").touch()
    (directory / "secret").touch(mode=0o600)
    (directory / "secret").write_text("12345678")
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
        ('site = "home"\n', "", 1, "[gateway] site: is missing; add site"),
        ('"home"', "5", 2, "must be a text in quotes"),
        ('"home"', '"a/b"', 2, "becomes part of MQTT topics"),
        ('"broker.example"', '"x"\nport = 0', 8, "whole number from 1 to 65535"),
        ('"broker.example"', '"x"\nport = true', 8, "whole number from 1 to 65535"),
        ('"broker.example"', '"x"\ntls = "yes"', 8, "true or false"),
        ('"broker.example"', '"x"\nversion = "4"', 8, 'one of "auto", "5", "3.1.1"'),
        ('"broker.example"', '"x"\npasword_file = "secret"', 8, "is not known (do you mean password_file?)"),
        ('"broker.example"', '"x"\nca_file = "none.pem"', 8, "there is no file"),
        ("[serial]", "[serail]\nx = 1\n[serial]", 4, "is not a section of this file (do you mean serial?)"),
        ('[serial]\nport = "/dev/ttyACM0"\n', "", 7, "[serial] port: is missing; add port"),
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
    assert text.startswith(f"{path}, line {line}: ")
    assert "\n" not in text
    assert "secret" not in text


def test_no_toml_at_all(tmp_path):
    """A file that is not TOML is named with the line."""
    with pytest.raises(SetUpError, match=r"line 2: not valid TOML: "):
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


WHOLE = (
    (
        GOOD.replace("[serial]", 'id = "gw"\nbase = "care"\nanswers_keep_h = 24\n[serial]')
        .replace("[broker]", "wait = true\nbaud = 115200\nchannel = 6\n[broker]")
        .replace("[broker]", '[broker]\npassword_file = "secret"\ntls = true\nca_file = "file"')
        .replace("[pendants]", 'port = 1883\nusername = "u"\nversion = "auto"\nkeepalive_s = 15\n[pendants]')
    )
    + """\
[store]
max_mb = 64
reserve_mb = 8
[clock]
trust = "auto"
[escalation]
after_s = 10
answer_s = 30
[second_broker]
host = "other.example"
password_file = "secret"
[modem]
port = "/dev/ttyUSB1"
pin_file = "secret"
numbers = ["+8613955557777", "110"]
language = "zh"
services = ["rescue"]
tells_room = true
[siren]
command = ["/usr/bin/aplay", "ring.wav"]
off_command = ["/usr/bin/true"]
every_s = 5
[station]
host = "127.0.0.1"
port = 8398
zone = "Asia/Shanghai"
language = "zh"
users_file = "users.jsonl"
[home_assistant]
prefix = "homeassistant"
with_names = false
"""
)
SECRETS = ("12345678", "13955557777")
_WRONG = st.sampled_from(
    ["", "5", "-1", "true", "1e9", '""', '"x\\u0000y"', '"~nobody-at-all/x"', '"credential:none"', "[]", "[[1], {}]",
     "{ a = 1 }", "1979-99-99", "9" * 5_000, "[" * 5_000, '"' + "x" * 5_000 + '"', '"unended', "\x01", "\ufeff", "é"]
)  # fmt: skip
_REMEDY = re.compile(r"\b(add|write|correct|must|use|needs|may be|put|name|shorten|leave|run|give|there are)\b")


@st.composite
def mutated(draw):
    """A whole configuration, with one to three things wrong with it."""
    lines = WHOLE.splitlines()
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(lines) - 1))
        how = draw(st.sampled_from(["drop", "twice", "value", "letter", "cut", "name", "swap"]))
        line = lines[at]
        if how == "drop" and len(lines) > 1:
            del lines[at]
        elif how == "twice":
            lines.insert(at, line)
        elif how == "value":
            lines[at] = line.partition("=")[0] + "= " + draw(_WRONG)
        elif how == "letter" and line:
            place = draw(st.integers(0, len(line) - 1))
            lines[at] = line[:place] + draw(st.characters(exclude_categories=["Cs"])) + line[place + 1 :]
        elif how == "cut":
            lines[at] = line[: draw(st.integers(0, len(line)))]
        elif how == "name":
            lines[at] = "x" + line
        elif how == "swap":
            other = draw(st.integers(0, len(lines) - 1))
            lines[at], lines[other] = lines[other], lines[at]
    return "\n".join(lines)


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=mutated())
def test_whatever_is_written_is_read_or_explained(tmp_path, text):
    """Any file gives a configuration, or one sentence with its line and what to do, and no other exception."""
    path = write(tmp_path, text)
    try:
        load(path)
    except SetUpError as fault:
        told = str(fault)
        found = re.fullmatch(re.escape(str(path)) + r", line (\d+): (.+[;:,] .+)\.", told)
        assert found, told
        assert 1 <= int(found[1]) <= text.count("\n") + 1
        assert _REMEDY.search(found[2]), told
        assert not any(secret in told for secret in SECRETS)


def test_the_whole_file_is_right(tmp_path):
    """Or the tests above would look at one error only."""
    assert load(write(tmp_path, WHOLE)).second_way.modem.pin == "12345678"


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=200))
def test_any_bytes_are_read_or_explained(tmp_path, content):
    """Rubbish, wrong encodings and mutilated text are refused with their line."""
    path = tmp_path / "gateway.toml"
    path.write_bytes(content)

    with pytest.raises(SetUpError, match=r"^[^\n]*gateway\.toml, line \d+: [^\n]+$"):
        load(path)


def test_a_file_without_end_is_not_read_to_its_end(tmp_path):
    """A device or a film instead of a configuration is one sentence, not all of the memory."""
    with pytest.raises(SetUpError, match="longer than 262144 bytes"):
        load(Path("/dev/zero"))
    with pytest.raises(SetUpError, match="cannot be read"):
        load(tmp_path)


@pytest.mark.parametrize("encode", [lambda text: "\ufeff" + text, lambda text: text.replace("\n", "\r\n")])
def test_editors_of_other_systems_are_welcome(tmp_path, encode):
    """A byte order mark and other line ends change nothing."""
    path = write(tmp_path, "")
    path.write_bytes(encode(WHOLE).encode())

    assert load(path).base == "care"
