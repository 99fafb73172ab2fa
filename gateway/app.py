"""Without this file nothing would run: it opens what must be open, starts every task, and ends them in order.

What there is stands in ground.py, the way of an alarm in trip.py, all else in around.py.
"""

import asyncio
import signal
from collections.abc import Awaitable, Callable
from functools import partial

from gateway.around import Around
from gateway.aside import aside, keep_up
from gateway.config import Config
from gateway.drill.leftover import sweep
from gateway.errors import SetUpError
from gateway.ground import Ground
from gateway.service import Service, Watchdog
from gateway.trace import Trace
from gateway.trip import Trip, kept_in

_ASK_AGAIN_S = 1.0
_Tasks = dict[str, Callable[[], Awaitable[None]]]


class Gateway:
    """One gateway, from its configuration."""

    def __init__(self, config: Config, trace: Trace) -> None:
        self.ground = Ground(config, trace)
        self._service = Service()
        self._trace = trace

    async def run(self, stop: asyncio.Event) -> None:
        """Serve until stop is set. SetUpError if it cannot begin."""
        ground = self.ground
        ground.registry.refresh()
        await asyncio.to_thread(ground.serial.open_first)
        await asyncio.to_thread(sweep, ground.config.data_dir)
        identity = ground.store.open()
        try:
            self.trip = Trip(ground, identity, await kept_in(ground.store))
            self.around = Around(ground, self.trip)
            await self.around.prepare()
            self._trace.step("serving", gateway=ground.config.gateway, pendants=len(ground.registry))
            self._service.tell(READY="1", STATUS=self._in_words())
            await self._run_tasks(stop)
        finally:
            self._service.tell(STOPPING="1")
            await ground.store.close()
            await asyncio.to_thread(ground.audit.close)
            self._trace.step("stopped")

    def _way(self) -> _Tasks:
        """What an alarm needs. If one of these dies all end, and the service manager starts us again."""
        return {
            "serial": self.ground.serial.run,
            "uplink": self.trip.uplink.run,
            "store-keeper": self.ground.store.keep,
            "watchdog": self._watchdog().run,
        }

    def _beside(self) -> _Tasks:
        """What an alarm does not need. If one of these dies it is begun anew; alarms go on."""
        around = self.around
        tasks: _Tasks = {
            "commands": around.commands.run,
            "clock": self.trip.offsets.run,
            "upkeep": around.upkeep.run,
            "cases": around.cases.run,
            "vitals": around.vitals.run,
            "second-way": around.escalation.run,
            "presence": self.trip.presence.run,
            "control": self.trip.control.run,
        }
        if around.home:
            tasks["home-assistant"] = around.home.run
        if station := self.ground.config.station:
            tasks["station"] = partial(around.serve_page, station)
        return tasks

    async def _run_tasks(self, stop: asyncio.Event) -> None:
        beside: _Tasks = {name: partial(keep_up, self._trace, name, run) for name, run in self._beside().items()}
        try:
            async with asyncio.TaskGroup() as group:
                running = [group.create_task(_run(run), name=name) for name, run in {**self._way(), **beside}.items()]
                await stop.wait()
                await _end(running)
        except BaseExceptionGroup as faults:
            # One sentence for the installer, if that is what it is.
            found = faults.subgroup(SetUpError)
            if found is None:
                raise
            raise _first(found) from None

    def _watchdog(self) -> Watchdog:
        return Watchdog(
            self._service,
            store_answers=self.ground.store.settled,
            serial_turned_s=lambda: self.ground.serial.turned_s,
            status=self._in_words,
            trace=self._trace,
        )

    def _in_words(self) -> str:
        ground = self.ground
        bridge = "bridge there" if ground.serial.is_up else "no bridge"
        broker = "broker connected" if self.trip.uplink.is_connected else "broker away"
        rest = aside(self._trace, "status", ground.status.in_words) or "no status"
        return f"{len(ground.registry)} pendants; {bridge}; {broker}; {rest}"


async def _run(run: Callable[[], Awaitable[None]]) -> None:
    await run()


async def _end(tasks: list[asyncio.Task[None]]) -> None:
    """Cancel until all have ended: in Python 3.11 a wait that ends at the same moment swallows the cancellation."""
    while left := [task for task in tasks if not task.done()]:
        for task in left:
            task.cancel()
        await asyncio.wait(left, timeout=_ASK_AGAIN_S)


def _first(group: BaseExceptionGroup[SetUpError]) -> SetUpError:
    fault = group.exceptions[0]
    return _first(fault) if isinstance(fault, BaseExceptionGroup) else fault


async def serve(config: Config, trace: Trace) -> None:
    """Run a gateway until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await Gateway(config, trace).run(stop)
