"""The line to the broker: carries, is cut, is silent."""

import socket
import threading

import pytest

from tools.home.internet import Internet


@pytest.fixture
def line():
    """An Internet in front of a server that sends everything back."""
    server = socket.create_server(("127.0.0.1", 0))

    def echo():
        while True:
            try:
                peer, _ = server.accept()
            except OSError:
                return
            threading.Thread(target=_send_back, args=(peer,), daemon=True).start()

    threading.Thread(target=echo, daemon=True).start()
    with Internet(server.getsockname()[1]) as internet:
        yield internet
    server.close()


def _send_back(peer):
    with peer:
        while data := peer.recv(1000):
            peer.sendall(data)


def _connect(internet):
    return socket.create_connection(("127.0.0.1", internet.port), timeout=2)


def test_it_carries_both_ways(line):
    """What goes in comes out, and the answer comes back."""
    with _connect(line) as client:
        client.sendall(b"here")

        assert client.recv(100) == b"here"


def test_a_cut_ends_what_is_open_and_takes_nothing_new(line):
    """After cut() a connection ends, and a new one is ended at once; after mend() all is well."""
    with _connect(line) as client:
        client.sendall(b"x")
        client.recv(1)
        line.cut()
        assert client.recv(1) == b""
    with _connect(line) as client:
        assert client.recv(1) == b""
    line.mend()
    with _connect(line) as client:
        client.sendall(b"back")
        assert client.recv(100) == b"back"


def test_silence_keeps_the_connection_and_carries_nothing(line):
    """A half-open line: nobody is told that nothing passes."""
    with _connect(line) as client:
        client.sendall(b"x")
        client.recv(1)
        line.silence()
        client.sendall(b"lost in between")
        client.settimeout(0.3)
        with pytest.raises(TimeoutError):
            client.recv(1)
        line.mend()
        client.settimeout(2)
        assert client.recv(100) == b"lost in between"
