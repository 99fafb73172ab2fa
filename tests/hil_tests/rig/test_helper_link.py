"""What answers at the helper's port may be no helper, and may go: each is one sentence, and the port is free again."""

import os
import threading
from pathlib import Path

import pytest
import serial

from hil_tests.rig.helper_link import HelperFault, HelperLink, NoReply


@pytest.fixture
def answering():
    """A function: the port where something gives each request that reply."""
    opened = []

    def make(reply):
        ours, theirs = os.openpty()
        link = os.ttyname(theirs)

        def serve():
            while request := _line(ours):
                os.write(ours, request.split()[0] + b" " + reply + b"\n")

        threading.Thread(target=serve, daemon=True).start()
        opened.extend((ours, theirs))
        return Path(link)

    yield make
    for descriptor in opened:
        os.close(descriptor)


def _line(descriptor):
    """The next line; b"" once the port is gone."""
    line = b""
    while not line.endswith(b"\n"):
        try:
            line += os.read(descriptor, 64)
        except OSError:
            return b""
    return line


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (b"ok tiexin-helper 2 5 motor", "tiexin-helper 2 answers"), (b"ok", "something else answers"),
        (b"ok tiexin-helper 1", "not helper 1"), (b"error what?", "hello: what[?]"),
    ],
)  # fmt: skip
def test_what_is_no_helper_is_a_sentence_and_its_port_is_free(answering, reply, said):
    """Whoever plugs the right one in can go on."""
    port = answering(reply)
    with pytest.raises(HelperFault, match=said):
        HelperLink(port)

    serial.Serial(str(port), exclusive=True).close()


def test_a_helper_that_goes_is_a_sentence(answering, monkeypatch):
    """Pulled out between two requests."""
    link = HelperLink(answering(b"ok tiexin-helper 1 5 motor,led"))

    def gone(_data):
        raise serial.SerialException("write failed")

    monkeypatch.setattr(link._port, "write", gone)
    with pytest.raises(HelperFault, match="plug it in"):
        link.request("down")
    link.close()


@pytest.mark.parametrize(("silent", "is_there"), [(1, True), (2, True), (3, False)])
def test_a_helper_that_is_starting_is_greeted_again(answering, monkeypatch, silent, is_there):
    """What comes before it listens is lost to it; three times in vain is no helper."""
    link = HelperLink(answering(b"ok tiexin-helper 1 5 motor,led"))
    asked = []

    def request(*words):
        asked.append(words)
        if len(asked) <= silent:
            raise NoReply("nothing")
        return ["tiexin-helper", "1", "5", "motor"]

    monkeypatch.setattr(link, "request", request)
    if is_there:
        link._greet()
        assert link.has == ["motor"]
    else:
        with pytest.raises(NoReply):
            link._greet()
        assert len(asked) == silent
    link.close()
