"""Ways to reach a broker that are broken, each in its own way; all of them really there."""

import contextlib
import os
import socket
import ssl
import subprocess
import threading

import pytest

from tests.gateway.rig import wait_for
from tools.home.broker import free_port


class Listener:
    """A server that greets each connection with what it is given, in threads."""

    def __init__(self, greet, context=None):
        self._greet, self._context = greet, context
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = self._server.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                line, _ = self._server.accept()
            except OSError:
                return
            threading.Thread(target=self._one, args=(line,), daemon=True).start()

    def _one(self, line):
        with contextlib.suppress(OSError), line:
            if self._context:
                line = self._context.wrap_socket(line, server_side=True)
            self._greet(line)

    def close(self):
        """Listen no more."""
        self._server.close()


@pytest.fixture
def listener():
    """Makes listeners; all are closed at the end."""
    made = []

    def make(greet=lambda line: line.recv(1), certificate=None, authority=None):
        context = None
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
            if authority:
                context.load_verify_locations(authority)
                context.verify_mode = ssl.CERT_REQUIRED
        made.append(Listener(greet, context))
        return made[-1].port

    yield make
    for one in made:
        one.close()


@pytest.fixture
def mosquitto(tmp_path):
    """Starts the real broker with some lines of configuration; its port."""
    import shutil

    program = shutil.which("mosquitto", path="/usr/sbin:/usr/bin:/usr/local/sbin:/opt/homebrew/sbin")
    if not program:
        pytest.skip("mosquitto is not installed: apt install mosquitto")
    running = []

    def start(lines):
        port = free_port()
        path = tmp_path / f"mosquitto-{port}.conf"
        user = "user root\n" if os.geteuid() == 0 else ""  # it would give up root, and could not read our files
        path.write_text(f"listener {port} 127.0.0.1\n{user}{lines}\n")
        running.append(subprocess.Popen([program, "-c", path], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))

        def is_there():
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                return True
            return False

        wait_for(is_there, 15)
        return port

    yield start
    for one in running:
        one.terminate()
        one.wait(timeout=10)
