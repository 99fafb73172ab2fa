"""[station] of the one TOML file: no page where it is missing, and no page in the clear on a network."""

from zoneinfo import ZoneInfo

import pytest

from gateway.config import load
from gateway.errors import SetUpError
from tests.gateway.station.test_users import CONFIG


def loaded(directory, station):
    """The configuration with that section."""
    path = directory / "gateway.toml"
    path.write_text(CONFIG.replace("[station]\n", station))
    return load(path).station


def test_without_the_section_there_is_no_page(tmp_path):
    """Nothing listens that nobody asked for."""
    assert loaded(tmp_path, "") is None


def test_the_defaults_are_local(tmp_path):
    """Only this machine can reach it, in the zone and the language of the house."""
    station = loaded(tmp_path, "[station]\n")

    assert station.address == "http://127.0.0.1:8398/"
    assert (station.zone, station.language) == (ZoneInfo("Asia/Shanghai"), "zh")
    assert station.users_file == tmp_path / "data" / "users.jsonl"
    assert not station.is_secure


def test_tls_with_the_gateways_certificate(tmp_path):
    """`tls = true` takes the one of [broker], or files of its own."""
    for name in ("cert.pem", "key.pem"):
        (tmp_path / name).touch(0o600)
    own = 'tls = true\ncert_file = "cert.pem"\nkey_file = "key.pem"\n'
    of_broker = CONFIG.replace('127.0.0.1"\n', f'127.0.0.1"\n{own}')
    of_broker = of_broker.replace("[station]", '[station]\nhost = "0.0.0.0"\ntls = true')
    path = tmp_path / "gateway.toml"
    path.write_text(of_broker)

    assert load(path).station.cert_file == tmp_path / "cert.pem"
    assert load(path).station.address == "https://0.0.0.0:8398/"
    assert loaded(tmp_path, f"[station]\n{own}").has_tls


@pytest.mark.parametrize(
    ("station", "words"),
    [
        ('[station]\nhost = "0.0.0.0"\n', "line 11: .station. host: passwords would cross the network in the clear"),
        ("[station]\ntls = true\n", "there is no certificate"),
        ('[station]\nzone = "Shanghai"\n', "is not a time zone"),
        ('[station]\nzone = "../etc"\n', "is not a time zone"),
        ('[station]\nlanguage = "de"\n', 'must be one of "zh", "en"'),
        ("[station]\nport = 0\n", "whole number"),
        ("[station]\nprot = 1\n", "is not known"),
    ],
)
def test_each_fault_is_one_sentence(tmp_path, station, words):
    """Line, what is wrong, what to do."""
    with pytest.raises(SetUpError, match=words):
        loaded(tmp_path, station)


def test_behind_a_proxy_it_may_listen_in_the_clear(tmp_path):
    """The proxy speaks TLS; cookies are secure all the same."""
    assert loaded(tmp_path, '[station]\nhost = "0.0.0.0"\nbehind_proxy = true\n').is_secure
