"""Without this file what the pendants say would stay in the house.

Finds the broker, convinces it that we are we, notices when it is gone, and comes back: for ever, patiently, and soon if
an alarm waits. What goes through is the outflow's business; states and replies, which need no store, go from here.
"""

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress

from gateway.aside import aside
from gateway.backoff import Backoff
from gateway.config import BrokerConfig
from gateway.errors import SetUpError
from gateway.events import EVENT_CONTENT, Renderer
from gateway.mqtt_session import HungUp, Inbound, Refused, Session, Unreachable, Will, WrongVersion
from gateway.outflow import Outflow
from gateway.record import ALARM, EVENT, TELEMETRY
from gateway.states import States
from gateway.store import Store
from gateway.topics import Topics
from gateway.trace import Trace

_HUNG_UP_MOST = 3  # a broker that is just starting may hang up once or twice
_WATCH_S = 0.5
_DEAF_ENDS = 2  # connections in a row that ended before the broker answered to our subscriptions: they may be why
_ALARMS_FIRST_S = 2.0  # then it has taken the alarms that wait
_CUT_LOOK_S = 0.1
_SETTLE_S = 2.0  # a disk that hangs longer must not keep back what can be read of it


class Uplink:
    """The way to the platform. All of it runs in the event loop."""

    def __init__(
        self, config: BrokerConfig, topics: Topics, store: Store, renderer: Renderer, status: Callable[[bool], bytes],
        trace: Trace,
    ) -> None:  # fmt: skip
        self._config = config
        self._topics = topics
        self._store = store
        self._status = status  # the birth (True) or the last will (False)
        self._trace = trace
        self._session: Session | None = None
        self._known_version: str | None = None
        self._deaf_ends = 0  # connections in a row that ended before our subscriptions were answered
        self._hung_up = 0  # times in a row that a broker was there and closed the connection at once
        self._wake = asyncio.Event()
        self.outflow = Outflow(store, topics, renderer, self._wake, trace)
        self._urgent = asyncio.Event()
        self._cut_until_s = 0.0
        self._states = States()
        self._states.put(topics.status, lambda: self._status(True))
        self.has_custody: Callable[[], bool] = lambda: True  # False: nothing would be lost if we gave up now
        self.on_connected: Callable[[], None] = lambda: None
        self.subscriptions: list[str] = []  # topics beside that of the commands
        self.on_command: Callable[[Inbound], None] = lambda message: None

    @property
    def is_connected(self) -> bool:
        """Whether a broker listens to us at this moment."""
        return self._session is not None and not self._session.ended.is_set()

    def stored(self, lane: int) -> None:
        """A record has been stored in this lane."""
        self.outflow.stored(lane)
        if lane != TELEMETRY:
            self._urgent.set()

    def put_state(self, topic: str, render: Callable[[], bytes]) -> None:
        """Let the broker keep render() as the last known state; only the newest counts, made when it is sent."""
        self._states.put(topic, render)
        self._wake.set()

    def reply(self, topic: str, payload: bytes, correlation: bytes | None) -> bool:
        """Answer a command; False if there is no connection: whoever asked will ask again."""
        if self._session is None or self._session.ended.is_set():
            return False
        self._session.publish(topic, payload, content="application/json", correlation=correlation)
        return True

    def acknowledge(self, message: Inbound) -> None:
        """A command has been dealt with; the broker need not repeat it."""
        if self._session:
            self._session.acknowledge(message.mid)

    def cut(self, seconds: float) -> None:
        """For a drill: no broker for so long, as if the line was cut. It heals by itself."""
        self._cut_until_s = time.monotonic() + seconds
        if self._session:
            self._session.close()
            self._session.why = "a drill has cut it"

    def mend(self) -> None:
        """End a drill's cut at once."""
        self._cut_until_s = 0.0

    def _message_came(self, message: Inbound) -> None:
        aside(self._trace, "commands", self.on_command, message)

    # ---- the connection

    async def run(self) -> None:
        """Connect, serve, lose, for ever. SetUpError only if the login is refused before anything was in custody."""
        backoff = Backoff()
        try:
            while True:
                while time.monotonic() < self._cut_until_s:
                    await asyncio.sleep(_CUT_LOOK_S)
                is_refused = await self._connect_and_serve(backoff)
                await self._pause(backoff, is_refused=is_refused)
        finally:
            if self._session:
                self._say_farewell(self._session)

    def _say_farewell(self, session: Session) -> None:
        """Say that we go; where the broker takes no further message the last will says it."""
        has_room = session.under_way < session.most_under_way
        if has_room:
            session.publish(self._topics.status, self._status(False), content=EVENT_CONTENT, retain=True)
        session.close(farewell=has_room)

    async def _connect_and_serve(self, backoff: Backoff) -> bool:
        """True if the broker has refused us."""
        where = f"{self._config.host}:{self._config.port}"
        try:
            session = await self._connect()
        except Refused:
            sentence = refused_sentence(self._config)
            if not self.has_custody():
                raise SetUpError(sentence) from None
            self._trace.trouble("broker", sentence + " Events are kept meanwhile.")
            return True
        except HungUp:
            self._hung_up += 1
            sentence = hung_up_sentence(self._config)
            if self._hung_up >= _HUNG_UP_MOST and not self.has_custody():
                raise SetUpError(sentence) from None
            self._trace.trouble("broker", sentence + " Events are kept meanwhile.")
            return False
        except (Unreachable, WrongVersion) as fault:
            self._trace.trouble("broker", f"{where}: no broker ({fault}); events are kept, trying again")
            return False
        backoff.reset()
        self._hung_up = 0
        self.on_connected()
        self._trace.well("broker", f"{where}: connected", waiting=sum(self._store.waiting))
        self._trace.step("connected", broker=where, mqtt=session.version)
        try:
            await self._serve(session)
        finally:
            if session.ended.is_set():
                self._session = None
                self.outflow.end()
                self._suspect_states()
                self._deaf_ends = self._deaf_ends + 1 if session.may_read is None else 0
        self._trace.trouble("broker", f"{where}: connection lost ({session.why}); events are kept, trying again")
        return False

    async def _connect(self) -> Session:
        wanted = self._known_version or self._config.version
        for version in ("5", "3.1.1") if wanted == "auto" else (wanted,):
            session = Session(
                self._config,
                f"tiexin-{self._topics.prefix.replace('/', '-')}",
                version,
                Will(self._topics.status, self._status(False)),
                self._puback,
                self._message_came,
                self._wake.set,
            )
            try:
                await session.open()
                return session
            except WrongVersion:
                if version in {wanted, "3.1.1"}:
                    raise
                self._known_version = "3.1.1"
            except HungUp:
                if version in {wanted, "3.1.1"}:
                    raise  # else: some brokers only hang up on a version that they do not know
        raise AssertionError("a loop over two versions returns or raises")

    async def _pause(self, backoff: Backoff, *, is_refused: bool) -> None:
        is_urgent = self._store.waiting[ALARM] > 0 or self._store.waiting[EVENT] > 0
        pause_s = backoff.next_s(is_urgent=is_urgent, is_refused=is_refused)
        self._urgent.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(pause_s):
                await self._urgent.wait()
            # An alarm has come while we waited long: one attempt for it soon, though not at once in every house.
            await asyncio.sleep(min(pause_s, backoff.next_s(is_urgent=True)))

    # ---- serving a connection

    async def _serve(self, session: Session) -> None:
        # What the last connection had confirmed is on its way out of the store: let it go first, if the disk is well.
        with suppress(TimeoutError):
            async with asyncio.timeout(_SETTLE_S):
                await self._store.settled()
        self._session = session
        self.outflow.begin(session)
        self._states.begin()
        if self._deaf_ends < _DEAF_ENDS:
            self._subscribe(session)
        if birth := self._states.take(self._topics.status):
            self._publish_state(session, self._topics.status, birth)
        watch = asyncio.create_task(self._watch(session), name="uplink-watch")
        try:
            while not session.ended.is_set():
                if not await self.outflow.send_some(session) and not self._send_states(session):
                    await self._rest()
        finally:
            watch.cancel()

    def _subscribe(self, session: Session) -> None:
        for topic in (self._topics.command, *self.subscriptions):
            session.subscribe(topic)

    async def _rest(self) -> None:
        await self._wake.wait()
        self._wake.clear()

    def _send_states(self, session: Session) -> bool:
        """Retained states come when nothing else waits; a lost one is replaced by the next. False if none may go."""
        if session.under_way > session.most_under_way // 2:
            return False  # the next PUBACK wakes us
        found = self._states.next(time.monotonic())
        if found:
            self._publish_state(session, *found)
        return found is not None

    def _publish_state(self, session: Session, topic: str, render: Callable[[], bytes]) -> None:
        payload = aside(self._trace, "states", render)
        if payload is not None:
            self._states.sent(session.publish(topic, payload, content=EVENT_CONTENT, retain=True), topic)

    def _puback(self, mid: int, is_accepted: bool) -> None:
        if not self._states.answered(mid):
            self.outflow.puback(mid, is_accepted)
            return
        self._wake.set()
        if not self._states.has_suspects:
            self._trace.well("broker-states", "no state is left that connections end over")

    def _suspect_states(self) -> None:
        topics = self._states.ended(time.monotonic())
        if len(topics) == 1:  # of several it will be known when each has gone alone
            said = f"connections end over the state {topics[0]}: does the broker allow it, and to retain it?"
            self._trace.trouble("broker-states", said + " It is sent again later, all else goes on")

    async def _watch(self, session: Session) -> None:
        """A half-open link swallows everything without a sound: notice it while something is under way."""
        received, began_s = session.received, time.monotonic()
        heard_s, must_subscribe = began_s, self._deaf_ends >= _DEAF_ENDS
        while not session.ended.is_set():
            await asyncio.sleep(_WATCH_S)
            if must_subscribe and (not self._store.waiting[ALARM] or time.monotonic() - began_s > _ALARMS_FIRST_S):
                must_subscribe = False  # behind the alarms: a broker seems to end the connection over it
                self._subscribe(session)
            if session.received != received:
                received, heard_s = session.received, time.monotonic()
            if self._states.is_due(time.monotonic()):
                self._wake.set()
            if session.may_read is False:
                said = (
                    f"the broker does not let us read {self._topics.command}: no command arrives; check its access list"
                )
                self._trace.trouble("broker-commands", said)
            elif session.may_read:
                self._trace.well("broker-commands", "the broker lets us read commands")
            if (patience_s := self.outflow.under_way.silence(heard_s, time.monotonic())) is not None:
                session.close()
                session.why = f"not a word for {patience_s:.0f} s"


def refused_sentence(config: BrokerConfig) -> str:
    """What to do about a refused login."""
    return (
        f"{config.host}:{config.port}: the broker refuses the user name or the password;"
        " correct [broker] username and the file named by password_file."
    )


def hung_up_sentence(config: BrokerConfig) -> str:
    """What to do about a broker that ends the connection at the login; several refuse a password in this way."""
    return (
        f"{config.host}:{config.port}: the broker closes the connection at our login: it may refuse the user name, the"
        " password or the certificate; correct [broker] username and the file named by password_file."
    )
