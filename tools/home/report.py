"""Without this file the demo would end in a log: the moments as they come, the table of the alarms, what went wrong."""

import re
import time

from rich.console import Console
from rich.table import Table
from rich.text import Text

from tools.home.house import Home
from tools.home.observer import Observer
from tools.home.platform import Platform
from tools.home.timeline import COLUMNS, AlarmRow, Moment

_COLOURS = {"gateway": "cyan", "platform": "blue", "operator": "magenta"}
_CHINESE = ("发出", "存盘", "到平台", "有人应答", "佩戴者感觉到")
_OVERTAKEN_S = 15.0  # an event's ladder of retries, on a busy machine
_LOOK_S = 0.1
_FIRST_BEAT_SEQ = 0x800000


def show_moment(console: Console, moment: Moment, start_s: float) -> None:
    """Print one moment as a line."""
    colour = _COLOURS.get(moment.who, "yellow")
    line = Text.assemble((f"{moment.at_s - start_s:8.3f} s  ", "dim"), (f"{moment.who:<10}", colour), moment.what)
    console.print(line)


def table(rows: list[AlarmRow]) -> Table:
    """One row an alarm; milliseconds after the impact, or after the button went down."""
    made = Table(
        title="Milliseconds after the impact, or after the button went down\n撞击或按下按键之后的毫秒数",
        title_style="bold",
    )
    made.add_column("alarm\n警报")
    made.add_column("event\n事件")
    for column, chinese in zip(COLUMNS, _CHINESE, strict=True):
        made.add_column(f"{column}\n{chinese}", justify="right")
    for row in rows:
        times = [row.after_ms(column) for column in COLUMNS]
        made.add_row(
            row.kind, row.event_id or "-", *("[red]missing[/]" if time is None else str(time) for time in times)
        )
    return made


def problems(home: Home, observer: Observer, *, may_fall: bool = True) -> list[str]:
    """What keeps the demo from ending with 0; empty if all is well."""
    found = [
        f"{row.kind}: {', '.join(column for column in COLUMNS if row.after_ms(column) is None)}: did not happen"
        for row in observer.rows()
        if not row.is_complete
    ]
    for pendant in home.pendants:
        found += lasting_holes(pendant.mac.hex(), home.platform)
    if not may_fall:
        found += [f"a false alarm: {one.id}" for one in home.platform.in_order() if one.type == "tiexin.fall.suspected"]
    found += home.platform.contradictions
    found += [f"an unreadable message at the platform: {message[:80]!r}" for message in home.platform.unreadable]
    return found


def lasting_holes(pendant: str, platform: Platform, within_s: float = _OVERTAKEN_S) -> list[str]:
    """The holes that stay: an alarm overtakes what was numbered before it, which comes right behind."""
    until_s = time.monotonic() + within_s
    while found := holes(pendant, [one.id for one in platform.in_order()]):
        if time.monotonic() >= until_s:
            break
        time.sleep(_LOOK_S)
    return found


def holes(pendant: str, event_ids: list[str]) -> list[str]:
    """The events of a pendant that never arrived: it numbers them without holes in each boot."""
    numbers: dict[int, set[int]] = {}
    for event_id in event_ids:
        match = re.fullmatch(rf"{pendant}-(\d+)-(\d+)", event_id)
        if match and int(match[2]) < _FIRST_BEAT_SEQ:
            numbers.setdefault(int(match[1]), set()).add(int(match[2]))
    return [
        f"event {pendant}-{boot}-{seq} never arrived"
        for boot, seqs in numbers.items()
        for seq in range(1, max(seqs))
        if seq not in seqs
    ]
