"""Without this file the city's gateways would be a formula: each is the real store and the real uplink.

One process with many gateways in one event loop. What is simulated is the air: events are handed to the store as
custody would hand them, and count as acknowledged when the store says STORED, after its COMMIT. The parent asks over a
pipe for more speed or for the end, and hears once a second how it goes.
"""

import asyncio
import json
import random
import time
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, NamedTuple

from gateway.config import BrokerConfig
from gateway.events import Renderer
from gateway.record import ALARM, EVENT, TELEMETRY, Record
from gateway.space import Limits
from gateway.store import STORED, Store
from gateway.topics import Topics
from gateway.trace import Trace, silent_sink
from gateway.uplink import Uplink
from shared import frames, word_names, words

BEAT_EVERY_S = 300.0  # as firmware/config.py
_TICK_S = 0.02
_LIMITS = Limits(64_000_000, 4_000_000)
_ALARMS = (words.FALL_SUSPECTED, words.FALL_CONFIRMED, words.FALL_CANCELLED, words.HELP_REQUESTED)
_ALARM_WEIGHTS = (4, 1, 3, 2)
_EVENTS = (words.TEST_PASSED, words.BATTERY_LOW, words.STARTED)


class Street(NamedTuple):
    """What a process is told: its gateways, its pendants, where the broker is, how much goes on."""

    directory: str
    first_gateway: int
    gateways: int
    first_pendant: int
    pendants: int
    port: int
    alarms_per_s: float
    events_per_s: float
    seed: int


class House:
    """One gateway: the real store, the real uplink."""

    def __init__(self, street: Street, number: int) -> None:
        name = f"gw{number}"
        path = Path(street.directory) / name
        path.mkdir(parents=True)
        self.topics = Topics("tiexin", "city", name)
        self.store = Store(path / "store.db", _LIMITS, _stamp_ms, "city", Trace(silent_sink))
        broker = BrokerConfig("127.0.0.1", street.port, None, None, False, None, None, None, "3.1.1", 15)
        renderer = Renderer("city", name, lambda switch_on: int((time.time() - time.monotonic()) * 1000))
        status = partial(_status, name)
        self.uplink = Uplink(broker, self.topics, self.store, renderer, status, Trace(silent_sink))
        self.store.on_stored = self.uplink.stored

    def begin(self) -> list[asyncio.Task[None]]:
        """Open the store, start what serves it."""
        self.store.open()
        return [asyncio.create_task(self.store.keep()), asyncio.create_task(self.uplink.run())]


class Residents:
    """Everything that the street's pendants say, and the ledger of what was acknowledged."""

    def __init__(self, street: Street, houses: list[House]) -> None:
        self._street = street
        self._houses = houses
        self._chance = random.Random(street.seed)
        self._seqs = [0] * street.pendants
        self._beats = 0
        self._owed = [0.0, 0.0, 0.0]  # beats, alarms, events
        self.speed = 0.0  # city seconds in a second
        self.ledger: list[tuple[str, str, float]] = []  # id, kind, when it was handed over (monotonic)
        self.refused = 0

    def live(self, passed_s: float) -> None:
        """Let that much time pass."""
        if not self.speed:
            return
        street, owed = self._street, self._owed
        owed[0] += passed_s * self.speed * street.pendants / BEAT_EVERY_S
        owed[1] += passed_s * street.alarms_per_s
        owed[2] += passed_s * street.events_per_s
        for lane, say in enumerate((self._beat, self._alarm, self._event)):
            while owed[lane] >= 1:
                owed[lane] -= 1
                say()

    def _beat(self) -> None:
        number = self._beats % self._street.pendants
        turn = self._beats // self._street.pendants
        self._beats += 1
        seq = int(frames.FIRST_BEAT_SEQ) + turn
        body = frames.pack_beat(frames.Beat(1, seq, 3900, 80, -60, 1, 0, words.VERSION, turn * 300))
        self._say(number, TELEMETRY, words.BEAT, seq, body, "beat")
        house = self._houses[number % len(self._houses)]
        pendant = self._id(number)
        house.uplink.put_state(house.topics.state(pendant.hex()), partial(_state, pendant, seq))

    def _alarm(self) -> None:
        (code,) = self._chance.choices(_ALARMS, _ALARM_WEIGHTS)
        self._happen(ALARM, words.ALARM, code)

    def _event(self) -> None:
        self._happen(EVENT, words.EVENT, self._chance.choice(_EVENTS))

    def _happen(self, lane: int, kind: int, code: int) -> None:
        number = self._chance.randrange(self._street.pendants)
        self._seqs[number] += 1
        seq = self._seqs[number]
        body = frames.pack_event(frames.Event(1, seq, code, 0, 0, 1, 0, 0, 0))
        self._say(number, lane, kind, seq, body, word_names.CODE_NAMES[code])

    def _say(self, number: int, lane: int, kind: int, seq: int, body: bytes, name: str) -> None:
        house = self._houses[number % len(self._houses)]
        record = Record(0, lane, self._id(number), 1, seq, kind, body, -60, 1, _stamp_ms(), 0)
        house.store.add(record, (1, seq), partial(self._told, record.event_id, name, time.monotonic()))

    def _told(self, event: str, name: str, at_s: float, verdict: str) -> None:
        if verdict == STORED:
            self.ledger.append((event, name, at_s))
        else:
            self.refused += 1

    def _id(self, number: int) -> bytes:
        return (0xC17000000000 + self._street.first_pendant + number).to_bytes(6, "big")


def run(street: Street, pipe: Connection) -> None:
    """The body of the process."""
    asyncio.run(_run(street, pipe))


async def _run(street: Street, pipe: Connection) -> None:
    houses = [House(street, street.first_gateway + number) for number in range(street.gateways)]
    tasks: list[asyncio.Task[None]] = []
    for house in houses:
        tasks += house.begin()
        await asyncio.sleep(0.01)
    residents = Residents(street, houses)
    is_over = asyncio.Event()
    asyncio.get_running_loop().add_reader(pipe.fileno(), _listen, pipe, residents, is_over)
    last_s = told_s = time.monotonic()
    while not is_over.is_set():
        await asyncio.sleep(_TICK_S)
        now_s = time.monotonic()
        residents.live(now_s - last_s)
        last_s = now_s
        if now_s - told_s >= 1:
            told_s = now_s
            pipe.send(_report(houses, residents))
    (Path(street.directory) / f"ledger-{street.first_gateway}.json").write_text(json.dumps(residents.ledger), "utf-8")
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    for house in houses:
        await house.store.close()


def _listen(pipe: Connection, residents: Residents, is_over: asyncio.Event) -> None:
    said: Any = pipe.recv()
    if said is None:
        is_over.set()
    else:
        residents.speed = float(said)


def _report(houses: list[House], residents: Residents) -> dict[str, int]:
    return {
        "connected": sum(house.uplink.is_connected for house in houses),
        "waiting": sum(sum(house.store.waiting) for house in houses),
        "alarms_waiting": sum(house.store.waiting[ALARM] for house in houses),
        "acked": len(residents.ledger),
        "refused": residents.refused,
    }


def _stamp_ms() -> int:
    return int(time.monotonic() * 1000)


def _state(pendant: bytes, seq: int) -> bytes:
    return json.dumps({"source": f"/pendants/{pendant.hex()}", "data": {"beat": seq, "worn": True}}).encode()


def _status(name: str, is_online: bool) -> bytes:
    return json.dumps({"gateway": name, "data": {"online": is_online}}).encode()
