"""What a board believes about itself."""

import json

import pytest

from firmware import identity

_GOOD = {
    "id": "a4cf12000001",
    "key": "000102030405060708090a0b0c0d0e0f",
    "site": "home",
    "role": "pendant",
    "board": "xiao_c3",
    "channel": 6,
    "language": "zh",
}


def written(tmp_path, fields):
    """The path of an identity file with these fields."""
    path = tmp_path / "identity.json"
    path.write_text(json.dumps(fields))
    return str(path)


def test_an_identity_is_read(tmp_path):
    """Hex becomes bytes."""
    me = identity.load(written(tmp_path, _GOOD))

    assert (me.id, me.key) == (bytes.fromhex(_GOOD["id"]), bytes(range(16)))
    assert (me.role, me.board, me.channel) == ("pendant", "xiao_c3", 6)


def test_a_bridge_has_no_key(tmp_path):
    """It keeps no secrets."""
    me = identity.load(written(tmp_path, {**_GOOD, "role": "bridge", "key": ""}))

    assert me.key == b""


@pytest.mark.parametrize(
    "change",
    [{"id": "a4"}, {"id": "zz" * 6}, {"key": ""}, {"role": "toaster"}, {"channel": 0}, {"channel": "6"}, {"key": None}],
)
def test_a_spoilt_identity_names_the_remedy(tmp_path, change):
    """One sentence, and what to do."""
    with pytest.raises(identity.IdentityError, match="flash this board again"):
        identity.load(written(tmp_path, {**_GOOD, **change}))


def test_a_missing_identity_names_the_remedy(tmp_path):
    """A bare board says so."""
    with pytest.raises(identity.IdentityError, match="is not there: flash this board again"):
        identity.load(str(tmp_path / "identity.json"))
