"""A backlog travels in batches, which are no larger than the broker takes, and a bad record spoils no batch."""

import pytest

from gateway.batches import BATCH, BATCH_FROM, Batches
from gateway.record import TELEMETRY
from shared import words
from tests.gateway.helpers import a_beat, a_record

ROOMY = 268_435_460  # the longest packet there can be


def _ahead(count, made=None):
    made = Batches() if made is None else made
    made.put([a_beat(number) for number in range(count)])
    return made


def _drained(made):
    """The sizes of the messages in which it all goes."""
    sizes = []
    while made:
        sizes.append(len(made.next()))
        made.gone(sizes[-1])
    return sizes


@pytest.mark.parametrize(
    ("count", "sizes"),
    [
        (1, [1]),
        (BATCH_FROM - 1, [1] * 7),
        (BATCH_FROM, [8]),
        (BATCH, [28]),
        (60, [28, 28, 1, 1, 1, 1]),
        (280, [28] * 10),
    ],
)
def test_few_go_one_by_one_and_many_together(count, sizes):
    """Whoever listens to one pendant sees its beat while there is no backlog."""
    assert _drained(_ahead(count)) == sizes


def test_a_window_of_motion_goes_alone():
    """It is as large as seven beats: the batch ends before it."""
    made = Batches()
    beats = [a_beat(number) for number in range(20)]
    beats[10] = a_record(10, TELEMETRY, words.WAVE)
    made.put(beats)

    assert _drained(made) == [10, 1, 9]


@pytest.mark.parametrize(("packet", "largest"), [(ROOMY, 28), (16_000, 20), (1_600, 2), (800, 1), (100, 1)])
def test_no_batch_is_longer_than_the_broker_says(packet, largest):
    """800 bytes are the longest beat; one beat goes even if it is longer, for the broker to refuse."""
    made = Batches()
    made.begin(packet)

    assert max(_drained(_ahead(280, made))) == largest


def test_records_that_cannot_be_told_together_go_one_by_one():
    """One of them makes no sense: only it stays behind; after them batches go again."""
    made = _ahead(56)
    assert len(made.next()) == 28
    made.split(28)

    assert _drained(made) == [1] * 28 + [28]


def test_a_broker_that_hangs_up_on_batches_gets_smaller_ones():
    """Down to single beats; none of them is blamed while it may be the size."""
    made = Batches()
    sizes = []
    for _ in range(6):
        made.begin(ROOMY)
        batch = _ahead(280, made).next()
        sizes.append(len(batch))
        single = [a_beat(999)]
        assert made.ended([batch, single]) == ([single] if len(batch) > 1 else [batch, single])

    assert sizes == [28, 14, 7, 3, 1, 1]


def test_once_a_batch_has_arrived_its_size_is_not_why():
    """Then it is something in it."""
    made = Batches()
    made.begin(ROOMY)
    made.arrived(1)
    batch = _ahead(280, made).next()
    made.arrived(len(batch))

    assert made.ended([batch]) == [batch]
    assert len(_ahead(280, made).next()) == 28


def test_a_new_connection_reads_all_again():
    """Nothing that was claimed for the last one goes into this one twice."""
    made = _ahead(56)
    made.split(28)
    made.begin(ROOMY)

    assert not made
    assert len(_ahead(56, made).next()) == 28
