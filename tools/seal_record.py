"""Without this tool a new pendant's key would have to be carried to its gateway: a flash record, sealed for MQTT.

`new-desk` makes a desk's signing key, once. `seal` turns records that `make flash` wrote into `enrol` commands, one
JSON object a line, which the platform may publish and cannot read. docs/mqtt.md, "Enrolling over MQTT".
"""

import json
import sys
import time
import uuid
from collections.abc import Callable
from pathlib import Path

import click
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey

from gateway.config import refuse_open_secret
from gateway.enrol import checked, read_record
from gateway.errors import SetUpError
from gateway.keys import replace_file
from gateway.sealed_record import seal

_path = click.Path(path_type=Path)


@click.group()
def main() -> None:
    """Seal the records of flashed pendants for one gateway."""


@main.command("new-desk")
@click.argument("file", type=_path)
@click.argument("name")
def new_desk(file: Path, name: str) -> None:
    """Make this desk's signing key; print the line that the gateways' files of desks need."""
    if file.exists():
        raise SetUpError(f"{file}: is there already; a desk keeps its key. Name another file, or delete that one.")
    key = Ed25519PrivateKey.generate()
    file.parent.mkdir(parents=True, exist_ok=True)
    replace_file(file, key.private_bytes_raw().hex() + "\n")
    click.echo(f"{key.public_key().public_bytes_raw().hex()} {name}")


@main.command("seal")
@click.argument("records", nargs=-1, required=True, metavar="RECORD...", type=_path)
@click.option("--desk", "desk_file", required=True, metavar="FILE", type=_path, help="This desk's signing key.")
@click.option("--gateway", required=True, metavar="HEX", help="The gateway's enrol_key, compared with the box itself.")
@click.option("--by", default=None, help="Who enrols; goes into the gateway's audit.")
def seal_command(records: tuple[Path, ...], desk_file: Path, gateway: str, by: str | None) -> None:
    """Print an `enrol` command for each record."""
    key, desk = _gateway_key(gateway), _desk_key(desk_file)
    for path in records:
        record = read_record(path)
        entry = checked(str(path), record)
        sealed = seal(record, key, desk, int(time.time()))
        command = {"command": "enrol", "id": str(uuid.uuid4()), "pendant": entry["id"], "sealed": sealed}
        click.echo(json.dumps({**command, "by": by} if by else command))


def _desk_key(path: Path) -> Ed25519PrivateKey:
    try:
        refuse_open_secret(path)
        return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(path.read_text("ascii").strip()))
    except OSError as fault:
        raise SetUpError(f"{path}: cannot be read ({fault.strerror}); make it with new-desk.") from None
    except ValueError:
        raise SetUpError(f"{path}: is no desk's key; make one with new-desk.") from None


def _gateway_key(text: str) -> bytes:
    try:
        key = bytes.fromhex(text)
        X25519PublicKey.from_public_bytes(key)
    except ValueError:
        raise SetUpError("--gateway must be the 64 hex digits that the gateway's status tells as enrol_key.") from None
    return key


def run(program: Callable[..., object], arguments: list[str] | None = None) -> int:
    """A click program whose faults are one sentence and exit code 2."""
    try:
        program(arguments, standalone_mode=False)
    except SetUpError as fault:
        click.echo(str(fault), err=True)
        return 2
    except click.ClickException as fault:
        fault.show()
        return 2
    except click.Abort:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(run(main))
