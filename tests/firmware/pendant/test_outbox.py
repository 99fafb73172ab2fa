"""What is sent next, and when again."""

import pytest

from firmware.pendant.journal import Entry
from firmware.pendant.outbox import ALARM_LANE, BEAT_LANE, POLL_LANE, Outbox, Parcel, event_body, event_parcel
from shared import gateway_frames, words
from shared.compat import ticks_add, ticks_diff

_WRAP = (1 << 30) - 50


def outbox(random=lambda: 0):
    """Ladders of three and two steps; no dice."""
    return Outbox((40, 80, 160), (100, 500), 3, random)


def event(seq, code=words.HELP_REQUESTED, now_ms=0, born_ms=0):
    """An event on its way."""
    return event_parcel(Entry(1, seq, code, 0, 0, (0, 0), 1, born_ms), None, now_ms)


def beat(now_ms=0):
    """A beat on its way."""
    return Parcel(BEAT_LANE, words.BEAT, lambda parcel: b"", None, now_ms)


def test_an_alarm_goes_before_everything():
    """Then events, the beat, the poll."""
    one = outbox()
    poll = Parcel(POLL_LANE, words.POLL, lambda parcel: b"", None, 0)
    parcels = [poll, beat(), event(1, words.STARTED), event(2)]
    for parcel in parcels:
        one.add(parcel)
    order = []
    while due := one.due(0):
        order.append(due)
        one.drop(due)

    assert order == parcels[::-1]


def test_a_new_beat_takes_the_place_of_the_old_one():
    """Two hours without a gateway leave one beat to send, not twenty-four."""
    one = outbox()
    one.add(beat())
    latest = beat()
    one.add(latest)

    assert (len(one), one.due(0)) == (1, latest)


def test_a_beat_is_tried_three_times_and_a_poll_once():
    """The next one replaces it; nobody waits."""
    one = outbox()
    parcel = beat()
    one.add(parcel)
    for _ in range(3):
        one.sent(parcel)
        one.missed(parcel, 0)

    assert len(one) == 0


@pytest.mark.parametrize("start", [0, _WRAP])
def test_an_events_waits_grow_and_the_last_one_repeats(start):
    """Without dice they are the ladder; also when the ticks wrap in the middle."""
    one = outbox()
    parcel = event(1, words.STARTED, start)
    one.add(parcel)
    waits = []
    now_ms = start
    for _ in range(4):
        one.sent(parcel)
        one.missed(parcel, now_ms)
        assert one.due(now_ms) is None
        waits.append(one.next_ms(now_ms))
        now_ms = ticks_add(now_ms, waits[-1])
        assert one.due(now_ms) is parcel

    assert waits == [100, 500, 500, 500]
    assert ticks_diff(now_ms, start) == 1_600


def test_the_dice_shorten_a_wait_by_half_at_most():
    """Two pendants that collided once do not collide again; nobody waits longer than the ladder says."""
    one = outbox(lambda: 255)
    parcel = event(1, words.STARTED)
    one.add(parcel)
    one.sent(parcel)
    one.missed(parcel, 0)

    assert 50 <= one.next_ms(0) < 100


def test_a_sign_of_life_ends_every_wait():
    """What failed before is due at once."""
    one = outbox()
    failed = event(1, words.STARTED)
    one.add(failed)
    one.sent(failed)
    one.missed(failed, 0)
    one.gateway_lives(10)

    assert one.due(10) is failed


def test_acknowledged_is_owed_no_longer():
    """By its own name, and nothing else's."""
    one = outbox()
    parcel = event(1)
    one.add(parcel)

    assert one.acknowledged(1, 2) is None
    assert one.parcel_of((1, 1))
    assert one.acknowledged(1, 1) is parcel
    assert not one.parcel_of((1, 1))
    assert one.next_ms(0) == -1


def test_a_new_alarm_always_finds_room():
    """An event gives way first, then the alarm that was tried most; what gives way is on flash, not lost."""
    one = outbox()
    for seq in range(1, 6):
        one.add(event(seq))
    one.add(event(6, words.STARTED))
    assert (one.events, one.has_room) == (6, False)
    one.make_room()
    assert not one.parcel_of((1, 6))
    one.add(event(9))
    tried = next(parcel for parcel in iter(lambda: one.due(0), None) if parcel.entry)
    one.sent(tried)
    one.make_room()

    assert not one.parcel_of(tried.entry.id)
    assert one.events == 5


def test_it_knows_since_when_an_alarm_fails():
    """Only what was tried counts, and only alarms; of an earlier epoch nothing better than nought is known."""
    one = outbox()
    first, second = event(1, born_ms=500), event(2, born_ms=900)
    for parcel in (second, first, event(3, words.STARTED, born_ms=100)):
        one.add(parcel)
    assert one.oldest_alarm_born_ms(1) == -1
    one.sent(second)
    assert one.oldest_alarm_born_ms(1) == 900
    one.sent(first)
    assert one.oldest_alarm_born_ms(1) == 500
    assert one.oldest_alarm_born_ms(2) == 0


def test_a_body_is_made_anew_for_each_transmission():
    """Age and attempt are as of now."""
    parcel = event_parcel(Entry(1, 7, words.HELP_REQUESTED, 3_000, 2, (1, 3), 1, 0), None, 0)
    parcel.attempt = 1
    first = gateway_frames.unpack_event(event_body(parcel, 5))
    parcel.attempt = 2
    second = gateway_frames.unpack_event(event_body(parcel, 900))

    assert parcel.lane == ALARM_LANE
    assert (first.age_ms, first.attempt, second.age_ms, second.attempt) == (5, 1, 900, 2)
    assert (first.boot, first.seq, first.arg, first.delay_ms, first.ref_boot, first.ref_seq) == (1, 7, 2, 3_000, 1, 3)


def test_an_acknowledgement_of_another_boot_takes_nothing_away():
    """After a start the numbers begin again at one: boot and seq together name an event."""
    one = outbox()
    one.add(event(1))

    assert one.acknowledged(2, 1) is None
    assert one.parcel_of((1, 1)) is not None


def test_the_last_step_of_the_ladder_repeats_for_ever():
    """It neither ends nor begins anew: a battery must last as long as the alarm does."""
    one = outbox()
    parcel = event(1, words.STARTED)
    one.add(parcel)
    waits = []
    for _ in range(300):
        one.sent(parcel)
        one.missed(parcel, 0)
        waits.append(parcel.due_ms)

    assert waits == [100] + [500] * 299
