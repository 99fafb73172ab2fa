"""Without this file nobody could ever sign in: `gateway user add NAME --role carer`. People choose their passwords."""

import sys
from pathlib import Path

import click

from gateway.cli import options
from gateway.config import load
from gateway.configuration.station import USERS_NAME
from gateway.errors import SetUpError
from gateway.station import users


@click.group("user", help="Who may sign in to the station page.")
def command() -> None:
    """Hold the commands below."""


@command.command(
    "add", help="Add a person, or set another password and role. Asks for the password (or reads one line)."
)
@click.argument("name")
@click.option("--role", type=click.Choice(users.ROLES), required=True, help="What the person may do.")
@options.config
def add(name: str, role: str, path: Path) -> None:
    """Add a user."""
    is_new = users.put(users_file(path), name, role, _password())
    options.note(path, "user-add", users.plain(name), "new" if is_new else "changed", role=role)
    click.echo(f"{users.plain(name)}: {'may sign in' if is_new else 'has a new password'} ({role}).")


@command.command("remove", help="Take a person off the list; whoever is signed in by that name is signed out.")
@click.argument("name")
@options.config
def remove(name: str, path: Path) -> None:
    """Remove a user."""
    if not users.remove(users_file(path), name):
        raise SetUpError(f"{users_file(path)}: has nobody called {users.plain(name)}; see: tiexin-gateway user list.")
    options.note(path, "user-remove", users.plain(name), "done")
    click.echo(f"{users.plain(name)}: may not sign in any more.")


@command.command("list", help="Who may sign in.")
@options.config
def show(path: Path) -> None:
    """List the users."""
    listed = _listed(users_file(path))
    for one in listed:
        click.echo(f"{one.role:10} {one.name}")
    if not listed:
        click.echo("Nobody yet: tiexin-gateway user add NAME --role carer --config FILE")


def _listed(path: Path) -> list[users.User]:
    """Everybody; nobody where there is no list yet. Who may not look there reads so: that is not nobody."""
    try:
        path.stat()
    except FileNotFoundError:
        return []
    except OSError as fault:
        raise SetUpError(f"{path}: cannot be read ({fault.strerror}); run this with sudo.") from None
    return users.read(path)


def users_file(path: Path) -> Path:
    """Where a configuration keeps its users."""
    config = load(path, has_secrets=False)
    return config.station.users_file if config.station else config.data_dir / USERS_NAME


def _password() -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    return str(click.prompt("Password", hide_input=True, confirmation_prompt=True))
