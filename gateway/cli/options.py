"""Without this file the same option would have another name and another help in each command."""

from pathlib import Path

import click

from gateway.config import load
from gateway.errors import SetUpError

STORE_NAME = "store.db"

_path = click.Path(path_type=Path)

config = click.option("--config", "path", required=True, metavar="FILE", type=_path, help="The one TOML file.")
maybe_config = click.option("--config", metavar="FILE", type=_path, help="The gateway's TOML file.")
registry = click.option("--registry", metavar="FILE", type=_path, help="The list of pendants.")
key_file = click.option("--key-file", metavar="FILE", type=_path, help="The secret of the list.")
as_json = click.option("--json", "is_json", is_flag=True, help="For programs.")


def places(config: Path | None, registry: Path | None) -> tuple[Path, Path | None]:
    """The list, and the store where a configuration names it."""
    if config is not None:
        said = load(config)
        return registry or said.pendants_file, said.data_dir / STORE_NAME
    if registry is None:
        raise SetUpError(
            "Name the gateway's configuration with --config FILE, or the list itself with --registry FILE."
        )
    return registry, None
