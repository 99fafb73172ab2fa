"""Without this file the second ways would each be put together where they do not belong."""

from collections.abc import Callable

from gateway.cases import Cases
from gateway.clock import Clock
from gateway.config import Config
from gateway.events import Renderer
from gateway.record import Record
from gateway.registry import Registry
from gateway.second_way.escalation import Escalation
from gateway.second_way.messenger import Messenger
from gateway.second_way.modem import Modem
from gateway.second_way.second_broker import SecondBroker
from gateway.second_way.siren import Siren
from gateway.second_way.sms_text import Wording
from gateway.store import Store
from gateway.topics import Topics
from gateway.trace import Trace


def build(
    config: Config, *, cases: Cases, clock: Clock, registry: Registry, store: Store, topics: Topics,
    renderer: Renderer, status: Callable[[bool], bytes], on_confirmed: Callable[[Record], None], trace: Trace,
) -> Escalation:  # fmt: skip
    """What the configuration asks for; on_confirmed(record) when the second broker has an alarm."""
    way = config.second_way
    second = messenger = None
    if way.broker:
        second = SecondBroker(way.broker, topics, store, renderer, cases, status, trace)
        second.on_confirmed = on_confirmed
    if modem := way.modem:
        wording = Wording(
            modem.language, f"{config.site}/{config.gateway}", registry.get,
            tells_room=modem.tells_room, tells_name=modem.tells_name,
        )  # fmt: skip
        messenger = Messenger(modem, Modem(modem, config.data_dir), wording, cases, clock.stamp_ms, trace)
    siren = Siren(way.siren, trace) if way.siren else None
    return Escalation(way, cases, clock.stamp_ms, trace, second=second, messenger=messenger, siren=siren)
