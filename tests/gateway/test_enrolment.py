"""A pendant comes over MQTT: from a desk that is trusted, once, and never an older one after a newer."""

import asyncio
import json

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gateway import enrol as enrolling
from gateway import errors, sealed_record, tables
from gateway.clock import Clock
from gateway.enrolment import AHEAD_MOST_S, ENROLLED, KEY_NAME, Enrolment, own_key, read_desks
from gateway.errors import CommandRefused, NotNow, SetUpError
from gateway.own import OwnEvents
from gateway.record import EVENT
from gateway.registry import Registry
from gateway.sealed_boxes import GOOD_FOR_S
from gateway.sealed_record import seal
from gateway.tables import Identity
from tests.gateway.helpers import opened

NOW_S = 1_795_348_800
DESK = Ed25519PrivateKey.from_private_bytes(bytes(32))
ID, KEY = "0200000000a1", "5a" * 16
RECORD = {"format": 1, "id": ID, "key": KEY, "role": "pendant", "boot": 100, "when": "2026-11-22T10:00:00Z"}


@pytest.fixture
def place(tmp_path):
    """A folder with an empty list of pendants and one trusted desk."""
    (tmp_path / "pendants.jsonl").write_text("")
    (tmp_path / "pendants.jsonl").chmod(0o600)
    (tmp_path / "desks.txt").write_text(f"# desks\n{DESK.public_key().public_bytes_raw().hex()} the desk\n")
    (tmp_path / "desks.txt").chmod(0o644)  # whatever the umask of who runs this
    return tmp_path


def sealed(place, sealed_s=NOW_S, desk=DESK, **changes):
    """A record for this gateway."""
    key = own_key(place).public_key().public_bytes_raw()
    return seal({**RECORD, **changes}, key, desk, sealed_s)


def enrol(place, *boxes, pendant=ID, has_desks=True, now_s=NOW_S):
    """Try to enrol from these boxes, one after another; (outcomes, own events, the registry)."""

    async def run():
        outcomes = []
        known = Registry(place / "pendants.jsonl")
        known.refresh()
        async with opened(place / "store.db") as store:
            clock = Clock(is_trusted=lambda: True, wall_s=lambda: float(now_s), stamp_s=lambda: 10.0)
            identity = await store.do(lambda db: Identity(*db.execute("SELECT id, boot FROM self").fetchone(), 1, True))
            enrolment = Enrolment(
                data_dir=place, desks_file=place / "desks.txt" if has_desks else None,
                pendants_file=place / "pendants.jsonl", registry=known, store=store,
                own=OwnEvents(store, identity, lambda: 5), clock=clock,
            )  # fmt: skip
            await enrolment.prepare()
            for number, box in enumerate(boxes):
                try:
                    outcomes.append(await enrolment.do(f"c{number}", pendant, box))
                except CommandRefused as fault:
                    outcomes.append(fault)
                else:
                    kept = await store.read(lambda db, number=number: tables.reply_to(db, f"c{number}"))
                    assert json.loads(kept) == outcomes[-1]
            told = [json.loads(record.body) for record in await store.claim(EVENT, 0, 99)]
        return outcomes, told, known

    return asyncio.run(run())


def test_a_pendant_is_enrolled(place):
    """It is known at once; everybody is told; no key is in the telling nor in the reply."""
    (reply,), told, known = enrol(place, sealed(place))

    assert reply == {"id": "c0", "status": "done", "result": "new", "desk": "the desk"}
    assert known.get(bytes.fromhex(ID)).key.hex() == KEY
    (event,) = [one for one in told if one["type"] == ENROLLED]
    assert (event["subject"], event["data"]) == (ID, {"result": "new", "desk": "the desk"})


def test_a_box_is_taken_once(place):
    """Also after a restart, and after the pendant was revoked: a recorded one brings nobody back."""
    box = sealed(place)
    (_, again), _, _ = enrol(place, box, box)
    assert again.reason == errors.TAKEN_BEFORE
    (place / "pendants.jsonl").write_text(json.dumps({"id": ID, "key": KEY, "revoked": True}) + "\n")
    (later,), _, known = enrol(place, box)

    assert later.reason == errors.TAKEN_BEFORE
    assert known.get(bytes.fromhex(ID)).is_revoked


def test_an_older_box_does_not_undo_a_newer(place):
    """Held back by somebody and sent after the newer one: refused; the newer key stays."""
    old, new = sealed(place, NOW_S - 60), sealed(place, NOW_S - 30, key="6b" * 16, when="2026-11-22T11:00:00Z")
    (_, late), _, known = enrol(place, new, old)

    assert late.reason == errors.TAKEN_BEFORE
    assert known.get(bytes.fromhex(ID)).key.hex() == "6b" * 16


def test_an_earlier_flash_does_not_undo_one_that_came_by_hand(place):
    """The list has a later flash of that board, enrolled at the gateway itself."""
    newer = {"id": ID, "key": "6b" * 16, "when": "2026-11-22T11:00:00Z"}
    (place / "pendants.jsonl").write_text(json.dumps(newer) + "\n")
    (late,), _, known = enrol(place, sealed(place))

    assert late.reason == enrolling.EARLIER_FLASH
    assert known.get(bytes.fromhex(ID)).key.hex() == "6b" * 16


@pytest.mark.parametrize("sealed_s", [NOW_S - GOOD_FOR_S, NOW_S + AHEAD_MOST_S])
def test_a_box_is_good_for_a_week(place, sealed_s):
    """One second inside it is taken, at the edge it is not."""
    inside = sealed_s + (1 if sealed_s < NOW_S else -1)
    (late, good), _, _ = enrol(place, sealed(place, sealed_s), sealed(place, inside))

    assert late.reason == errors.TOO_OLD
    assert good["status"] == "done"


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"role": "bridge"}, enrolling.NO_PENDANT),
        ({"key": "xx"}, enrolling.WRONG_FIELD),
        ({"format": 2}, enrolling.OTHER_VERSION),
        ({"boot": "x"}, enrolling.WRONG_FIELD),
        ({"id": "0200000000a2"}, errors.OTHER_PENDANT),
    ],
)
def test_what_is_inside_is_checked(place, changes, why):
    """As a file would be."""
    (refused,), told, known = enrol(place, sealed(place, **changes))

    assert refused.reason == why
    assert not told
    assert len(known) == 0


def test_without_desks_nobody_enrols(place):
    """It is off until an installer names a desk; and a desk that is not named cannot."""
    (off,), _, _ = enrol(place, sealed(place), has_desks=False)
    (thief,), _, _ = enrol(place, sealed(place, desk=Ed25519PrivateKey.from_private_bytes(b"\1" * 32)))

    assert (off.reason, thief.reason) == (errors.NO_DESKS, sealed_record.STRANGE_DESK)
    assert "[pendants] desks" in str(off)  # what to do about it


def test_without_the_time_it_waits(place):
    """Who cannot say how old a box is takes none, for now."""
    (refused,), _, _ = enrol(place, sealed(place), now_s=0)

    assert isinstance(refused, NotNow)
    assert refused.reason == errors.NO_TIME


def test_the_key_is_made_once_and_is_nobody_s_business(tmp_path):
    """The same at each start, readable by its owner only; a damaged one is said in a sentence."""
    made = own_key(tmp_path / "data")

    assert own_key(tmp_path / "data").private_bytes_raw() == made.private_bytes_raw()
    path = tmp_path / "data" / KEY_NAME
    assert path.stat().st_mode & 0o077 == 0
    path.write_text("zz")
    with pytest.raises(SetUpError, match="is no key"):
        own_key(tmp_path / "data")
    path.chmod(0o644)
    with pytest.raises(SetUpError, match="chmod 600"):
        own_key(tmp_path / "data")


@pytest.mark.parametrize(("text", "said"), [("5a 1", "line 1"), ("#\nzz", "line 2"), ("\xff", "line 1")])
def test_a_wrong_line_among_the_desks_is_named(tmp_path, text, said):
    """File and line."""
    path = tmp_path / "desks.txt"
    path.write_text(text)
    path.chmod(0o644)  # whatever the umask of who runs this

    with pytest.raises(SetUpError, match=said):
        read_desks(path)


def test_a_desk_is_found_below_any_number_of_remarks(place):
    """None is left out without a word; more desks than a gateway should trust are refused."""
    path = place / "desks.txt"
    desk = path.read_text()
    path.write_text("\ufeff" + desk)  # an editor's mark
    assert list(read_desks(path).values()) == ["the desk"]
    path.write_text("# one that has left\n" * 2_000 + desk)
    assert list(read_desks(path).values()) == ["the desk"]

    path.write_text(
        "\n".join(
            f"{Ed25519PrivateKey.from_private_bytes(n.to_bytes(32)).public_key().public_bytes_raw().hex()}"
            for n in range(101)
        )
    )
    with pytest.raises(SetUpError, match="more than 100 desks"):
        read_desks(path)


def test_a_list_of_desks_that_others_may_write_is_none(place):
    """Who may write it may enrol."""
    (place / "desks.txt").chmod(0o666)

    with pytest.raises(SetUpError, match="chmod 644"):
        enrol(place, sealed(place))
