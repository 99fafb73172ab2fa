"""Without this file the same option would have another name and another help in each command."""

import getpass
import os
from pathlib import Path

import click

from gateway.audit import Audit
from gateway.clock import system_clock
from gateway.config import load
from gateway.configuration import secret_files
from gateway.errors import SetUpError

STORE_NAME = "store.db"

_path = click.Path(path_type=Path)

config = click.option("--config", "path", required=True, metavar="FILE", type=_path, help="The one TOML file.")
maybe_config = click.option("--config", metavar="FILE", type=_path, help="The gateway's TOML file.")
registry = click.option("--registry", metavar="FILE", type=_path, help="The list of pendants.")
key_file = click.option("--key-file", metavar="FILE", type=_path, help="The secret of the list.")
passphrase_file = click.option(
    "--passphrase-file", metavar="FILE", type=_path, help="Whose first line is the passphrase; otherwise you are asked."
)
as_json = click.option("--json", "is_json", is_flag=True, help="For programs.")


def passphrase(file: Path | None, *, is_new: bool) -> str:
    """From the file, or from whoever sits there; asked twice if it is a new one."""
    if file is None:
        return str(click.prompt("Passphrase", hide_input=True, confirmation_prompt=is_new, err=True))
    try:
        secret_files.refuse_open_secret(file)
        return secret_files.first_line(file)
    except OSError as fault:
        raise SetUpError(f"{file}: cannot be read ({fault.strerror}); name a file that you may read.") from None
    except ValueError as fault:
        raise SetUpError(f"{fault}.") from None


def places(config: Path | None, registry: Path | None) -> tuple[Path, Path | None]:
    """The list, and the store where a configuration names it."""
    if config is not None:
        said = load(config, has_secrets=False)
        return registry or said.pendants_file, said.data_dir / STORE_NAME
    if registry is None:
        raise SetUpError(
            "Name the gateway's configuration with --config FILE, or the list itself with --registry FILE."
        )
    return registry, None


def note(config: Path | None, action: str, about: str, outcome: str, **detail: str) -> None:
    """Put into the gateway's audit what was done here, by the user of this shell. Without a configuration: nowhere."""
    if config is None:
        return
    said = load(config, has_secrets=False)
    audit = Audit(said.data_dir, system_clock(said.clock))
    audit.note(f"shell:{user()}", action, about, outcome, detail)
    audit.close()


def user() -> str:
    """Who sits here; behind sudo, who called it."""
    name = os.environ.get("SUDO_USER")
    try:
        return name or getpass.getuser()
    except (KeyError, OSError):
        return "unknown"
