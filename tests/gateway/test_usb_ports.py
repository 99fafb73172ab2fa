"""A modem has many ports and one place; the bridge is looked for elsewhere."""

import os
from types import SimpleNamespace

import pytest
from serial.tools import list_ports_linux

from gateway import usb_ports


def port(device, location=None, vid=1):
    """A port as pyserial lists it."""
    return SimpleNamespace(device=str(device), location=location, vid=vid)


PORTS = [
    port("/dev/ttyACM0", "1-1.1:1.0"), port("/dev/ttyS0", vid=None), port("/dev/ttyUSB0", "1-1.2:1.0"),
    port("/dev/ttyUSB1", "1-1.2:1.1"), port("/dev/ttyUSB2", "1-1.3:1.0"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("avoid", "left"),
    [("", "ACM0 USB0 USB1 USB2"), ("/dev/ttyUSB1", "ACM0 USB2"), ("/dev/gone", "ACM0 USB0 USB1 USB2")],
)
def test_all_ports_of_one_device_are_left_alone(avoid, left):
    """Only USB ports count, and one that is not there takes none away."""
    assert [one.device.removeprefix("/dev/tty") for one in usb_ports.without(PORTS, avoid)] == left.split()


def test_a_port_is_known_under_its_other_names(tmp_path):
    """/dev/serial/by-id is a link."""
    (tmp_path / "ttyUSB0").touch()
    (tmp_path / "by-id").symlink_to(tmp_path / "ttyUSB0")
    ports = [port(tmp_path / "ttyUSB0"), port(tmp_path / "ttyUSB1")]

    assert usb_ports.without(ports, str(tmp_path / "by-id")) == ports[1:]


def test_a_port_that_is_just_being_pulled_ends_nothing(monkeypatch):
    """Its name is there, its numbers are gone: pyserial raises a TypeError, the gateway looks again."""
    path = SimpleNamespace(
        basename=os.path.basename, dirname=os.path.dirname, join=os.path.join, islink=lambda _: False,
        exists=lambda _: True, realpath=lambda name: name.replace("subsystem", "usb"),
    )  # fmt: skip
    monkeypatch.setattr(list_ports_linux, "os", SimpleNamespace(path=path))
    names = SimpleNamespace(glob=lambda names: ["/dev/ttyACM99"] if "ACM" in names else [])
    monkeypatch.setattr(list_ports_linux, "glob", names)

    assert usb_ports.there("") == []
