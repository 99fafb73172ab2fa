# ruff: noqa: RUF001 - Chinese has its own punctuation
"""A modem that does what modems do: locked, searching, busy, silent, noisy, pulled out; and what is then said."""

import errno
import os
import termios
import threading
import time
from pathlib import Path

import pytest

from gateway.configuration.second_way import ModemConfig
from gateway.second_way import at_line
from gateway.second_way import modem as modem_module
from gateway.second_way.at_line import ModemFault
from gateway.second_way.modem import Modem
from hil_tests.virtual.modem import VirtualModem

NUMBER = "+8613800138000"
CHINESE = "贴心报警：疑似跌倒，吊坠 a0b1c2d3e4f5，15 秒前。平台联系不上，请立即查看。"


@pytest.fixture
def sim(tmp_path):
    """A modem that is plugged in."""
    with VirtualModem(tmp_path / "modem") as made:
        yield made


@pytest.fixture
def modem(tmp_path):
    """A builder: the gateway's side of it."""
    made = []

    def build(pin=None):
        config = ModemConfig(str(tmp_path / "modem"), 115_200, pin, (NUMBER,), "zh", (), False, False, 20)
        made.append(Modem(config, tmp_path))
        return made[-1]

    yield build
    for one in made:
        one.close()


def fault_of(attempt):
    """What a ModemFault says."""
    with pytest.raises(ModemFault) as caught:
        attempt()
    return caught.value


def test_chinese_goes_as_pdu_and_arrives_whole(sim, modem):
    """One message, and a long one in three parts."""
    sender = modem()

    assert sender.send(NUMBER, CHINESE, 1) == 1
    assert sender.send(NUMBER, CHINESE * 4, 2) == 3
    assert [(one.number, one.text, one.parts, one.mode) for one in sim.messages] == [
        (NUMBER, CHINESE, 1, "pdu"), (NUMBER, CHINESE * 4, 3, "pdu"),
    ]  # fmt: skip


def test_plain_english_goes_as_text(sim, modem):
    """And as PDU where the modem has no text mode, or the text is too long."""
    sender = modem()
    sender.send(NUMBER, "Fall confirmed.", 1)
    sender.send(NUMBER, "Fall confirmed. " * 15, 2)
    sim.has_text_mode = False
    sender.send("10086", "Fall confirmed.", 3)

    assert [(one.mode, one.parts) for one in sim.messages] == [("text", 1), ("pdu", 2), ("pdu", 1)]
    assert {one.text.split(".")[0] for one in sim.messages} == {"Fall confirmed"}


def test_the_sim_gets_its_pin(sim, modem):
    """After every start of the modem, and only then."""
    sim.pin, sim.is_unlocked = "0042", False
    sender = modem("0042")
    for _ in range(2):
        sender.send(NUMBER, CHINESE, 1)

    assert len(sim.messages) == 2
    assert sum(command.startswith("AT+CPIN=") for command in sim.commands) == 1


def test_a_wrong_pin_is_tried_once_for_ever(sim, modem, tmp_path):
    """Three would lock the SIM: not again by the next attempt, not after a restart, but when the file has changed."""
    sim.pin, sim.is_unlocked = "0042", False
    for _ in range(3):
        fault = fault_of(modem("1111").probe)
        assert fault.is_final
        assert "pin_file" in str(fault)
    assert sim.pin_tries_left == 2
    assert "1111" not in (tmp_path / modem_module.REFUSED_PIN_NAME).read_text()

    modem("0042").send(NUMBER, CHINESE, 1)
    assert len(sim.messages) == 1


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file to the service's user: run it as root")
def test_what_root_has_tried_the_service_can_read(sim, modem, tmp_path):
    """`sudo tiexin-gateway doctor` with a wrong PIN: the note belongs to whom the folder belongs."""
    os.chown(tmp_path, 12_345, 12_346)
    sim.pin, sim.is_unlocked = "0042", False
    assert "pin_file" in str(fault_of(modem("1111").probe))

    noted = (tmp_path / modem_module.REFUSED_PIN_NAME).stat()
    assert (noted.st_uid, noted.st_gid) == (12_345, 12_346)


@pytest.mark.parametrize("said", ["ERROR", "+CME ERROR: incorrect password", "+CME ERROR: 12", "+CME ERROR: 100"])
def test_a_wrong_pin_is_tried_once_in_whatever_words_it_is_refused(sim, modem, said):
    """Not every maker keeps to the number of the standard: what is no other fault of the SIM counts as a refusal."""
    sim.pin, sim.is_unlocked, sim.wrong_pin = "0042", False, said
    sender = modem("1111")
    for _ in range(4):
        assert "pin_file" in str(fault_of(sender.probe))

    assert sim.pin_tries_left == 2


def test_a_sim_that_is_busy_has_refused_nothing(sim, modem):
    """It has not looked at the PIN: the same one is tried again."""
    sim.pin, sim.is_unlocked, sim.wrong_pin = "0042", False, "+CME ERROR: 14"
    sender = modem("1111")
    assert not fault_of(sender.probe).is_final

    sim.pin = "1111"
    sender.send(NUMBER, CHINESE, 1)
    assert len(sim.messages) == 1


def test_a_modem_that_is_pulled_as_it_is_opened_is_said(modem, monkeypatch):
    """What pyserial raises there is no OSError."""

    def pulled(*_, **__):
        raise termios.error(errno.EIO, "Input/output error")

    monkeypatch.setattr(at_line.serial, "Serial", pulled)

    assert "plug the modem in" in str(fault_of(modem().probe))


def test_a_full_disk_does_not_lock_the_sim(sim, modem, monkeypatch):
    """Nobody can note that the PIN was refused: the same gateway does not try it again all the same."""

    def refuse(path, *_, **__):
        raise OSError(errno.ENOSPC, "No space left on device", str(path))

    monkeypatch.setattr(Path, "write_text", refuse)
    sim.pin, sim.is_unlocked = "0042", False
    sender = modem("1111")
    for _ in range(4):
        assert "pin_file" in str(fault_of(sender.probe))

    assert sim.pin_tries_left == 2


@pytest.mark.parametrize(
    ("trouble", "said", "is_final"),
    [
        (lambda sim: setattr(sim, "is_unlocked", False), "wants its PIN", True),
        (lambda sim: (setattr(sim, "is_unlocked", False), setattr(sim, "pin_tries_left", 0)), "SIM PUK", True),
        (lambda sim: setattr(sim, "registration", 3), "refuses the SIM", True),
        (lambda sim: setattr(sim, "registration", 2), "no network", False),
        (lambda sim: setattr(sim, "is_silent", True), "does not answer", False),
        (lambda sim: sim.refusals.append(331), "no network", False),
        (lambda sim: sim.refusals.append(42), "overloaded", False),
        (lambda sim: sim.refusals.append(50), "provider", True),
        (lambda sim: sim.refusals.append(512), "512", False),
        (lambda sim: sim.refusals.append("odd"), "odd", False),
        (lambda sim: sim.unplug(), "plug the modem in", False),
    ],
)
def test_every_fault_has_its_sentence(sim, modem, monkeypatch, trouble, said, is_final):
    """What was wrong and what to do; afterwards it works again."""
    monkeypatch.setattr(modem_module, "REGISTER_S", 0.2)
    if said == "does not answer":
        monkeypatch.setattr(at_line, "WAKE_S", 0.2)
    sender = modem()
    trouble(sim)
    fault = fault_of(lambda: sender.send(NUMBER, CHINESE, 1))

    assert said in str(fault)
    assert fault.is_final == is_final
    sim.unplug()
    sim.__init__(sim.path)
    sim.plug()
    sender.send(NUMBER, CHINESE, 2)
    assert [one.text for one in sim.messages] == [CHINESE]


def test_a_modem_on_lte_only_and_one_that_is_still_searching(sim, modem):
    """It says 0 to the old question; and a few seconds of searching are waited for."""
    sim.is_lte_only = True
    sim.registration = 2
    timer = threading.Timer(0.3, setattr, (sim, "registration", 5))
    timer.start()
    modem().send(NUMBER, CHINESE, 1)

    assert len(sim.messages) == 1


@pytest.mark.parametrize(("registration", "elsewhere"), [(1, 3), (5, 3), (6, 0), (7, 3)])
def test_a_sim_that_one_network_refuses_and_another_takes_sends(sim, modem, registration, elsewhere):
    """LTE has it, and the old network does not allow it calls; or it may send messages and nothing else."""
    sim.is_lte_only = elsewhere == 3
    sim.registration, sim.elsewhere = registration, elsewhere
    modem().send(NUMBER, CHINESE, 1)

    assert len(sim.messages) == 1


def test_chatter_is_passed_over(sim, modem):
    """Unsolicited lines and rubbish between the answers."""
    sim.noise = b"\r\nRING\r\n\xff\xfe+CREG: 1\r\n^RSSI:17\r\n"
    modem().send(NUMBER, CHINESE, 1)
    sim.say('+CMTI: "SM",3')
    modem_two = modem  # a second sender may only come when the first has let go
    assert "in use" in str(fault_of(modem_two().probe))

    assert len(sim.messages) == 1


def test_a_modem_pulled_out_while_it_sends(sim, modem):
    """The fault comes at once, not after the network's minute."""
    sim.sending_s = 30.0
    sender = modem()
    timer = threading.Timer(0.5, sim.unplug)
    timer.start()
    began_s = time.monotonic()
    assert "plug it in" in str(fault_of(lambda: sender.send(NUMBER, CHINESE, 1)))
    assert time.monotonic() - began_s < 10
    timer.join()
    assert sim.messages == []


def test_stopping_ends_a_wait_at_once(sim, modem):
    """A gateway that is told to stop does not wait for a network."""
    sim.sending_s = 30.0
    sender = modem()
    threading.Timer(0.5, sender.stop).start()
    began_s = time.monotonic()
    fault_of(lambda: sender.send(NUMBER, CHINESE, 1))

    assert time.monotonic() - began_s < 10
