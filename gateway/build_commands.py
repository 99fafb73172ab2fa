"""Without this file the joint of the gateway would know what a command is made of: puts its parts together."""

from collections.abc import Callable

from gateway.audit import Audit
from gateway.cases import Cases
from gateway.clock import Clock
from gateway.commands import Commands
from gateway.config import Config
from gateway.enrolment import Enrolment
from gateway.keyring import Keyring
from gateway.own import OwnEvents
from gateway.pendant_commands import PendantCommands
from gateway.registry import Registry
from gateway.store import Store
from gateway.tables import Identity
from gateway.topics import Topics
from gateway.trace import Trace


async def build_commands(
    config: Config, identity: Identity, *, registry: Registry, keyring: Keyring, cases: Cases, store: Store,
    own: OwnEvents, clock: Clock, topics: Topics, audit: Audit,
    send_reply: Callable[[str, bytes, bytes | None], bool], trace: Trace,
) -> tuple[Commands, Enrolment]:  # fmt: skip
    """What takes commands, and what of it takes pendants. SetUpError if the key for that cannot be made."""
    enrolment = Enrolment(
        data_dir=config.data_dir, desks_file=config.desks_file, pendants_file=config.pendants_file,
        registry=registry, store=store, own=own, clock=clock,
    )  # fmt: skip
    await enrolment.prepare()
    about_pendants = PendantCommands(registry=registry, keyring=keyring, enrolment=enrolment, store=store, clock=clock)
    commands = Commands(
        store=store, registry=registry, cases=cases, clock=clock, switch_on=identity.switch_on, topics=topics,
        about_pendants=about_pendants, audit=audit, send_reply=send_reply, trace=trace,
    )  # fmt: skip
    return commands, enrolment
