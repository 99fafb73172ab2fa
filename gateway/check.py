"""Without this file an installer would learn of a wrong password from the first alarm that does not arrive."""

import asyncio
import os
from collections.abc import Callable

from gateway.bridge_ports import BridgePorts
from gateway.config import BrokerConfig, Config
from gateway.configuration.second_way import ModemConfig
from gateway.errors import SetUpError
from gateway.mqtt_session import HungUp, Refused, Session, Unreachable, Will, WrongVersion
from gateway.registry import Registry
from gateway.second_way.at_line import ModemFault
from gateway.second_way.modem import Modem
from gateway.topics import Topics
from gateway.trace import Trace, silent_sink
from gateway.uplink import hung_up_sentence, refused_sentence


async def check(config: Config) -> list[str]:
    """Try everything that `run` needs and takes nothing from it; one sentence for each fault, none if all is well."""
    faults = []
    for attempt in (_check_pendants, _check_serial, check_siren):
        faults += _sentences(attempt, config)
    faults += await _check_broker(config, config.broker)
    if second := config.second_way.broker:
        said = await _check_broker(config, second)
        faults += [sentence.replace("[broker]", "[second_broker]") for sentence in said]
    if config.second_way.modem:
        faults += await asyncio.to_thread(check_modem, config, config.second_way.modem)
    return faults


def _sentences(attempt: Callable[[Config], None], config: Config) -> list[str]:
    try:
        attempt(config)
    except SetUpError as fault:
        return [str(fault)]
    return []


def _check_pendants(config: Config) -> None:
    registry = Registry(config.pendants_file)
    registry.refresh()
    if not len(registry):
        raise SetUpError(f"{config.pendants_file}: no pendant is listed; `make flash` adds one.")


def _check_serial(config: Config) -> None:
    BridgePorts(config.serial, Trace(silent_sink)).check()


def check_siren(config: Config) -> None:
    """Its commands are there; none is run: nobody shall be frightened."""
    siren = config.second_way.siren
    for argv in (siren.command, siren.off_command) if siren else ():
        if argv and not os.access(argv[0], os.X_OK):
            raise SetUpError(f"[siren] {argv[0]}: is no program that this user may run; correct [siren] command.")


def check_modem(config: Config, modem: ModemConfig) -> list[str]:
    """Its port, the SIM and its PIN, the network; no message is sent."""
    made = Modem(modem, config.data_dir)
    try:
        made.probe()
    except ModemFault as fault:
        return [f"[modem] {modem.port}: {fault}."]
    finally:
        made.close()
    return []


async def _check_broker(config: Config, broker: BrokerConfig) -> list[str]:
    where = f"{broker.host}:{broker.port}"
    topics = Topics(config.base, config.site, config.gateway)
    for version in ("5", "3.1.1") if broker.version == "auto" else (broker.version,):
        # Another client id than that of `run`: a broker throws out the older of two with the same.
        session = Session(
            broker, f"tiexin-check-{config.gateway}", version, Will(f"{topics.prefix}/check", b""),
            lambda mid, is_accepted: None, lambda message: None, lambda: None,
        )  # fmt: skip
        try:
            await session.open()
        except Refused:
            return [refused_sentence(broker)]
        except HungUp:
            why = hung_up_sentence(broker)
        except (Unreachable, WrongVersion) as fault:
            why = f"{where}: no broker ({fault}); start it, or correct [broker] host and port."
        else:
            session.close(farewell=True)
            return []
    return [why]


def run_check(config: Config) -> list[str]:
    """`check`, from outside an event loop."""
    return asyncio.run(check(config))
