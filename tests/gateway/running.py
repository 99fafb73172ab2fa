"""An uplink that runs, and what one does with it."""

import asyncio
import json
import time
from contextlib import asynccontextmanager

from gateway.config import BrokerConfig
from gateway.events import Renderer
from gateway.record import TELEMETRY
from gateway.topics import Topics
from gateway.trace import Trace
from gateway.uplink import Uplink
from shared import frames, words
from tests.gateway.helpers import a_record

BEAT = frames.pack_beat(frames.Beat(1, 0x800001, 3900, 80, -60, 1, 0, (0, 1, 0), 5))


def broker_config(port, version="auto"):
    """The broker on that port of this machine."""
    return BrokerConfig("127.0.0.1", port, None, None, False, None, None, None, version, 20)


@asynccontextmanager
async def running(store, port, told=None, version="auto"):
    """An uplink that runs."""
    made = Uplink(
        broker_config(port, version), Topics("tiexin", "home", "gw"), store,
        Renderer("home", "gw", lambda switch_on: 1_795_348_800_000),
        lambda is_online: json.dumps({"online": is_online}).encode(),
        Trace((lambda *step: told.append(step)) if told is not None else lambda *step: None),
    )  # fmt: skip
    store.on_stored = made.stored
    task = asyncio.create_task(made.run())
    try:
        yield made
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def until(look, within_s=6.0):
    """What look() gives, once it is something true."""
    until_s = time.monotonic() + within_s
    while not (found := look()):
        assert time.monotonic() < until_s, "it did not come in time"
        await asyncio.sleep(0.01)
    return found


def beat(number):
    """A beat that can be rendered."""
    return a_record(0x800000 + number, TELEMETRY, words.BEAT)._replace(body=BEAT)
