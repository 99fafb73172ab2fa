"""One event, several gateways: it rings once, and the best hearer names the room."""

from tools.home.rooms import Rooms


def copy(gateway, rssi_dbm):
    """One gateway's copy of an event."""
    return {"id": "a0b1c2d3e4f5-1-1", "gateway": gateway, "data": {"rssi_dbm": rssi_dbm}}


def test_the_first_copy_rings_and_the_strongest_names_the_room():
    """In whatever order they come."""
    rooms = Rooms()

    assert [rooms.take(copy(*one), 10.0) for one in (("hall", -70), ("bath", -51), ("attic", -88))] == [
        True,
        False,
        False,
    ]
    assert rooms.of("a0b1c2d3e4f5-1-1").gateway == "bath"
    assert rooms.of("a0b1c2d3e4f5-1-1").copies == 3


def test_a_late_repeat_moves_nobody():
    """Two seconds later the wearer may have been carried elsewhere: the room of the fall stays."""
    rooms = Rooms()
    rooms.take(copy("hall", -70), 10.0)
    rooms.take(copy("bath", -40), 12.1)

    assert rooms.of("a0b1c2d3e4f5-1-1").gateway == "hall"


def test_an_event_without_a_strength_is_taken_too():
    """A gateway's own events have none."""
    rooms = Rooms()

    assert rooms.take({"id": "x", "gateway": "hall", "data": {}}, 0.0)
    assert rooms.of("x").gateway == "hall"
