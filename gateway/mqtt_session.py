"""Without this file paho's own queue would promise what only our store may promise.

One connection to a broker, from CONNECT to its end, driven by the event loop. Nothing is queued, repeated or
reconnected here: a Session is used once. Whoever publishes is told of each PUBACK; whatever has none when the
connection ends is still in the store.
"""

import asyncio
import ssl
from collections.abc import Callable
from contextlib import suppress
from typing import Any, NamedTuple

import paho.mqtt.client as mqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from gateway.config import BrokerConfig

CONNECT_TIMEOUT_S = 5.0
MOST_INBOUND_BYTES = 64 * 1024  # what a broker may send us in one packet (MQTT 5 only; a command has some hundred)
SESSION_EXPIRY_S = 24 * 3_600  # commands wait that long at the broker while we are away
_MOST_UNDER_WAY = 65_535  # if the broker does not say (MQTT 5, section 3.2.2.3.3)
_LONGEST_PACKET = 268_435_460
_REFUSED_LOGIN = {4, 5, 0x86, 0x87, 0x8C}  # 3.1.1: bad user name, not authorised; 5: the same, bad method
_REFUSED_VERSION = {1, 0x84}
_NO_ANSWER = 0x8D  # "Keep alive timeout": paho's word for a ping that nobody has answered
_NOBODY_LISTENS = 0x10  # "No matching subscribers": the broker has taken a message and given it to nobody


class Refused(Exception):
    """The broker has said no to who we are: trying again with the same password will not help."""


class WrongVersion(Exception):
    """The broker does not speak this version of MQTT."""


class Unreachable(Exception):
    """Nobody is there, or not in time."""


class HungUp(Unreachable):
    """Somebody is there, but has closed the connection without an answer."""


class Will(NamedTuple):
    """What the broker says for us when we are gone without a word; retained."""

    topic: str
    payload: bytes


class Inbound(NamedTuple):
    """A message from the broker. It is repeated by the broker until `mid` is acknowledged."""

    topic: str
    payload: bytes
    response_topic: str | None
    correlation: bytes | None
    mid: int
    is_retained: bool = False  # it was kept by the broker: nobody says it now


class Session:
    """One connection. `ended` is set when it is over; `why` says why."""

    def __init__(
        self,
        config: BrokerConfig,
        client_id: str,
        version: str,
        will: Will,
        on_puback: Callable[[int, bool], None],
        on_message: Callable[[Inbound], None],
        on_end: Callable[[], None],
    ) -> None:
        self.version = version
        self.ended = asyncio.Event()
        self.why = ""
        self.most_under_way = _MOST_UNDER_WAY  # what the broker takes without a PUBACK; more, and it hangs up
        self.under_way = 0
        self.longest_packet = _LONGEST_PACKET
        self.is_unheard = False  # the last PUBACK said that nobody has subscribed to that topic (MQTT 5)
        self.may_read: bool | None = None  # what we have subscribed to; None until the broker has answered
        self.received = 0  # PUBACKs and messages so far: a sign that the link is alive
        self._loop = asyncio.get_running_loop()
        self._config = config
        self._on_puback = on_puback
        self._on_message = on_message
        self._on_end = on_end
        self._answer: asyncio.Future[int] = self._loop.create_future()
        self._pulse: asyncio.Task[None] | None = None
        self._client = client = mqtt.Client(
            mqtt.CallbackAPIVersion.VERSION2,
            client_id=client_id,
            protocol=mqtt.MQTTv5 if version == "5" else mqtt.MQTTv311,
            clean_session=None if version == "5" else False,
            reconnect_on_failure=False,
            manual_ack=True,
        )
        client.max_inflight_messages_set(0)  # the window is the uplink's
        client.connect_timeout = CONNECT_TIMEOUT_S
        client.will_set(will.topic, will.payload, qos=1, retain=True)
        if config.username is not None:
            client.username_pw_set(config.username, config.password)
        client.on_connect = self._connected
        client.on_publish = self._published
        client.on_subscribe = self._subscribed
        client.on_message = self._messaged
        client.on_disconnect = self._disconnected

    async def open(self) -> None:
        """Connect. Refused, WrongVersion or Unreachable if it does not come to that."""
        try:
            await asyncio.to_thread(self._connect)
            self._drive()
            async with asyncio.timeout(CONNECT_TIMEOUT_S):
                reason = await self._answer
        except (OSError, ValueError, TimeoutError) as fault:
            self.close()
            raise Unreachable(str(fault) or "no answer in time") from None
        if reason == 0:
            self._pulse = asyncio.create_task(self._keep_pulse(), name="mqtt-pulse")
            return
        self.close()
        if reason in _REFUSED_LOGIN:
            raise Refused
        if reason in _REFUSED_VERSION:
            raise WrongVersion(f"it does not speak MQTT {self.version}")
        raise Unreachable(f"it said {reason:#04x}") if reason > 0 else HungUp("it closed the connection")

    def publish(
        self, topic: str, payload: bytes, *, content: str = "", retain: bool = False, correlation: bytes | None = None
    ) -> int:
        """Send with QoS 1; return the number that the PUBACK will have. Nothing waits here beyond the socket."""
        properties = None
        if self.version == "5":
            properties = Properties(PacketTypes.PUBLISH)
            if content:
                properties.ContentType = content
            if correlation is not None:
                properties.CorrelationData = correlation
        self.under_way += 1
        return int(self._client.publish(topic, payload, qos=1, retain=retain, properties=properties).mid)

    def subscribe(self, topic: str) -> None:
        """Ask for messages, QoS 1."""
        self._client.subscribe(topic, qos=1)

    def acknowledge(self, mid: int) -> None:
        """The message is safe with us: the broker may forget it."""
        if not self.ended.is_set():
            self._client.ack(mid, 1)

    def close(self, *, farewell: bool = False) -> None:
        """End it; with a farewell the last will is not sent."""
        if farewell and not self.ended.is_set():
            self._client.disconnect()
            self._client.loop_write()
        self._end("closed")

    # ---- driven by the loop

    def _connect(self) -> None:
        if self._config.tls:
            self._load_certificates()
        if self.version == "5":
            properties = Properties(PacketTypes.CONNECT)
            properties.SessionExpiryInterval = SESSION_EXPIRY_S
            properties.MaximumPacketSize = MOST_INBOUND_BYTES
            self._client.connect(
                self._config.host, self._config.port, self._config.keepalive_s, clean_start=False, properties=properties
            )
        else:
            self._client.connect(self._config.host, self._config.port, self._config.keepalive_s)

    def _load_certificates(self) -> None:
        """Anew for each connection: a renewed one is used at once, one that is half written is met again when whole."""
        try:
            self._client.tls_set_context(tls_context(self._config))
        except OSError as fault:  # among them ssl.SSLError: the key is not that of the certificate, or no key at all
            raise OSError(f"ca_file, cert_file or key_file cannot be used ({fault})") from None

    def _drive(self) -> None:
        """From here on the loop reads and writes, and the thread that has connected does not.

        Not sooner: the number of a descriptor that goes from a thread to the loop may be another file's on arrival.
        """
        client = self._client
        sock = client.socket()
        if sock is None:
            self._end("the broker closed the connection")
            return
        client.on_socket_close = self._socket_closed
        client.on_socket_register_write = self._write_wanted
        client.on_socket_unregister_write = self._write_done
        self._loop.add_reader(sock.fileno(), self._readable)
        if client.want_write():  # a CONNECT that did not fit into the socket
            self._loop.add_writer(sock.fileno(), client.loop_write)

    def _socket_closed(self, _client: Any, _userdata: Any, sock: Any) -> None:
        fd = sock.fileno()
        if fd >= 0:
            self._loop.remove_reader(fd)
            self._loop.remove_writer(fd)
        self._end("the broker closed the connection")

    def _disconnected(self, _client: Any, _userdata: Any, flags: Any, reason: Any, _properties: Any) -> None:
        # paho has closed the socket before it says why: until here it looked as if the broker had done so.
        if flags.is_disconnect_packet_from_server:
            self.why = f"the broker has ended it: {reason}"
        elif reason.value == _NO_ANSWER:
            self.why = "the broker did not answer in time"

    def _write_wanted(self, _client: Any, _userdata: Any, sock: Any) -> None:
        self._loop.add_writer(sock.fileno(), self._client.loop_write)

    def _write_done(self, _client: Any, _userdata: Any, sock: Any) -> None:
        if sock.fileno() >= 0:
            self._loop.remove_writer(sock.fileno())

    def _readable(self) -> None:
        sock = self._client.socket()
        try:
            rc = self._client.loop_read()
            # TLS may hold a decrypted rest that no readiness of the socket will ever announce.
            while rc == 0 and isinstance(sock, ssl.SSLSocket) and self._client.socket() is sock and sock.pending():
                rc = self._client.loop_read()
        except Exception as fault:  # paho would meet the same packet for ever: better a new connection
            self._end(f"what the broker says makes no sense ({fault!r})")
            return
        if rc != 0:
            self._end(mqtt.error_string(rc))

    async def _keep_pulse(self) -> None:
        while self._client.loop_misc() == 0:
            await asyncio.sleep(1.0)
        self._end("the broker did not answer in time")

    def _connected(self, _client: Any, _userdata: Any, _flags: Any, reason: Any, properties: Any) -> None:
        self.most_under_way = getattr(properties, "ReceiveMaximum", _MOST_UNDER_WAY)
        self.longest_packet = getattr(properties, "MaximumPacketSize", _LONGEST_PACKET)
        if not self._answer.done():
            self._answer.set_result(_connack_code(reason, self.version))

    def _published(self, _client: Any, _userdata: Any, mid: int, reason: Any, _properties: Any) -> None:
        self.received += 1
        self.under_way -= 1
        self.is_unheard = reason.value == _NOBODY_LISTENS
        self._on_puback(mid, not reason.is_failure)

    def _subscribed(self, _client: Any, _userdata: Any, _mid: int, reasons: Any, _properties: Any) -> None:
        self.may_read = self.may_read is not False and not any(reason.is_failure for reason in reasons)

    def _messaged(self, _client: Any, _userdata: Any, message: mqtt.MQTTMessage) -> None:
        self.received += 1
        properties = message.properties
        self._on_message(
            Inbound(
                message.topic,
                bytes(message.payload),
                getattr(properties, "ResponseTopic", None),
                getattr(properties, "CorrelationData", None),
                message.mid,
                bool(message.retain),
            )
        )

    def _end(self, why: str) -> None:
        if self.ended.is_set():
            return
        self.why = why
        self.ended.set()
        self._on_end()
        if self._pulse:
            self._pulse.cancel()
        if not self._answer.done():
            self._answer.set_result(-1)
        sock = self._client.socket()
        if sock is not None:
            self._loop.remove_reader(sock.fileno())
            self._loop.remove_writer(sock.fileno())
            with suppress(OSError):
                sock.close()


def tls_context(config: BrokerConfig) -> ssl.SSLContext:
    """The broker is checked against ca_file or the system's authorities; we show our certificate if we have one."""
    context = ssl.create_default_context(cafile=str(config.ca_file) if config.ca_file else None)
    if config.cert_file and config.key_file:
        context.load_cert_chain(config.cert_file, config.key_file)
    return context


def _connack_code(reason: Any, version: str) -> int:
    """The number in the CONNACK. paho turns 3.1.1's codes into those of MQTT 5; both tables are known above."""
    return int(reason.value if hasattr(reason, "value") else reason)
