"""What the retained status knows of certificates: of every way out of the house, not only the first."""

from types import SimpleNamespace

import pytest

from gateway.space import Limits
from gateway.status import Status
from tests.gateway.test_health import NOW, certified


def files(cert_file=None, ca_file=None):
    """A section of the configuration."""
    return SimpleNamespace(cert_file=cert_file, ca_file=ca_file)


def status(now_s, broker, second=None, station=None):
    """That of a gateway with these sections."""
    config = SimpleNamespace(broker=broker, second_way=SimpleNamespace(broker=second), station=station)
    clock = SimpleNamespace(unix_s=lambda: now_s)
    return Status(config=config, registry=[], store=None, clock=clock, limits=Limits(100, 10))


def test_every_certificate_is_watched(tmp_path):
    """The second broker's and the page's too: the way out for the worst hour must not end unseen."""
    days = {"cert_file": 300, "second_broker.cert_file": 12, "second_broker.ca_file": -1, "station.cert_file": 5}
    path = {name: certified(tmp_path / f"{name}.pem", left) for name, left in days.items()}
    made = status(
        NOW.timestamp(), files(path["cert_file"]),
        files(path["second_broker.cert_file"], path["second_broker.ca_file"]), files(path["station.cert_file"]),
    )  # fmt: skip

    assert made.certificates() == days


@pytest.mark.parametrize("now_s", [0, NOW.timestamp()])
def test_what_cannot_be_judged_is_left_out(tmp_path, now_s):
    """No time, no file, no section; the page that shows [broker]'s own names it once."""
    own = certified(tmp_path / "own.pem", 30)
    made = status(now_s, files(own, tmp_path / "gone.pem"), station=files(own))

    assert made.certificates() == ({"cert_file": 30} if now_s else {})
