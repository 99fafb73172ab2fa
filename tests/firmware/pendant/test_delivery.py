"""Much is owed and little heap is there: what waits on flash, what goes first, and that nothing is forgotten."""

import pytest

from shared import fall, frames, gateway_frames, words
from shared.compat import ticks_add
from tests.firmware.bench import Bench


@pytest.fixture
def bench(tmp_path, monkeypatch):
    """A pendant on a desk; flash is an empty folder."""
    monkeypatch.chdir(tmp_path)
    return Bench()


def call(bench, times, every_ms=6_000):
    """Somebody holds the button, again and again."""
    for _ in range(times):
        now_ms = bench.clock.ms
        bench.press(now_ms + 500, now_ms + 4_000)
        bench.run(every_ms)


def test_a_hand_that_presses_for_hours_fills_neither_flash_nor_ram(bench):
    """From the twenty-fourth on a further call is the one that is owed already; all that were told arrive, once."""
    bench.run(5_000)
    bench.gateway.is_deaf = True
    call(bench, 120)
    delivery = bench.pendant.delivery
    owed = [entry.id for entry in delivery.journal.owed()]
    assert len(owed) == 24
    assert delivery.outbox.events == 6
    bench.gateway.is_deaf = False
    bench.run(60_000)

    assert len(delivery.journal) == 0
    assert {(event.boot, event.seq) for event in bench.gateway.events} >= set(owed)
    assert bench.gateway.codes().count(words.HELP_REQUESTED) == 24


def test_two_falls_are_two_however_much_is_owed(bench):
    """What joins the calls of an hour joins no falls: the second is not the first said again, nor is its end."""
    bench.run(5_000)
    bench.gateway.is_deaf = True
    call(bench, 24)
    for _ in range(2):
        bench.say(bench.clock.ms + 1_000, fall.SUSPECTED)
        bench.run(30_000)
    bench.gateway.is_deaf = False
    bench.run(120_000)

    events = bench.gateway.events
    falls = {(event.boot, event.seq) for event in events if event.code == words.FALL_SUSPECTED}
    ended = {(event.ref_boot, event.ref_seq) for event in events if event.code == words.FALL_CONFIRMED}
    assert len(falls) == 2
    assert ended == falls


def test_what_waits_on_flash_comes_after_a_reset_as_well(bench):
    """More than the outbox holds, and the power goes: all of it arrives."""
    bench.run(5_000)
    bench.gateway.is_deaf = True
    call(bench, 20)
    bench.cut_power()
    bench.run(5_000)
    bench.gateway.is_deaf = False
    bench.run(120_000)

    assert bench.gateway.codes().count(words.HELP_REQUESTED) == 20


def test_a_new_alarm_is_not_kept_waiting_by_twenty_old_ones(bench):
    """It goes out the moment it arises, whatever waits."""
    bench.run(5_000)
    bench.gateway.is_deaf = True
    call(bench, 20)
    bench.run(60_000)
    sent_before = len(bench.sent)
    now_ms = bench.clock.ms
    bench.say(now_ms + 1_000, fall.SUSPECTED)
    bench.run(1_400)

    assert next(at_ms for at_ms, _channel, _frame in bench.sent[sent_before:]) <= now_ms + 1_100
    assert bench.pendant.delivery.outbox.events == 6


def test_after_a_start_alarms_come_from_flash_before_events(bench):
    """More events than the outbox holds were told before it: the call at their end is not behind them."""
    bench.run(5_000)
    bench.gateway.is_deaf = True
    for number in range(1, 9):
        bench.pendant.record(words.FAULT, number, (0, 0), frames.DELAY_UNKNOWN_MS)
    call(bench, 1)
    bench.cut_power()
    sent_before = len(bench.sent)
    bench.run(2_000)

    assert bench.sent[sent_before][2][1] == words.ALARM


def test_a_call_that_is_owed_already_goes_out_when_it_is_made_again(bench):
    """Back in reach after a long silence: whoever holds the button must not wait for the end of an old pause."""
    bench.run(5_000)
    bench.gateway.is_deaf = True
    call(bench, 30)
    bench.run(300_000)
    bench.press(bench.clock.ms + 100, bench.clock.ms + 3_300)
    bench.run(3_090)
    delivery = bench.pendant.delivery
    last = list(delivery.journal.owed())[-1]
    before = delivery.outbox.parcel_of(last.id).attempt
    bench.run(510)  # at the worst an older one is in the air: 100 ms and eight times 40

    assert delivery.outbox.parcel_of(last.id).attempt > before


def test_a_call_that_is_made_again_goes_before_what_has_long_been_due(bench):
    """Five others of its lane wait for their turn, each for seconds already."""
    bench.run(5_000)
    bench.gateway.is_deaf = True
    call(bench, 30)
    delivery, now_ms = bench.pendant.delivery, bench.pendant._feel.now_ms
    last = list(delivery.journal.owed())[-1]
    for parcel in delivery.outbox._parcels:
        parcel.due_ms = ticks_add(now_ms, -5_000)
    delivery._hurry(last, now_ms)

    assert delivery.outbox.events == 6
    assert delivery.outbox.due(now_ms).entry.id == last.id


def test_a_call_that_waits_on_flash_only_goes_out_when_it_is_made_again(bench):
    """As above, after a start: six older ones have taken the room."""
    bench.run(5_000)
    bench.gateway.is_deaf = True
    call(bench, 30)
    bench.reset()
    bench.run(60_000)
    delivery = bench.pendant.delivery
    last = [entry for entry in delivery.journal.owed() if entry.code == words.HELP_REQUESTED][-1]
    assert delivery.outbox.parcel_of(last.id) is None
    call(bench, 1, every_ms=4_100)

    assert delivery.outbox.parcel_of(last.id).attempt > 0


@pytest.mark.parametrize(("ahead", "status"), [(1, words.STORED), (1, words.REFUSED_FULL), (0, words.HEARD)])
def test_an_acknowledgement_of_something_else_ends_no_window(bench, ahead, status):
    """Of another event, or of a question about this one: what is in the air is still waited for, and still owed."""
    bench.run(5_000)
    bench.gateway.is_deaf = True
    call(bench, 1, every_ms=4_000)
    delivery = bench.pendant.delivery
    while not (delivery.link.parcel and delivery.link.parcel.entry):
        bench.run(10)
    parcel = delivery.link.parcel
    ack = frames.Ack(parcel.entry.boot, parcel.entry.seq + ahead, status, 0, 0)
    delivery.heard(-60, bench.gateway.seal(words.ACK, gateway_frames.pack_ack(ack)), bench.clock.ticks)

    assert delivery.link.parcel is parcel
    assert delivery.is_listening
    assert delivery.outbox.parcel_of(parcel.entry.id) is parcel


def test_a_second_fall_does_not_take_the_first_from_flash(bench):
    """Both are acknowledged, then the power goes in the countdown: the wearer is asked again."""
    bench.run(5_000)
    bench.say(6_000, fall.SUSPECTED)
    bench.say(9_000, fall.SUSPECTED)
    bench.run(8_000)
    assert bench.gateway.codes().count(words.FALL_SUSPECTED) == 2
    bench.cut_power()
    bench.run(30_000)

    assert bench.gateway.codes().count(words.FALL_CONFIRMED) == 1


def test_an_answer_in_the_countdown_does_not_take_the_fall_from_flash(bench):
    """Somebody comes, and the power goes before the countdown has ended: it is asked again all the same."""
    bench.run(5_000)
    bench.say(6_000, fall.SUSPECTED)
    bench.run(2_000)
    event = bench.gateway.events[-1]
    bench.gateway.answers.append(frames.Answer(event.boot, event.seq, words.ANSWERED, 60))
    bench.run(6_000)
    assert bench.gateway.codes()[-1] == words.ANSWER_FELT
    bench.cut_power()
    bench.run(30_000)

    assert bench.gateway.codes().count(words.FALL_CONFIRMED) == 1


def test_what_waits_on_flash_goes_after_a_fall_was_settled_too(bench):
    """The fall was kept until its end was safe, and no longer: it must not hold back what has no room in RAM."""
    bench.run(5_000)
    bench.say(6_000, fall.SUSPECTED)
    bench.run(30_000)
    assert words.FALL_CONFIRMED in bench.gateway.codes()
    bench.gateway.is_deaf = True
    call(bench, 8)
    bench.gateway.is_deaf = False
    bench.run(60_000)

    assert bench.gateway.codes().count(words.HELP_REQUESTED) == 8
    assert len(bench.pendant.delivery.journal) == 0


def test_whoever_is_told_that_more_follows_listens_on(bench):
    """The acknowledgement comes at the end of the window, the answer right behind it: it must be heard."""
    bench.run(5_000)
    bench.gateway.is_deaf = True
    call(bench, 1)
    delivery = bench.pendant.delivery
    while not (delivery.is_listening and delivery.link.parcel.entry):
        bench.run(1)
    event = delivery.link.parcel.entry
    now_ms = bench.clock.ms + delivery.link.left_ms(bench.clock.ms) - 1
    ack = frames.Ack(event.boot, event.seq, words.STORED, 0, 1)
    delivery.heard(-50, bench.gateway.seal(words.ACK, gateway_frames.pack_ack(ack)), now_ms)

    assert delivery.link.left_ms(now_ms) == bench.pendant._settings.listen_more_ms


def test_a_gateway_that_is_full_is_not_flooded(bench):
    """A refusal is no acknowledgement, nor a lost frame: no bursts, until it is kept."""
    bench.run(5_000)
    bench.gateway.status = words.REFUSED_FULL
    sent_before = len(bench.sent)
    call(bench, 1)
    bench.run(54_000)
    alarms = [frame for _at_ms, _channel, frame in bench.sent[sent_before:] if frame[1] == words.ALARM]
    assert 20 <= len(alarms) <= 50  # the ladder, and after each poll, every two seconds
    assert [entry.code for entry in bench.pendant.delivery.journal.owed()] == [words.HELP_REQUESTED]
    bench.gateway.status = words.STORED
    bench.run(40_000)

    assert bench.gateway.codes().count(words.HELP_REQUESTED) == 1
