"""Without this file the demo would need a broker to be installed first.

iotcore (rumqttd in a wheel) as a child process on 127.0.0.1: MQTT 5 and 3.1.1 on two ports. It keeps nothing on disk.
"""

import errno
import secrets
import signal
import socket
from contextlib import suppress
from pathlib import Path
from typing import Self

import iotcore

_PORTS = range(20_000, 32_000)
_PORT_TRIES = 100
_CONFIG = """
id = 0

[router]
id = 0
max_connections = 1000
max_outgoing_packet_count = 200
max_segment_size = 10485760
max_segment_count = 10

[v5.1]
name = "mqtt5"
listen = "127.0.0.1:{port}"
next_connection_delay_ms = 1
[v5.1.connections]
connection_timeout_ms = 5000
max_payload_size = 262144
max_inflight_count = 200
dynamic_filters = true
{logins}
"""


def configured(port: int, logins: dict[str, str] | None = None) -> str:
    """What the broker reads: MQTT 5 on that port of 127.0.0.1; logins: password by user name, None: everybody may."""
    listed = [f'{user} = "{password}"' for user, password in (logins or {}).items()]
    return _CONFIG.format(port=port, logins="\n".join(["[v5.1.connections.auth]", *listed] if listed else []))


def free_port() -> int:
    """A TCP port of 127.0.0.1 that nobody listens on; OSError if there is none.

    Below those that the system hands to whoever asks for any (32768 and up): one of those may be somebody's before it
    is used here. Not from ``random``, whose seed tests share.
    """
    for _ in range(_PORT_TRIES):
        port = secrets.choice(_PORTS)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise OSError(errno.EADDRINUSE, f"no free port among {_PORT_TRIES} of {_PORTS.start} to {_PORTS.stop - 1}")


class EmbeddedBroker:
    """An MQTT 5 broker that can go away and come back on the same port."""

    def __init__(self, directory: Path) -> None:
        self.port = free_port()
        config = directory / "broker.toml"
        config.write_text(configured(self.port), encoding="utf-8")
        self._broker = iotcore.Broker(config_path=str(config))

    @property
    def is_running(self) -> bool:
        """Whether it listens."""
        return bool(self._broker.is_running)

    def start(self) -> None:
        """Listen; back when it does. Ctrl-C is for us: its process would end with a traceback before we tidy up."""
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # a child inherits it
        try:
            self._broker.start()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)

    def stop(self) -> None:
        """Go away: every connection ends, everything that it held is forgotten."""
        self._broker.stop()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
