"""docs/install.md is true: its configuration loads, its commands exist, its figures are those that tests hold."""

import re
from pathlib import Path

from gateway.cli import COMMANDS
from gateway.config import load
from tests.gateway.cli.test_unit import MOST_EXPOSURE

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "install.md").read_text("utf-8")


def test_the_configuration_of_the_page_loads(tmp_path):
    """As it stands, with the files that it names; the password is what systemd would hand over."""
    (text,) = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    path = tmp_path / "gateway.toml"
    path.write_text(text)
    (tmp_path / "platform.pem").write_text("")
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "broker").write_text("hush\n")
    (tmp_path / "secrets" / "broker").chmod(0o600)

    assert load(path).broker.password == "hush"


def test_the_commands_of_the_page_exist():
    """Every `tiexin-gateway COMMAND`, and no command is missing in the table."""
    named = set(re.findall(r"tiexin-gateway ([a-z]+)", PAGE))
    (table,) = re.findall(r"\| command \| does \|\n\| --- \| --- \|\n(\| `tiexin-gateway.*?)\n\n", PAGE, re.DOTALL)
    listed = set(
        re.findall(r"`(?:tiexin-gateway )?([a-z]+)`", "\n".join(row.split("|")[1] for row in table.split("\n")))
    )

    assert named <= set(COMMANDS)
    assert set(COMMANDS) - {"run", "drill"} <= listed


def test_the_threshold_of_the_page():
    """The exposure that the page promises is the one that a test holds."""
    assert f"a test holds it below {MOST_EXPOSURE / 10}" in PAGE
