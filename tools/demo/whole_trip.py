"""Without this file nobody could see what becomes of a fall without falling: the home, the fall, and what came of it.

Two pendants (the flashed files in MicroPython VMs), a bridge, a gateway, a broker, a platform with an operator. Pendant
one sleeps deeply until its wearer falls, the wearer of pendant two holds the button; both are answered, and pendant one
sleeps again. Exit code 0 only if every event arrived, each id once after deduplication, and both answers were felt.
"""

import html
import re
import secrets
import shutil
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import click
from rich.cells import cell_len
from rich.console import Console

from tools.demo import STOPPED
from tools.home.house import GATEWAY, Home
from tools.home.motion_choice import choose_motion
from tools.home.observer import Observer
from tools.home.play import keep_running
from tools.home.report import problems, show_moment, table
from tools.home.sleepers import Sleepers
from tools.home.timeline import Moment, Timeline
from tools.recordings import Recording, RecordingError

_REACTION_S = 1.5  # how long the operator of the demo reads before answering
_PRESS_AFTER_S = 2.0
_HOLD_MS = 3_300
_WITHIN_S = 45  # countdown of 20 s and everything round it
_ROOT = Path(__file__).resolve().parents[2]
_BUILD = _ROOT / "build"
_CARER = "demo"
_WIDTH = 110  # characters, where no terminal says how many it has
_BOARDS = ("xiao_c3", "m5stickc_plus2")  # one that is off until something hits it, one that looks now and then
_ASLEEP_S = 20.0  # after power-on, and after an alarm
_WHAT_HAPPENS = """\
[bold]Tiexin 贴心[/]: a home on this machine, for about half a minute. Ctrl-C ends it.
Wearer 1 falls, wearer 2 holds the button. The gateway stores each call, tells
the platform, a person answers, and the wearer feels that somebody is coming.
这台机器上的一个家，约半分钟，按 Ctrl-C 结束。佩戴者 1 跌倒，佩戴者 2 按住按键：
网关先存盘，再告诉平台；有人应答，佩戴者感觉得到有人来了。
[dim]A line comes when something is noticed; its time is when it happened.
每行显示发生的时刻，可能稍后才出现。[/]"""  # noqa: RUF001 - Chinese has its own punctuation


@click.command()
@click.option(
    "--trace", help="Play this recording: an npz archive, a SisFall .txt, a FallAllD .dat, a CSV of x,y,z milli-g."
)
@click.option("--trial", help="Which trial of an archive, e.g. F05/SA06/R01; without it a fall is chosen.")
@click.option(
    "--rate", type=float, default=100.0, show_default=True, help="Samples a second, for a CSV that does not say."
)
@click.option("--keep", is_flag=True, help="Leave it running, with keys to fall, press, cut the internet ...")
@click.option("--runtime", type=click.Choice(["micropython", "cpython"]), help="Which Python runs the firmware.")
@click.option("--picture", type=click.Path(dir_okay=False, path_type=Path), help="Also write what was shown, as SVG.")
def main(
    trace: str | None, trial: str | None, rate: float, keep: bool, runtime: str | None, picture: Path | None
) -> None:
    """Run the trip of a fall and of a held button on this machine."""
    console = Console(
        highlight=False, record=picture is not None, width=None if sys.stdout.isatty() and not picture else _WIDTH
    )
    try:
        motion = choose_motion(trace, trial, rate)
    except RecordingError as fault:
        console.print(f"[bold red]{fault}")
        sys.exit(2)
    if keep and not sys.stdin.isatty():
        console.print("[bold red]KEEP=1 reads keys: start it from a terminal, or leave KEEP away.")
        sys.exit(2)
    folder = _BUILD / f"demo-{secrets.token_hex(4)}"
    try:
        signal.signal(signal.SIGINT, signal.default_int_handler)  # from here on there is something to tidy up
        _BUILD.mkdir(exist_ok=True)
        folder.mkdir(mode=0o700)
        is_right = _run(console, folder, motion, runtime, keep=keep)
        if is_right:
            shutil.rmtree(folder)
        else:
            console.print(f"Every log of this run is in {_from_root(folder)}")
        if picture:
            picture.write_text(_as_svg(console), encoding="utf-8")
    except TimeoutError as fault:
        console.print(f"[bold red]The home did not come up: {fault}")
        console.print(f"Every log of this run is in {_from_root(folder)}")
        is_right = False
    except KeyboardInterrupt:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        shutil.rmtree(folder, ignore_errors=True)
        console.print("\nStopped. 已停止。")
        sys.exit(STOPPED)
    sys.exit(0 if is_right else 1)


def _run(console: Console, folder: Path, motion: Recording, runtime: str | None, *, keep: bool) -> bool:
    start_s = time.time()
    timeline = Timeline(lambda moment: show_moment(console, moment, start_s))
    console.print(_WHAT_HAPPENS)
    console.print(f"  motion    {motion.describe()}")
    password = secrets.token_urlsafe(9)  # another one at each demo
    carers = {_CARER: password}
    with (
        Home(folder, boards=_BOARDS, runtime=runtime, carers=carers) as home,
        Observer(home, timeline) as observer,
        Sleepers(home, timeline) as sleepers,
    ):
        console.print(f"  firmware  {_where_it_runs(home.runtime, was_asked_for=runtime is not None)}")
        console.print(f"  broker    127.0.0.1:{home.broker.port}   gateway log {_from_root(home.gateway.log_path)}")
        console.print(
            f"  station   {home.gateway.station_address}   name {_CARER}, password {password}"
            f"{'' if keep else '   (it stays up with KEEP=1)'}\n"
        )
        _Operator(home, timeline)
        home.power_on()
        sleepers.wait_until_asleep(home.pendants[0], _ASLEEP_S)
        _fall(home, observer, timeline, motion)
        _press(home, observer, timeline)
        if motion.is_fall is False:
            time.sleep(motion.duration_s)
        observer.wait_until_settled(_WITHIN_S)
        sleeps_again = sleepers.wait_until_asleep(home.pendants[0], _ASLEEP_S)
        console.print()
        console.print(table(observer.rows()))
        wrong = problems(home, observer, may_fall=motion.is_fall is not False)
        if not sleeps_again:
            wrong.append("pendant 1 does not sleep again")
        for problem in wrong:
            console.print(f"[bold red]✗ {problem}")
        if not wrong:
            slept = sum(len(pendant.sleeps) for pendant in home.pendants)
            console.print(
                f"[bold green]✓[/] every event arrived, each id once; both answers were felt "
                f"({len(home.platform.arrivals)} events, {home.air.counters.sent} frames in the air, {slept} sleeps)"
            )
            console.print("[bold green]✓[/] 每个事件都已送达，每个编号只算一次；两位佩戴者都感觉到了应答")  # noqa: RUF001
        if keep:
            keep_running(console, home, timeline, motion)
    return not wrong


def _as_svg(console: Console) -> str:
    """What was shown. rich names web fonts and takes Chinese for narrow: ours loads nothing, and fits."""
    svg = re.sub(r"@font-face \{.*?\}\s*", "", console.export_svg(title="make demo"), flags=re.DOTALL)
    return re.sub(r'textLength="([\d.]+)"([^>]*)>([^<]+)<', _in_cells, svg)


def _in_cells(text: re.Match[str]) -> str:
    shown = html.unescape(text[3])
    return f'textLength="{float(text[1]) * cell_len(shown) / len(shown):g}"{text[2]}>{text[3]}<'


def _from_root(path: Path) -> str:
    return str(path.relative_to(_ROOT))


def _where_it_runs(runtime: str, *, was_asked_for: bool) -> str:
    if runtime == "micropython":
        return "the flashed files, in MicroPython VMs"
    why = "as you asked" if was_asked_for else "because the MicroPython VM has no package for this kind of machine"
    return f"the same files under CPython, {why}"


class _Operator:
    """The person at the platform: answers the first alarm of each pendant."""

    def __init__(self, home: Home, timeline: Timeline) -> None:
        self._home = home
        self._timeline = timeline
        self._answered: set[str] = set()
        home.platform.listeners.append(self._sees)

    def _sees(self, arrival: object) -> None:
        pendant, kind = getattr(arrival, "pendant", ""), getattr(arrival, "type", "")
        is_call = kind in {"tiexin.fall.suspected", "tiexin.help.requested"}
        if is_call and pendant not in self._answered:
            self._answered.add(pendant)
            _later(_REACTION_S, self._answer, getattr(arrival, "id", ""), pendant)

    def _answer(self, alarm_id: str, pendant: str) -> None:
        self._timeline.add(Moment(time.time(), "operator", f"answers {alarm_id}: somebody is coming", pendant))
        self._home.platform.answer(alarm_id, GATEWAY)


def _fall(home: Home, observer: Observer, timeline: Timeline, motion: Recording) -> None:
    pendant = home.pendants[0]
    began_s = pendant.play(motion.acc_mg, motion.fs_hz)
    impact_s = home.clock.unix_s(began_s + motion.impact / motion.fs_hz)
    wait_s = max(0.0, impact_s - time.time())
    if motion.is_fall is False:
        moment = Moment(impact_s, "wearer 1", f"daily life ({motion.activity}): its hardest moment", pendant.mac.hex())
    else:
        observer.cause(pendant, "fall", impact_s)
        moment = Moment(impact_s, "wearer 1", "falls: the impact", pendant.mac.hex())
    _later(wait_s, timeline.add, moment)


def _later(wait_s: float, do: Callable[..., None], *what: object) -> None:
    """Do it then, unless the demo has ended: nothing of it may outlive Ctrl-C."""
    timer = threading.Timer(wait_s, do, what)
    timer.daemon = True
    timer.start()


def _press(home: Home, observer: Observer, timeline: Timeline) -> None:
    time.sleep(_PRESS_AFTER_S)
    pendant = home.pendants[1]
    pressed_s = home.clock.unix_s(home.clock.now_s())
    observer.cause(pendant, "held button", pressed_s)
    timeline.add(Moment(pressed_s, "wearer 2", "presses the button and holds it", pendant.mac.hex()))
    pendant.press_for_ms(_HOLD_MS)
