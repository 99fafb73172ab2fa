"""Without this file "nothing is lost" would be true on a bench and hoped for in the house: a drill on a live gateway.

Test alarms of a pendant that does not exist take the whole way: framing, custody, store, uplink, broker, and back.
Meanwhile the uplink is cut and the gateway is killed. At the end every one of them must have arrived.
"""

import asyncio
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gateway.config import Config
from gateway.drill import again
from gateway.drill.caller import Caller
from gateway.drill.control import DRILL_ID, MOST_CUT_S
from gateway.drill.ledger import Balance, Ledger
from gateway.drill.line import Line
from gateway.drill.reader import Reader
from gateway.drill.reserve import Filled, fill_a_copy
from gateway.errors import SetUpError
from gateway.topics import Topics

LEAST_S, MOST_S = 5, 3_600
_CALL_EVERY_S = 0.5
_TICK_S = 0.1
_BACK_S = 90.0  # a Pi takes a while to start Python
_SETTLE_S = 60.0
_READ_BACK_S = 5.0
LOG_NAME = "after-drill.log"  # in data_dir: of a gateway that the drill had to start again


@dataclass(frozen=True)
class Report:
    """What came of it."""

    gateway: str
    seconds: int
    balance: Balance
    judged_by: str  # "reading back" or "PUBACK"
    cut_s: float
    started_again_by: str
    down_s: float | None  # from the kill to a gateway that answers; None: it did not come back
    reserve: Filled

    @property
    def is_well(self) -> bool:
        """Whether nothing was lost."""
        return self.balance.is_well and self.down_s is not None and self.reserve.is_well

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "is_well": self.is_well, "gateway": self.gateway, "seconds": self.seconds, "judged_by": self.judged_by,
            **self.balance.as_dict(), "cut_s": self.cut_s, "started_again_by": self.started_again_by,
            "down_s": self.down_s, "reserve": self.reserve.as_dict(),
        }  # fmt: skip


class Drill:
    """One drill. tell: what is shown while it runs."""

    def __init__(self, config: Config, seconds: int, tell: Callable[[str], None]) -> None:
        self._config = config
        self._seconds = seconds
        self._tell = tell
        self._ledger = Ledger()
        self._by_puback = Ledger(self._ledger.said_s, self._ledger.acked_s)
        self._caller = Caller(self._ledger)
        self._line = Line(config.data_dir)
        self._line.on_air = self._caller.hear
        self._line.on_confirmed = lambda name: self._by_puback.arrive(name.encode(), time.monotonic())
        self._is_over = False

    async def run(self) -> Report:
        """Hold it. SetUpError if no gateway runs here."""
        said = await self._line.open()
        if not said["connected"]:
            raise SetUpError(
                "The gateway has no broker at this moment: there is nothing to try. See `tiexin-gateway check`."
            )
        if said["alarms_waiting"]:
            raise SetUpError(
                f"{said['alarms_waiting']} alarms wait for the broker: no drill while somebody may need help."
            )
        about = said["hello"]
        self._tell("filling the reserve of a copy of the store ...")
        reserve = await fill_a_copy(self._config.data_dir / "store.db")
        topic = Topics(self._config.base, self._config.site, self._config.gateway).lane("alarm", DRILL_ID.hex())
        with Reader(self._config.broker, topic, self._came_back) as reader:
            calling = asyncio.create_task(self._call(), name="drill-calls")
            try:
                down_s = await self._torment(about)
                await self._settle(reader)
            finally:
                self._is_over = True
                await asyncio.gather(calling, return_exceptions=True)
        reads = reader.may_read and bool(self._ledger.copies)
        balance = (self._ledger if reads else self._by_puback).balance()
        report = Report(
            gateway=self._config.gateway,
            seconds=self._seconds,
            balance=balance,
            judged_by="reading back" if reads else "PUBACK (the broker does not let the gateway read its own alarms)",
            cut_s=self._cut_s,
            started_again_by="the service manager" if about["is_service"] else "the drill",
            down_s=down_s,
            reserve=reserve,
        )
        self._line.tell(do="end", is_well=report.is_well, said=balance.said, lost=balance.lost)
        await asyncio.sleep(_TICK_S)
        self._line.close()
        return report

    @property
    def _cut_s(self) -> float:
        return min(MOST_CUT_S, self._seconds / 4)

    async def _torment(self, about: dict[str, Any]) -> float | None:
        """A quarter in peace, a cut, a quarter, a kill, the rest."""
        await self._enrol()
        self._tell("test alarms, every half second ...")
        await asyncio.sleep(self._seconds / 4)
        self._tell(f"the uplink is cut for {self._cut_s:.0f} s (a real alarm mends it at once) ...")
        await self._line.ask(do="cut", seconds=self._cut_s)
        await asyncio.sleep(self._seconds / 4 + self._cut_s)
        self._tell("the gateway is killed ...")
        killed_s = time.monotonic()
        self._line.tell(do="die")
        await asyncio.sleep(_TICK_S)
        self._line.close()
        is_back = await self._bring_back(about)
        down_s = round(time.monotonic() - killed_s, 1) if is_back else None
        await asyncio.sleep(self._seconds / 4)
        return down_s

    async def _bring_back(self, about: dict[str, Any]) -> bool:
        if not about["is_service"]:
            log = self._config.data_dir / LOG_NAME
            self._tell(f"started by hand: the drill starts it again, and leaves it running; its log: {log}")
            await asyncio.to_thread(again.start, about["command"], Path(about["folder"]), log, self._line.owner)
        if not await self._line.open_within(_BACK_S):
            self._tell(f"the gateway did not come back within {_BACK_S:.0f} s; start it")
            return False
        await self._enrol()
        return True

    async def _enrol(self) -> None:
        await self._line.ask(do="enrol", key=self._caller.key.hex())

    async def _call(self) -> None:
        """Say new alarms, and say again what was not acknowledged; into a dead line, too: a pendant does not know."""
        until_s, next_s = time.monotonic() + self._seconds, 0.0
        while not self._is_over:
            now_s = time.monotonic()
            if next_s <= now_s < until_s:
                next_s = now_s + _CALL_EVERY_S
                self._caller.call()
            for frame in self._caller.due():
                self._line.tell(do="line", bytes=frame.hex())
            await asyncio.sleep(_TICK_S)

    async def _settle(self, reader: Reader) -> None:
        """Back when everything has arrived, or nothing more is to be expected."""
        self._tell("waiting for what is under way ...")
        until_s = time.monotonic() + _SETTLE_S
        while self._by_puback.unacked() or self._by_puback.missing():
            if time.monotonic() > until_s:
                return
            await asyncio.sleep(_TICK_S)
        until_s = time.monotonic() + _READ_BACK_S
        while reader.may_read and self._ledger.missing() and time.monotonic() < until_s:
            await asyncio.sleep(_TICK_S)

    def _came_back(self, name: str) -> None:
        self._ledger.arrive(name.encode(), time.monotonic())


def table(report: Report) -> str:
    """For people."""
    balance, reserve = report.balance, report.reserve
    down = "did not come back" if report.down_s is None else f"back after {report.down_s} s"
    longest = "none" if balance.longest_delay_s is None else f"{balance.longest_delay_s} s"
    filled = reserve.text or (
        f"{reserve.alarms_stored:,} alarms stored when nothing else was, {reserve.alarms_there:,} of"
        f" {reserve.alarms_before + reserve.alarms_stored:,} there"
    )
    rows = (
        ("gateway", report.gateway),
        ("test alarms", f"{balance.said} said, {balance.acknowledged} acknowledged, {balance.arrived} arrived"),
        ("lost", str(balance.lost)),
        ("never acknowledged", str(balance.unacknowledged)),
        ("repeated", str(balance.repeated)),
        ("longest delay", longest),
        ("judged by", report.judged_by),
        ("uplink", f"cut for {report.cut_s:.0f} s"),
        ("killed", f"{down}; started again by {report.started_again_by}"),
        ("reserve of a copy", filled),
        ("verdict", "nothing was lost" if report.is_well else "NOT WELL: see above"),
    )
    return "\n".join(f"{name:20} {text}" for name, text in rows)


def as_json(report: Report) -> str:
    """For programs."""
    return json.dumps(report.as_dict(), indent=1)


async def hold(config: Config, seconds: int, tell: Callable[[str], None]) -> Report:
    """Hold a drill. SetUpError if none can be held."""
    if not LEAST_S <= seconds <= MOST_S:
        raise SetUpError(f"--seconds must be from {LEAST_S} to {MOST_S}.")
    return await Drill(config, seconds, tell).run()
