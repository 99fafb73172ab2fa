"""Without this file the internet could not fail on its own: a TCP line to the broker that can be cut and mended.

While it is cut nothing is accepted and every connection is ended. While it is silent, connections stay open and nothing
passes: what a mobile network or a stale NAT entry does.
"""

import socket
import threading
from contextlib import suppress
from typing import Self

_CHUNK_BYTES = 65_536
_LOOK_S = 0.05


class Internet:
    """Listens on 127.0.0.1 and carries every connection to another port of 127.0.0.1."""

    def __init__(self, broker_port: int) -> None:
        self._broker_port = broker_port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(_LOOK_S)
        self.port = int(self._listener.getsockname()[1])
        self.is_cut = False
        self.is_silent = False
        self._stop = threading.Event()
        self._ends: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._accept, daemon=True)

    def cut(self) -> None:
        """End every connection and take no new one."""
        self.is_cut = True
        self._end_all()

    def mend(self) -> None:
        """Carry again."""
        self.is_cut = False
        self.is_silent = False

    def silence(self) -> None:
        """Keep the connections and carry nothing; what was said meanwhile is lost when they end."""
        self.is_silent = True

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        self._listener.close()
        self._end_all()

    def _accept(self) -> None:
        while not self._stop.is_set():
            try:
                near, _ = self._listener.accept()
            except TimeoutError:
                continue
            if self.is_cut:
                near.close()
                continue
            try:
                far = socket.create_connection(("127.0.0.1", self._broker_port), timeout=2)
            except OSError:
                near.close()
                continue
            with self._lock:
                self._ends |= {near, far}
            for source, sink in ((near, far), (far, near)):
                threading.Thread(target=self._carry, args=(source, sink), daemon=True).start()

    def _carry(self, source: socket.socket, sink: socket.socket) -> None:
        source.settimeout(_LOOK_S)
        with suppress(OSError):
            while not self._stop.is_set():
                try:
                    data = source.recv(_CHUNK_BYTES)
                except TimeoutError:
                    continue
                while self.is_silent and not self._stop.is_set() and not self.is_cut:
                    self._stop.wait(_LOOK_S)
                if not data:
                    break
                sink.sendall(data)
        self._end(source)
        self._end(sink)

    def _end(self, end: socket.socket) -> None:
        with self._lock:
            self._ends.discard(end)
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
        end.close()

    def _end_all(self) -> None:
        with self._lock:
            ends = list(self._ends)
        for end in ends:
            self._end(end)
