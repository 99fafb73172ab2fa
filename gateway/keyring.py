"""Without this file a lost pendant would belong to us for ever, and a known key could never be changed.

Turns what the platform wants of a pendant into orders that outlive a power cut, and follows a key from "to come" to "in
force". While a key changes both open frames: neither a lost frame nor a power cut on either side parts the two. A
revoked pendant is not served; that it was heard is reported once.
"""

import asyncio
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from gateway import keys, orders
from gateway.errors import SetUpError
from gateway.orders import Order, Orders
from gateway.own import OwnEvents
from gateway.registry import Pendant, Registry
from gateway.store import STORED, Store
from gateway.trace import Trace
from shared import frames, gateway_frames, word_names, words

REVOKED_HEARD = "tiexin.pendant.revoked_heard"

Finish = Callable[[Any, int], None]


class Keyring:
    """The orders of all pendants and the keys among them. All of it runs in the loop; files are written off it."""

    def __init__(
        self, *, registry: Registry, path: Path, store: Store, waiting: Orders, own: OwnEvents, trace: Trace
    ) -> None:
        self._registry = registry
        self._path = path
        self._store = store
        self._waiting = waiting
        self._own = own
        self._trace = trace
        self._intruders: set[bytes] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._writing = asyncio.Lock()
        self.on_done: Callable[[Order], None] = lambda order: None  # told what a pendant has done

    # ---- for the custody

    def open(self, pendant: Pendant, air: bytes) -> tuple[Pendant, bytes]:
        """The body of a frame, and the pendant as it is then; FrameError if neither of its keys opens it."""
        try:
            return pendant, frames.open_frame(air, pendant.cipher)
        except frames.FrameError:
            if pendant.next_cipher is None:
                raise
        body = frames.open_frame(air, pendant.next_cipher)
        return self._rotated(pendant), body

    def order_for(self, pendant: Pendant) -> bytes | None:
        """The body of the COMMAND that waits for this pendant's listening window; None if none does."""
        order = self._waiting.next(pendant.id)
        if order is None:
            return None
        argument = order.argument
        if order.verb == words.ROTATE_KEY:
            if pendant.next_key is None:  # somebody has edited the list meanwhile
                self._forget_order(order)
                return None
            argument = pendant.next_key
        self._trace.fine(
            "ordered", pendant=pendant.id.hex(), verb=word_names.VERB_NAMES[order.verb], number=order.number
        )
        return bytes(gateway_frames.pack_command(frames.Command(order.number, order.verb, argument)))

    def reported(self, pendant: Pendant, event: frames.Event) -> None:
        """A COMMAND_DONE has been stored, and with it its order has left the store."""
        order = self._waiting.done(pendant.id, orders.number_of(event))
        if order is None:
            return
        status = "done" if event.arg == words.DONE else "refused"
        self._trace.step("order-" + status, pendant=pendant.id.hex(), verb=word_names.VERB_NAMES[order.verb])
        if event.arg == words.DONE:
            self.on_done(order)
        if order.verb == words.ROTATE_KEY and event.arg != words.DONE:
            self._registry.put(pendant.with_keys(pendant.key, None))
            self._later(keys.cancel_rotation, pendant.id)

    def revoked_heard(self, pendant: Pendant, rssi_dbm: int) -> None:
        """A frame with a good seal from a pendant that was revoked: somebody is using it."""
        if pendant.id in self._intruders:
            return
        self._intruders.add(pendant.id)
        self._trace.step("revoked-pendant-heard", pendant=pendant.id.hex(), rssi_dbm=rssi_dbm)

        def told(verdict: str) -> None:
            if verdict != STORED:
                self._intruders.discard(pendant.id)  # nobody knows of it yet: its next frame is told

        def looked(is_reported: Any) -> None:
            if is_reported is False:
                noted = partial(orders.note_reported, pendant=pendant.id)
                self._own.tell(REVOKED_HEARD, pendant.id.hex(), {"rssi_dbm": rssi_dbm}, told, noted)
            elif is_reported is not True:  # what the disk said
                self._intruders.discard(pendant.id)

        self._store.ask(partial(orders.is_reported, pendant=pendant.id), looked)

    # ---- for the commands

    async def order(self, pendant: bytes, verb: int, argument: bytes, unix_s: int, finish: Finish) -> int:
        """Let a pendant do something; back with the order's number when that cannot be forgotten any more.

        finish(db, number) runs in the same transaction. SetUpError if the list of pendants cannot be written.
        """
        known = self._registry.get(pendant)
        assert known
        if verb == words.ROTATE_KEY:
            key = known.next_key or keys.new_key()  # one whose order the store would not take: it is under way now
            async with self._writing:
                await asyncio.to_thread(keys.begin_rotation, self._path, pendant, known.key, key)
            self._registry.put(known.with_keys(known.key, key))

        def keep(db: Any) -> Order:
            number = orders.take_number(db, unix_s)
            order = Order(pendant, number, verb, argument)
            orders.put(db, order)
            finish(db, number)
            return order

        order = await self._store.do(keep)
        self._waiting.put(order)
        return order.number

    async def revoke(self, pendant: bytes, finish: Callable[[Any], None] = lambda db: None) -> None:
        """From now on it is not served; finish(db) runs in the transaction that ends it. SetUpError: see above."""
        async with self._writing:
            await asyncio.to_thread(keys.revoke, self._path, pendant)
        self._registry.refresh()
        self._intruders.discard(pendant)
        for order in self._waiting.forget(pendant):
            self._forget_order(order)

        def end(db: Any) -> None:
            orders.forget_reported(db, pendant)
            finish(db)

        await self._store.do(end)
        self._trace.step("revoked", pendant=pendant.hex())

    def is_rotating(self, pendant: Pendant) -> bool:
        """Whether a key to come is under way already."""
        return pendant.next_key is not None and self._waiting.rotation(pendant.id) is not None

    async def settled(self) -> None:
        """Back when every file that had to be written has been, or could not be."""
        await asyncio.gather(*self._tasks)

    # ---- inside

    def _rotated(self, pendant: Pendant) -> Pendant:
        """The first frame under the new key: the old one is forgotten, here at once and in the file soon."""
        assert pendant.next_key
        renewed = pendant.with_keys(pendant.next_key, None)
        self._registry.put(renewed)
        order = self._waiting.rotation(pendant.id)
        if order:
            self._forget_order(order)
        self._trace.step("key-rotated", pendant=pendant.id.hex())
        self._later(keys.finish_rotation, pendant.id, renewed.key)
        return renewed

    def _forget_order(self, order: Order) -> None:
        self._waiting.done(order.pendant, order.number)
        self._store.ask(partial(orders.drop, pendant=order.pendant, number=order.number), lambda outcome: None)

    def _later(self, write: Callable[..., None], *arguments: Any) -> None:
        task = asyncio.get_running_loop().create_task(self._write(write, *arguments))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _write(self, write: Callable[..., None], *arguments: Any) -> None:
        # If it fails both keys stay in the file, and after a restart the new one is found in use again.
        try:
            async with self._writing:
                await asyncio.to_thread(write, self._path, *arguments)
        except SetUpError as fault:
            self._trace.trouble("keys", str(fault))
        else:
            self._trace.well("keys", "the list of pendants can be written again")
