"""Ports for brokers and pages of the bench."""

import random
import socket

import pytest

from tools.home import broker


def test_a_port_is_free_and_not_one_that_the_system_hands_out():
    """Between the choice and its use nobody else is given it; tests with one seed choose different ones."""
    chosen = []
    for _ in range(2):
        random.seed(1)
        chosen.append([broker.free_port() for _ in range(5)])

    assert chosen[0] != chosen[1]
    for port in chosen[0]:
        assert port < 32_768
        socket.create_server(("127.0.0.1", port)).close()


def test_a_port_that_is_taken_is_not_given(monkeypatch):
    """Said so where all are taken."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        monkeypatch.setattr(broker, "_PORTS", range(port, port + 1))

        with pytest.raises(OSError, match=f"no free port among 100 of {port}"):
            broker.free_port()
