"""What a pendant believes: the newest word of a gateway that holds its key, each word once."""

import pytest

from firmware.config import Settings
from firmware.identity import Identity
from firmware.pendant.channels import Channels
from firmware.pendant.link import Link
from firmware.pendant.memory import Memory
from firmware.pendant.outbox import ALARM_LANE, Parcel
from shared import frames, gateway_frames, words
from shared.ccm import Ccm

ID, KEY = bytes.fromhex("a4cf12000001"), bytes(range(16))


class Radio:
    channel = 6
    is_scanning = False

    def on(self):
        """It is on."""

    def send(self, frame):
        """It is heard."""
        return True


class Gateway:
    """Seals what it says under numbers that grow."""

    def __init__(self, name, key=KEY):
        self.id = name
        self._cipher = Ccm(frames.downlink_key(key, name))
        self._counter = 0

    def ack(self, seq=1, pendant=ID):
        """An acknowledgement."""
        self._counter += 1
        body = gateway_frames.pack_ack(frames.Ack(1, seq, words.STORED, 0, 0))
        return frames.seal(words.ACK, pendant, 1, self._counter, body, self._cipher, self.id)


def link(memory=None):
    """A pendant's link, over a memory that may have slept."""
    memory = memory or Memory()
    memory.boot = memory.boot or 1
    me = Identity({"role": "pendant", "board": "fake", "id": ID.hex(), "key": KEY.hex(), "channel": 6})
    return Link(me, memory, Radio(), Settings(), lambda: None)


def test_each_word_is_believed_once():
    """A replay, and whatever is older than what was heard, is refused and counted."""
    one, gateway = link(), Gateway(b"gw0001")
    older, newer = gateway.ack(1), gateway.ack(2)

    assert one.heard(-50, newer, 0)[1].seq == 2
    assert one.heard(-50, newer, 0) is None
    assert one.heard(-50, older, 0) is None
    assert one.rejected == 2


@pytest.mark.parametrize("number", [1, 3])
def test_a_replay_is_refused_after_deep_sleep_too(number):
    """Of each of the three gateways heard last: "somebody is coming" must not comfort anybody twice."""
    one = link()
    gateways = [Gateway(b"gw000%d" % index) for index in range(number)]
    heard = [gateway.ack() for gateway in gateways]
    for frame in heard:
        assert one.heard(-50, frame, 0)
    woken = link(Memory(one._memory.pack()))

    assert [woken.heard(-50, frame, 0) for frame in heard] == [None] * number
    assert all(woken.heard(-50, gateway.ack(2), 0) for gateway in gateways)


def test_a_forger_cannot_push_a_gateway_out():
    """Only a seal that has held is remembered."""
    one, gateway = link(), Gateway(b"gw0001")
    first = gateway.ack()
    assert one.heard(-50, first, 0)
    for number in range(50):
        assert one.heard(-50, Gateway(b"fake%02d" % number, bytes(16)).ack(), 0) is None

    assert one.heard(-50, first, 0) is None
    assert one.rejected == 51


def test_a_street_of_gateways_costs_no_memory():
    """The eight heard last are remembered, and their replays refused; a key schedule each is a kilobyte of a board."""
    one = link()
    for number in range(30):
        last = Gateway(b"gw%04d" % number).ack()
        assert one.heard(-50, last, 0)

    assert len(one._gateways) == 8
    assert one.heard(-50, last, 0) is None


def test_another_pendants_acknowledgement_is_noticed_and_not_believed():
    """It shows that the channel is served; it says nothing about our alarm."""
    one = link()
    one.send(Parcel(ALARM_LANE, words.ALARM, lambda parcel: bytes(21), None, 0), 0, one._radio)
    assert one.heard(-50, Gateway(b"gw0001").ack(pendant=b"others"), 0) is None

    assert one.overheard
    assert one.rejected == 0
    assert [one.stay(0) for _ in range(2)] == [True, False]


def test_after_a_new_key_old_words_do_not_open():
    """Replay numbers begin anew with it."""
    one, gateway = link(), Gateway(b"gw0001")
    first = gateway.ack()
    assert one.heard(-50, first, 0)
    one.change_key(bytes(16))

    assert one.heard(-50, gateway.ack(), 0) is None
    assert one.heard(-50, Gateway(b"gw0001", bytes(16)).ack(), 0)


def test_a_channel_that_the_radio_refuses_is_not_remembered_as_the_gateways():
    """Who answers has heard us where we were, not where we wished to be."""
    memory = Memory()
    one = link(memory)
    channels = Channels(6, memory)
    channels.channel = 13
    one._radio.tune = lambda _channel: None
    one.send(Parcel(ALARM_LANE, words.ALARM, lambda _parcel: b"", None, 0), 0, channels)
    channels.heard()

    assert (channels.channel, memory.channel) == (6, 6)
