"""Secrets come from files that only their owner reads, or from systemd."""

import pytest

from gateway.configuration import secret_files
from gateway.configuration.table import Table
from gateway.errors import SetUpError


@pytest.fixture
def handed(tmp_path, monkeypatch):
    """The folder of what systemd hands over, with one password in it, group-readable as with an access list."""
    folder = tmp_path / "credentials"
    folder.mkdir(mode=0o700)
    (folder / "broker-password").write_text("hush\n")
    (folder / "broker-password").chmod(0o440)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(folder))
    return folder


def table(tmp_path, value):
    """A file whose [broker] password_file is that."""
    path = tmp_path / "gateway.toml"
    path.write_text(f'[broker]\npassword_file = "{value}"\n')
    return Table(path)


def test_a_credential_is_read(tmp_path, handed):
    """Its mode is systemd's business."""
    assert table(tmp_path, "credential:broker-password").secret("broker", "password_file") == "hush"
    assert table(tmp_path, handed / "broker-password").secret("broker", "password_file") == "hush"


@pytest.mark.parametrize("name", ["other", "", "../gateway.toml", "."])
def test_a_credential_that_is_not_there(tmp_path, handed, name):
    """The sentence has the line and says what to write into the service; a path does not lead out of the folder."""
    with pytest.raises(SetUpError, match=r"line 2: \[broker\] password_file: credential:.* LoadCredential="):
        table(tmp_path, f"credential:{name}").secret("broker", "password_file")


def test_without_systemd_they_are_read_where_systemd_would(tmp_path, monkeypatch):
    """Started by hand: the folder beside the configuration, if it is closed to others."""
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    with pytest.raises(SetUpError, match=r"nor is .*/secrets/x there; write LoadCredential="):
        table(tmp_path, "credential:x").secret("broker", "password_file")
    (tmp_path / "secrets").mkdir()
    secret = tmp_path / "secrets" / "x"
    secret.write_text("hush")
    secret.chmod(0o644)
    with pytest.raises(SetUpError, match="others may read it"):
        table(tmp_path, "credential:x").secret("broker", "password_file")
    secret.chmod(0o600)

    assert table(tmp_path, "credential:x").secret("broker", "password_file") == "hush"


@pytest.mark.parametrize("content", ["hush", "hush\n", "hush\r\nmore", "\ufeffhush\r\n"])
def test_editors_of_other_systems_are_welcome(tmp_path, content):
    """A byte order mark and other line ends are no part of a password: no broker would take it with them."""
    secret = tmp_path / "secret"
    secret.write_bytes(content.encode())
    secret.chmod(0o600)

    assert table(tmp_path, "secret").secret("broker", "password_file") == "hush"


@pytest.mark.parametrize(
    ("content", "mode", "words"),
    [
        (b"hush\n", 0o644, "run: chmod 600"),
        (b"", 0o600, "is empty"),
        (b"\nhush", 0o600, "is empty"),
        (b"\xff\xfe", 0o600, "is not text"),
        (b"x" * 70_000, 0o600, "longer than 65536 bytes"),
    ],
)
def test_a_bad_secret_is_one_sentence(tmp_path, content, mode, words):
    """With the line of the configuration; never with what is in the file."""
    secret = tmp_path / "secret"
    secret.write_bytes(content)
    secret.chmod(mode)

    with pytest.raises(SetUpError, match=rf"gateway\.toml, line 2: \[broker\] password_file: .*{words}") as fault:
        table(tmp_path, "secret").secret("broker", "password_file")
    assert "hush" not in str(fault.value)


def test_a_tls_key_may_belong_to_a_group(tmp_path):
    """Debian's ssl-cert reads keys by group; the world reads none."""
    key = tmp_path / "key.pem"
    key.write_text("")
    key.chmod(0o640)
    secret_files.refuse_open_secret(key, is_for_a_group=True)
    with pytest.raises(SetUpError, match="others may read it"):
        secret_files.refuse_open_secret(key)
    key.chmod(0o644)

    with pytest.raises(SetUpError, match="others may read it"):
        secret_files.refuse_open_secret(key, is_for_a_group=True)
