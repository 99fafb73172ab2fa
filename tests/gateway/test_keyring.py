"""A key on its way from "to come" to "in force", and a pendant that is no longer ours."""

import sqlite3

from gateway import keys, orders
from gateway.keyring import REVOKED_HEARD
from gateway.record import EVENT
from gateway.registry import Registry
from shared import frames, words
from shared.ccm import Ccm
from tests.gateway.rig import KEY, FakePendant
from tests.gateway.test_custody import run

NOW_S = 1_795_348_800


def downlinks(pendant, sent):
    """(kind, body) of what the gateway has sent, under the key the pendant has now; None where it does not open."""
    found = []
    for air in sent:
        header = frames.read_header(air)
        try:
            body = frames.open_frame(air, Ccm(frames.downlink_key(pendant.key, header.gateway)))
            found.append((header.kind, body))
        except frames.FrameError:
            found.append(None)
    return found


async def begin(home, pendant, verb=words.ROTATE_KEY, argument=b""):
    """The platform wants it."""
    return await home.keyring.order(pendant.id, verb, argument, NOW_S, lambda db, number: None)


def newly_keyed(pendant, key):
    """The same pendant after the rotation."""
    renewed = FakePendant(pendant.id, key, pendant.boot)
    renewed.counter, renewed.seq = pendant.counter, pendant.seq
    return renewed


def done(pendant, number, status=words.DONE):
    """A frame that reports a command done."""
    return pendant.event(words.COMMAND_DONE, arg=status, ref=frames.command_ref(number))


def key_on_file(home):
    """(key, next key) as a restarted gateway reads them."""
    registry = Registry(home.registry._path)
    registry.refresh()
    (pendant,) = registry
    return pendant.key, pendant.next_key


def test_a_command_goes_out_behind_each_acknowledgement_until_it_is_done(tmp_path):
    """In every listening window; its number follows the date; done, it is forgotten in memory and on disk."""
    pendant = FakePendant()

    async def body(home):
        number = await begin(home, pendant, words.CONFIGURE, b'{"beat_s":60}')
        assert number == NOW_S
        for _ in range(2):
            home.custody.heard(-50, pendant.beat())
            await home.store.settled()
            ack, command = downlinks(pendant, home.sent)[-2:]
            assert frames.unpack_ack(ack[1]).more == 1
            assert frames.unpack_command(command[1]) == frames.Command(number, words.CONFIGURE, b'{"beat_s":60}')
        home.custody.heard(-50, done(pendant, number))
        await home.store.settled()
        home.custody.heard(-50, pendant.beat())
        await home.store.settled()

        assert downlinks(pendant, home.sent)[-1][0] == words.ACK
        assert await home.store.read(orders.orders) == []
        assert await begin(home, pendant, words.LOCATE) == NOW_S + 1

    run(body, tmp_path, [pendant])


def test_what_a_pendant_has_done_is_told_once_and_what_it_refuses_is_not(tmp_path):
    """With the order as it was given: whoever watches its beats must know by which interval it lives now."""
    pendant, told = FakePendant(), []

    async def body(home):
        home.keyring.on_done = told.append
        refused = await begin(home, pendant, words.CONFIGURE, b'{"beat_s":30}')
        home.custody.heard(-50, done(pendant, refused, words.REFUSED))
        await home.store.settled()
        assert told == []
        number = await begin(home, pendant, words.CONFIGURE, b'{"beat_s":60}')
        for _ in range(2):
            home.custody.heard(-50, done(pendant, number))
            await home.store.settled()

        assert told == [orders.Order(pendant.id, number, words.CONFIGURE, b'{"beat_s":60}')]

    run(body, tmp_path, [pendant])


def test_a_key_is_rotated_without_a_gap(tmp_path):
    """Old frames open until the first new one; then only new ones do, here and after a restart."""
    pendant = FakePendant()

    async def body(home):
        number = await begin(home, pendant)
        home.custody.heard(-50, pendant.beat())
        await home.store.settled()
        command = frames.unpack_command(downlinks(pendant, home.sent)[-1][1])
        assert (command.number, command.verb) == (number, words.ROTATE_KEY)
        assert key_on_file(home) == (KEY, command.argument)  # before it was sent
        home.custody.heard(-50, pendant.event(words.FALL_SUSPECTED))  # it has not heard it
        await home.store.settled()
        assert frames.unpack_ack(downlinks(pendant, home.sent)[-2][1]).status == words.STORED

        renewed = newly_keyed(pendant, command.argument)
        home.custody.heard(-50, done(renewed, number))
        await home.store.settled()
        await home.keyring.settled()
        assert downlinks(renewed, home.sent)[-1][0] == words.ACK  # under the new key, and nothing behind it
        assert key_on_file(home) == (command.argument, None)
        pendant.counter = renewed.counter
        home.custody.heard(-50, pendant.beat())
        assert home.custody.counts["altered"] == 1
        assert await home.store.read(orders.orders) == []

    run(body, tmp_path, [pendant])


def test_a_gateway_that_dies_in_the_middle_still_opens_both(tmp_path):
    """The key to come is on disk before it is sent; the order too."""
    pendant = FakePendant()
    sent = {}

    async def before(home):
        sent["number"] = await begin(home, pendant)
        home.custody.heard(-50, pendant.beat())
        await home.store.settled()
        sent["command"] = frames.unpack_command(downlinks(pendant, home.sent)[-1][1])

    async def after(home):
        keys.begin_rotation(home.registry._path, pendant.id, KEY, sent["command"].argument)  # as it stood on disk
        home.registry.refresh()
        home.orders.put((await home.store.read(orders.orders))[0])
        home.custody.heard(-50, done(newly_keyed(pendant, sent["command"].argument), sent["number"]))
        await home.store.settled()
        await home.keyring.settled()
        assert key_on_file(home) == (sent["command"].argument, None)

    run(before, tmp_path, [pendant])
    run(after, tmp_path, [pendant])


def test_a_refused_key_is_dropped(tmp_path):
    """The pendant's flash would not take it: both go on as before."""
    pendant = FakePendant()

    async def body(home):
        number = await begin(home, pendant)
        home.custody.heard(-50, done(pendant, number, words.REFUSED))
        await home.store.settled()
        await home.keyring.settled()

        assert key_on_file(home) == (KEY, None)
        assert home.registry.get(pendant.id).next_key is None
        await begin(home, pendant)  # and may be tried again

    run(body, tmp_path, [pendant])


def test_a_revoked_pendant_is_reported_once_and_not_served(tmp_path):
    """No acknowledgement, nothing stored in its name; one event says that somebody is using it."""
    pendant = FakePendant()

    async def body(home):
        await begin(home, pendant, words.LOCATE)
        await home.keyring.revoke(pendant.id)
        for _ in range(3):
            home.custody.heard(-61, pendant.event(words.HELP_REQUESTED))
            await home.store.settled()
        await home.store.settled()
        stored = await home.store.claim(EVENT, 0, 9)

        assert home.sent == []
        assert home.custody.counts["revoked"] == 3
        assert len(stored) == 1
        assert REVOKED_HEARD.encode() in stored[0].body
        assert pendant.id.hex().encode() in stored[0].body
        assert await home.store.read(orders.orders) == []

    run(body, tmp_path, [pendant])


def test_a_revoked_pendant_that_finds_no_room_to_be_told_is_told_at_its_next_frame(tmp_path):
    """A store that is full but for alarms: that a stranger uses it must not stay unknown."""
    pendant = FakePendant()

    async def body(home):
        async def hear():
            home.custody.heard(-61, pendant.event(words.HELP_REQUESTED))
            for _ in range(2):
                await home.store.settled()
            return len(await home.store.claim(EVENT, 0, 9))

        await home.keyring.revoke(pendant.id)
        has_room = home.store.room.make
        home.store.room.make = lambda db: [True, False, False]
        assert await hear() == 0
        home.store.room.make = has_room
        assert [await hear(), await hear()] == [1, 1]

    run(body, tmp_path, [pendant])


def test_who_only_uses_the_name_of_a_revoked_pendant_is_not_reported(tmp_path):
    """Without its key anybody could fill the platform with reports."""
    pendant = FakePendant()

    async def body(home):
        await home.keyring.revoke(pendant.id)
        home.custody.heard(-61, FakePendant(pendant.id, bytes(16)).event(words.HELP_REQUESTED))

        assert home.custody.counts["altered"] == 1
        assert home.custody.counts["revoked"] == 0

    run(body, tmp_path, [pendant])


def test_it_is_reported_once_also_over_a_restart(tmp_path):
    """What was reported is remembered on disk, until it is revoked anew."""
    db = sqlite3.connect(":memory:")
    db.executescript(orders.SCHEMA)

    assert not orders.is_reported(db, b"p")
    orders.note_reported(db, b"p")
    orders.note_reported(db, b"p")
    assert orders.is_reported(db, b"p")
    orders.forget_reported(db, b"p")
    assert not orders.is_reported(db, b"p")


def test_numbers_only_grow():
    """Whatever the clock does: a pendant refuses an older number than its last."""
    db = sqlite3.connect(":memory:")
    db.executescript(orders.SCHEMA)

    assert [orders.take_number(db, unix_s) for unix_s in (100, 100, 50, 200)] == [100, 101, 102, 200]
