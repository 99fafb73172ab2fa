"""Why the platform cannot be reached, told apart: each of these is really so."""

import pytest

from gateway.clock import Clock
from gateway.configuration.broker import BrokerConfig
from gateway.doctor import broker
from gateway.topics import Topics
from tests.gateway.rig import broker as a_broker
from tests.gateway.test_mqtt_session import Authority
from tools.home.broker import free_port

CLOCK = Clock(is_trusted=lambda: True)
TOPICS = Topics("tiexin", "home", "gw")


def found(port, *, host="127.0.0.1", login=(None, None), ca=None, pair=(None, None), version="auto", clock=CLOCK):
    """What the doctor finds there."""
    config = BrokerConfig(host, port, *login, ca is not None, ca, *pair, version, 20)
    findings = list(broker.look("broker", config, TOPICS, clock))
    for language in ("zh", "en"):
        assert all(host in finding.text(language) for finding in findings)
    return findings[-1]


def test_a_name_without_an_address():
    """With the key to correct."""
    finding = found(1883, host="no-such-host.invalid")

    assert finding.code == "broker_no_name"
    assert "[broker] host" in finding.text("en")


def test_nobody_listens():
    """A closed port is not a way that is cut."""
    assert found(free_port()).code == "broker_closed"


@pytest.mark.parametrize(
    ("how", "code", "words"),
    [
        ({"days": (-30, -3)}, "tls_expired", "expired on 20"),
        ({"days": (3, 30)}, "tls_not_yet", "is valid from 20"),
        ({"address": "192.0.2.7"}, "tls_wrong_name", "is for 192.0.2.7"),
    ],
)
def test_a_certificate_that_is_not_valid(tmp_path, listener, how, code, words):
    """Expired, not yet, for another name: with the date or the name."""
    authority = Authority(tmp_path, "authority")
    finding = found(listener(certificate=authority.issue("platform", **how)), ca=authority.file)

    assert finding.code == code
    assert words in finding.text("en")


def test_the_clock_is_wrong_not_the_certificate(tmp_path, listener):
    """A machine that does not know the time shall not blame the platform."""
    authority = Authority(tmp_path, "authority")
    port = listener(certificate=authority.issue("platform", days=(3, 30)))

    assert found(port, ca=authority.file, clock=Clock(is_trusted=lambda: False)).code == "tls_clock"


def test_somebody_else_has_issued_it(tmp_path, listener):
    """A platform, or somebody in between, that our ca_file does not vouch for."""
    theirs, ours = Authority(tmp_path, "theirs"), Authority(tmp_path, "ours")

    assert found(listener(certificate=theirs.issue("platform")), ca=ours.file).code == "tls_wrong_ca"


def test_the_platform_does_not_take_our_certificate(tmp_path, listener):
    """None shown, or another authority's."""
    authority, other = Authority(tmp_path, "authority"), Authority(tmp_path, "other")
    port = listener(certificate=authority.issue("platform"), authority=authority.file)

    assert found(port, ca=authority.file).code == "tls_wants_ours"
    assert found(port, ca=authority.file, pair=other.issue("gateway")).code == "tls_wants_ours"


def test_tls_where_none_is_spoken(tmp_path, listener):
    """A plain port that answers, and one that hangs up."""
    authority = Authority(tmp_path, "authority")

    assert found(listener(lambda line: line.sendall(b"\x20\x02\x00\x00")), ca=authority.file).code == "broker_no_tls"
    assert found(listener(lambda line: line.close()), ca=authority.file).code == "broker_no_tls"


def test_a_certificate_that_is_good_for_days_only(tmp_path, mosquitto):
    """All is well today; the platform shall hear of it before the day."""
    authority = Authority(tmp_path, "authority")
    certificate, key = authority.issue("platform", days=(-1, 12.5))
    port = mosquitto(f"allow_anonymous true\ncertfile {certificate}\nkeyfile {key}")
    finding = found(port, ca=authority.file)

    assert (finding.code, finding.level) == ("tls_soon", "note")
    assert "12 more days" in finding.text("en")


def test_what_is_no_broker(listener):
    """Something that hangs up, something that says nothing."""
    assert found(listener(lambda line: line.recv(1)), version="3.1.1").code == "broker_needs_tls"


def test_a_refused_login(tmp_path):
    """The user's name is said, the password never."""
    made = a_broker(tmp_path, login={"gateway": "right"})
    made.start()
    finding = found(made.port, login=("gateway", "secret-and-wrong"))
    good = found(made.port, login=("gateway", "right"))
    made.stop()

    assert finding.code in {"broker_refused", "broker_hangs_up"}
    assert "secret-and-wrong" not in finding.text("en") + finding.text("zh")
    assert good.code == "broker_well_all"


def test_rights_that_are_missing(tmp_path, mosquitto):
    """A login that is taken and may not speak, or may not listen, as MQTT 5 tells it."""
    acl = tmp_path / "acl"
    acl.write_text("topic read tiexin/home/gw/command\n")
    acl.chmod(0o600)
    finding = found(mosquitto(f"allow_anonymous true\nacl_file {acl}"), version="5")
    assert finding.code == "broker_no_publish"
    assert "tiexin/home/gw/#" in finding.text("en")
    assert found(mosquitto("allow_anonymous true")).code == "broker_well_all"

    assert found(mosquitto("allow_anonymous false"), version="5").code == "broker_refused"
