"""Without this file a bare board would stay one: `make flash`, or `python -m tools.flash`.

From a board on USB and a MicroPython image to a working, enrolled, labelled pendant (or bridge). The work is done in
tools/flashing/; docs/install.md is the guide, with every exit code.
"""

import contextlib
import locale
import os
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from gateway.config import load
from gateway.errors import SetUpError
from tools.flashing import many, ports
from tools.flashing.faults import USAGE, Fault
from tools.flashing.identity import Wishes
from tools.flashing.image import PINS
from tools.flashing.job import Job, Outcome
from tools.flashing.profile import CHIP_OF
from tools.flashing.rom import BAUD
from tools.flashing.screen import Screen, as_json

_PATH = click.Path(path_type=Path)


@click.command(help="Flash, update, verify, read or erase boards.")
@click.option(
    "--port", "named", multiple=True, help="A serial port; may be given several times. Default: the one there is."
)
@click.option("--all", "take_all", is_flag=True, help="All boards that are plugged in.")
@click.option("--role", type=click.Choice(["pendant", "bridge"]), default="pendant", show_default=True)
@click.option(
    "--board", type=click.Choice(sorted(CHIP_OF)), help="Which board it is; asked only if the chip does not tell."
)
@click.option("--site", default=None, help="The home it belongs to. Default: of --gateway, or home.")
@click.option("--gateway", type=_PATH, help="A gateway on this computer: its TOML file, or its list of pendants.")
@click.option("--gateway-key", type=_PATH, help="The secret of an encrypted list.")
@click.option("--channel", type=click.IntRange(1, 13), default=6, show_default=True, help="The radio channel.")
@click.option("--wearer-language", type=click.Choice(["zh", "en"]), default="zh", show_default=True)
@click.option("--name", default="", help="What people call it: a name, a bed.")
@click.option("--room", default="")
@click.option(
    "--image", type=_PATH, help="The MicroPython image, or a folder with it. Default: the cache, else download."
)
@click.option("--bundle", type=_PATH, help="The firmware of a release: its folder, or one of its zip files.")
@click.option("--pins", type=_PATH, default=PINS, help="Another file of pinned images.")
@click.option("--cache", type=_PATH, default=Path("build/images"), show_default=True)
@click.option("--out", type=_PATH, default=Path("flashed"), show_default=True, help="Records, labels, logs.")
@click.option("--baud", type=int, default=BAUD, show_default=True)
@click.option("--new-key", is_flag=True, help="Give it another key, though it has one.")
@click.option("--no-test", is_flag=True, help="Leave the self-test out.")
@click.option("--no-hands", is_flag=True, help="Leave out what somebody must press.")
@click.option("--update", "action", flag_value="update", help="Replace the files only; keep identity and journal.")
@click.option("--verify", "action", flag_value="verify", help="Compare a board with what it should be.")
@click.option("--read-log", "action", flag_value="read-log", help="Show its crash log.")
@click.option("--erase", "action", flag_value="erase", help="Forget a wearer: delete everything.")
@click.option("--language", type=click.Choice(["zh", "en"]), help="Of this tool. Default: this computer's.")
@click.option("--json", "is_json", is_flag=True, help="One JSON object on standard output.")
@click.pass_context
def cli(context: click.Context, /, named: Sequence[str], take_all: bool, is_json: bool, **options: object) -> None:
    """Parse, run, report."""
    language = str(options.pop("language") or own_language())
    action = str(options.pop("action") or "flash")
    with Screen(language, to_stderr=is_json) as screen:
        try:
            job = _job(action, **options)  # type: ignore[arg-type]
            is_person = sys.stdin.isatty() and not is_json
            chosen = ports.choose(named, take_all=take_all, ask=screen.choose_ports if is_person else None)
            if not chosen:
                raise Fault("no_board")
            if not is_person or len(chosen) > 1:
                screen.ask_board = None  # type: ignore[assignment,method-assign]
            outcomes = _run(job, chosen, screen)
        except Fault as fault:
            outcomes = [Outcome("", action, code=fault.code)]
            outcomes[0].fault = {"key": fault.key, "zh": fault.text("zh"), "en": fault.text("en")}
    code = many.exit_code(outcomes)
    if is_json:
        as_json(outcomes, code)
    elif outcomes[0].port:
        screen.summary(outcomes)
    screen.faults(outcomes)
    context.exit(code)


def own_language() -> str:
    """What this computer speaks: "zh" or "en"."""
    said = os.environ.get("LC_ALL") or os.environ.get("LANG") or locale.getlocale()[0] or ""
    return "zh" if said.lower().startswith(("zh", "chinese")) else "en"


def _run(job: Job, chosen: Sequence[str], screen: Screen) -> list[Outcome]:
    """All ports; Ctrl-C asks them to end, and is not asked twice."""
    stop = threading.Event()
    with _private_folder(job.out):
        return many.run(job, chosen, screen, stop)


@contextlib.contextmanager
def _private_folder(out: Path) -> Iterator[None]:
    """Records hold keys: their folder keeps itself out of git."""
    with contextlib.suppress(OSError):
        out.mkdir(parents=True, exist_ok=True, mode=0o700)
        (out / ".gitignore").write_text("*\n", encoding="utf-8")
    yield


def _job(
    action: str,
    *,
    role: str,
    board: str | None,
    site: str | None,
    gateway: Path | None,
    gateway_key: Path | None,
    channel: int,
    wearer_language: str,
    name: str,
    room: str,
    image: Path | None,
    bundle: Path | None,
    pins: Path,
    cache: Path,
    out: Path,
    baud: int,
    new_key: bool,
    no_test: bool,
    no_hands: bool,
) -> Job:
    registry, gateway_name = gateway, ""
    if gateway is not None and gateway.suffix == ".toml":
        try:
            config = load(gateway)
        except SetUpError as why:
            raise Fault("registry", why=why, record=out / "records") from None
        registry, gateway_name = config.pendants_file, config.gateway
        site = site or config.site
    wishes = Wishes(role, site or "home", channel, wearer_language, gateway_name, name, room, new_key)
    return Job(
        action=action,
        wishes=wishes,
        out=out,
        cache=cache,
        board=board,
        image=image,
        bundle=bundle,
        pins=pins,
        baud=baud,
        test=not no_test,
        hands=not no_hands,
        registry=registry,
        registry_key=gateway_key,
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command line; return the exit code."""
    try:
        result = cli.main(arguments, prog_name="flash", standalone_mode=False)
        return int(result or 0)
    except click.ClickException as fault:
        fault.show()
        return USAGE
    except click.Abort:
        return 130


if __name__ == "__main__":
    sys.exit(main())
