"""The model of the air: known airtimes, fair turns, and what it promises of pendants and gateways."""

from tools.radio_model import earthquake, home, lossy
from tools.radio_model.airtime import DIFS_US, SLOT_US, airtime_us
from tools.radio_model.gateway import DiskTimes
from tools.radio_model.world import World

_CARD = DiskTimes(5_000, 100)


class Station:
    """A radio that sends one frame and remembers what it heard."""

    def __init__(self):
        self.heard = []

    def hears(self, sender, frame):
        """A frame has arrived."""
        self.heard.append(frame)


def test_an_alarm_of_43_bytes_is_in_the_air_for_880_us():
    """192 us of preamble and 86 bytes at 1 Mbit/s."""
    assert airtime_us(43) == 192 + 8 * 86


def test_a_lone_station_sends_at_once_and_is_heard():
    """A slot, then its airtime."""
    world = World(1)
    medium = world.medium(6)
    one, other = Station(), Station()
    medium.radios += [one, other]
    world.at(1_000, lambda: medium.offer(one, b"x" * 43))
    world.run(1_000 + DIFS_US + SLOT_US + 880)

    assert other.heard == [b"x" * 43]
    assert one.heard == []


def test_who_finds_the_channel_busy_waits_and_mostly_gets_through():
    """Twenty that queue behind one frame: every frame is sent, few collide, nobody is starved."""
    world = World(3)
    medium = world.medium(6)
    stations = [Station() for _ in range(21)]
    listener = Station()
    medium.radios += [*stations, listener]
    for number, station in enumerate(stations):
        world.at(100 * number, lambda station=station, number=number: medium.offer(station, bytes((number,))))
    world.run(200_000)

    assert medium.sent == 21
    assert len(listener.heard) + medium.collided == 21
    assert len(listener.heard) >= 11


def test_an_earthquake_loses_nobody():
    """A hundred at once: all stored, all told; nearly all within two seconds also on a slow card."""
    found = earthquake.run(100, _CARD)

    assert len(found.stored_ms) == len(found.acknowledged_ms) == 100
    assert earthquake.quantile(found.stored_ms, 0.99) <= 2_000


def test_at_seventy_percent_loss_every_alarm_is_stored_once():
    """Doubled and out of order too."""
    found = lossy.run(0.7, 40, _CARD)

    assert (found.stored, found.twice, len(found.acknowledged_ms)) == (40, 0, 40)


def test_three_gateways_ring_once_and_name_the_nearest():
    """Each alarm is heard by more than one, rings once, and nearly always names the strongest."""
    found = home.run(_CARD, pendants=30, calls=1)

    assert (found.rung, found.rung_twice) == (30, 0)
    assert found.copies > 30
    assert found.within_6_db >= 27
