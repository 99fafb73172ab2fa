"""Without this file the model would guess how a pendant repeats: here the firmware's own delivery decides it.

The files that are flashed (delivery, outbox, link, channels, frames, seal) run unchanged; the clock, the flash and the
radio are the model's.
"""

from collections.abc import Callable, Iterator
from typing import Any

from firmware import config
from firmware.identity import Identity
from firmware.pendant.delivery import Delivery
from firmware.pendant.memory import Memory
from shared import words
from tools.radio_model.world import World

_TICKS = 1 << 30


class RamJournal:
    """A flash that takes everything at once; flash wear and power cuts have tests of their own."""

    def __init__(self) -> None:
        self._entries: list[Any] = []
        self.skipped_bytes = 0

    def __len__(self) -> int:
        return len(self._entries)

    def owed(self) -> Iterator[Any]:
        """What it keeps, oldest first."""
        return iter(self._entries)

    def add(self, entry: Any) -> bool:
        """Keep it."""
        self._entries.append(entry)
        return True

    def done(self, boot: int, seq: int) -> None:
        """Forget it."""
        self._entries = [entry for entry in self._entries if entry.id != (boot, seq)]


class _Clock:
    """The firmware's long clock, as the world has it."""

    def __init__(self, world: World) -> None:
        self._world = world

    @property
    def ms(self) -> int:
        """Milliseconds."""
        return self._world.now_us // 1_000


class ModelPendant:
    """One pendant. on_acknowledged(pendant, event id, us) is told when it knows that an event is stored."""

    def __init__(
        self, world: World, number: int, key: bytes, channel: int, on_acknowledged: Callable[..., None]
    ) -> None:
        self.world = world
        self.mac = (0xA00000000000 + number).to_bytes(6, "big")
        self.position = (0.0, 0.0)
        self.channel = channel
        self.is_on = False
        self.open_ref: tuple[int, int] | None = None
        self._acknowledged = on_acknowledged
        self._wake = 0
        memory = Memory()
        memory.boot = memory.epoch = 1
        identity = Identity(
            {"role": "pendant", "board": "model", "id": self.mac.hex(), "key": key.hex(), "channel": channel}
        )
        self.delivery = Delivery(
            identity, config.Settings(), self, memory, _Clock(world), lambda: None, self, journal=RamJournal(),
            random=lambda: world.chance.randrange(256),
        )  # fmt: skip
        self.taken: list[tuple[int, int]] = []

    # ---- the wearer

    def raise_alarm(self, code: int = words.HELP_REQUESTED) -> tuple[int, int]:
        """Something has happened: its (boot, seq)."""
        entry, _ = self.delivery.record(code, 0, (0, 0), 0, self._now_ms())
        self.step()
        return int(entry.boot), int(entry.seq)

    def beat(self) -> None:
        """A sign of life is due."""
        self.delivery.owe_beat(self._now_ms())
        self.step()

    def step(self) -> None:
        """One step of the firmware, and when the next is due."""
        self.delivery.step(self.open_ref, self._now_ms())
        wait_ms = self.delivery.next_ms(self.open_ref, self._now_ms())
        self._wake += 1
        if wait_ms >= 0:
            wake = self._wake
            self.world.at(max(1, wait_ms) * 1_000, lambda: self.step() if wake == self._wake else None)

    def _now_ms(self) -> int:
        return (self.world.now_us // 1_000) % _TICKS

    # ---- what the firmware asks of a pendant

    def stored(self, code: int) -> None:
        """The gateway has it."""

    def answered(self, answer: Any) -> None:
        """Somebody comes."""

    def commanded(self, command: Any) -> None:
        """Nobody commands here."""

    def keeps(self, entry: Any) -> bool:
        """No fall is asked about here."""
        return False

    def body_of_beat(self, rssi_dbm: int) -> bytes:
        """The size is what counts."""
        return bytes(19)

    # ---- the radio

    def on(self) -> None:
        """Power up."""
        self._listen(self.channel)
        self.is_on = True

    def off(self) -> None:
        """Power down."""
        self._leave()
        self.is_on = False

    def tune(self, channel: int) -> None:
        """Another channel."""
        self._leave()
        self.channel = channel
        if self.is_on:
            self._listen(channel)

    def send(self, frame: bytes) -> bool:
        """Into the queue of the radio."""
        self.world.medium(self.channel).offer(self, frame)
        return True

    def hears(self, sender: Any, frame: bytes) -> None:
        """A frame has arrived; most are somebody else's, and the header says so."""
        if not self.delivery.is_listening or frame[1] < words.ACK:
            return
        if frame[2:8] != self.mac:
            self.delivery.heard(-60, frame, self._now_ms())  # only noticed
            return
        for delay_us in self.world.reaches(sender, self):
            self.world.at(delay_us, lambda: self._take(frame) if sender.channel == self.channel else None)

    def _take(self, frame: bytes) -> None:
        before = {entry.id for entry in self.delivery.journal.owed()}
        if not self.delivery.is_listening:
            return
        self.delivery.heard(-60, frame, self._now_ms())
        for gone in before - {entry.id for entry in self.delivery.journal.owed()}:
            self._acknowledged(self, gone, self.world.now_us)
        self.step()

    def _listen(self, channel: int) -> None:
        radios = self.world.medium(channel).radios
        if self not in radios:
            radios.append(self)

    def _leave(self) -> None:
        radios = self.world.medium(self.channel).radios
        if self in radios:
            radios.remove(self)
