"""The bridge's promises about what goes first and what is dropped."""

from firmware.bridge.relay import Relay
from shared import bundle, framing, known, words
from shared.compat import ticks_add

_MAC = b"\xa4\xcf\x12\x00\x00\x02"
_PENDANT = b"\xa4\xcf\x12\x00\x00\x01"
_WRAP = (1 << 30) - 1_000


def relay(now_ms=0):
    """A bridge that has just said hello."""
    one = Relay((1, 2, 3), _MAC, 6, 2_000, now_ms)
    assert decoded(one.for_line())[0] == framing.HELLO
    return one


def frame(kind, number=0, size=40, pendant=0):
    """Something that looks like a pendant's frame from outside."""
    name = pendant.to_bytes(6, "big") if pendant else _PENDANT
    return bytes((1, kind)) + name + number.to_bytes(6, "big") + bytes(size - 14)


def decoded(data):
    """The one message in line bytes."""
    (message,) = framing.Decoder().feed(data)
    return message


def drained(one):
    """Everything that waits for the line: kinds of the frames, in order."""
    kinds = []
    while data := one.for_line():
        kind, body = decoded(data)
        assert kind == framing.HEARD
        kinds.append(body[8])
    return kinds


def test_a_heard_frame_reaches_the_line_with_sender_and_strength():
    """Sender, RSSI as a signed byte, and the frame as it was."""
    one = relay()
    one.heard(_PENDANT, -71, frame(words.EVENT))

    assert decoded(one.for_line()) == (framing.HEARD, _PENDANT + bytes((256 - 71,)) + frame(words.EVENT))


def test_an_alarm_overtakes_everything_that_waits():
    """However many beats came before it."""
    one = relay()
    for _ in range(20):
        one.heard(_PENDANT, -50, frame(words.BEAT))
    one.heard(_PENDANT, -50, frame(words.ALARM))

    assert drained(one)[0] == words.ALARM


def test_motion_waits_behind_everything_and_pushes_nothing_out():
    """Six parts are kept, the newest; no event gives way to them."""
    one = relay()
    for number in range(10):
        one.heard(_PENDANT, -50, frame(words.WAVE, number, size=221))
    for _ in range(20):
        one.heard(_PENDANT, -50, frame(words.EVENT))
    one.heard(_PENDANT, -50, frame(words.ALARM))

    assert drained(one) == [words.ALARM] + [words.EVENT] * 20 + [words.WAVE] * 6
    assert one.dropped == 4


def test_a_full_queue_drops_the_oldest_beat_and_never_an_alarm():
    """A thousand beats and ten alarms among them: all ten come, first, and the dropped are counted."""
    one = relay()
    for i in range(1_000):
        one.heard(_PENDANT, -50, frame(words.ALARM if i % 100 == 0 else words.BEAT, i, pendant=i))
    kinds = drained(one)

    assert kinds == [words.ALARM] * 10 + [words.BEAT] * 32
    assert one.dropped == 990 - 32


def test_a_repeat_takes_the_place_of_the_one_that_waits():
    """Two pendants: each has one turn, in the order of its first frame, with its newest one."""
    one = relay()
    for number in range(5):
        one.heard(_PENDANT, -50, frame(words.ALARM, number, pendant=1))
        one.heard(_PENDANT, -50, frame(words.ALARM, number, pendant=2))
    first, second = decoded(one.for_line())[1], decoded(one.for_line())[1]

    assert [first[9:21], second[9:21]] == [
        (1).to_bytes(6, "big") + (4).to_bytes(6, "big"), (2).to_bytes(6, "big") + (4).to_bytes(6, "big"),
    ]  # fmt: skip
    assert one.for_line() == b""
    assert one.dropped == 0


def test_who_has_just_had_a_turn_goes_behind_who_has_not():
    """In an earthquake the line carries everybody's first call before anybody's second."""
    one = relay()
    one.heard(_PENDANT, -50, frame(words.ALARM, 1, pendant=1))
    assert decoded(one.for_line())[1][9:15] == (1).to_bytes(6, "big")
    for pendant in (1, 2, 3):
        one.heard(_PENDANT, -50, frame(words.ALARM, 2, pendant=pendant))
    order = [decoded(one.for_line())[1][14] for _ in range(3)]
    one.update(ticks_add(0, 3_000))
    one.heard(_PENDANT, -50, frame(words.ALARM, 3, pendant=1))
    one.heard(_PENDANT, -50, frame(words.ALARM, 3, pendant=4))
    assert [decoded(one.for_line())[0] for _ in range(2)] == [framing.HELLO, framing.HEARD]

    assert order == [2, 3, 1]


def test_of_alarms_only_the_newest_goes():
    """The queue stays bounded when more pendants call than any home has, and whoever came first is served first."""
    one = relay()
    for i in range(400):
        one.heard(_PENDANT, -50, frame(words.ALARM, i, pendant=i))
    first = decoded(one.for_line())[1]

    assert int.from_bytes(first[15:21], "big") == 0
    assert len(drained(one)) == 299
    assert one.dropped == 100


def test_once_told_only_known_pendants_pass():
    """Before it is told, everybody does: a gateway that says nothing must not make a bridge deaf."""
    one = relay()
    stranger, ours = frame(words.ALARM, 1, pendant=77), frame(words.ALARM, 1, pendant=5)
    one.heard(_PENDANT, -50, stranger)
    assert drained(one) == [words.ALARM]
    one.from_line(framing.encode(framing.KNOWN, known.make([ours[2:8]])))
    one.heard(_PENDANT, -50, stranger)
    one.heard(_PENDANT, -50, ours)
    assert decoded(one.for_line())[1][7:] == ours
    one.from_line(framing.encode(framing.KNOWN, b"short"))
    one.heard(_PENDANT, -50, ours)

    assert drained(one) == [words.ALARM]


def test_what_cannot_be_a_pendants_never_reaches_the_line():
    """Wrong version, a gateway's kind, too short, too long."""
    one = relay()
    for rubbish in (
        b"",
        b"\x01",
        b"\x02" + frame(words.ALARM)[1:],
        frame(words.ACK),
        frame(1, size=21),
        frame(1, size=241),
    ):
        one.heard(_PENDANT, -50, rubbish)

    assert one.for_line() == b""
    assert one.dropped == 0


def test_hello_comes_every_two_seconds_also_when_the_ticks_wrap():
    """Protocol, firmware, channel, uptime, MAC, dropped."""
    one = relay(_WRAP)
    one.update(ticks_add(_WRAP, 1_999))
    assert one.for_line() == b""
    one.update(ticks_add(_WRAP, 2_000))

    assert decoded(one.for_line()) == (
        framing.HELLO,
        bytes((1, 1, 2, 3, 6)) + (2).to_bytes(4, "big") + _MAC + bytes(2) + bytes((framing.SHORT_FORMS,)),
    )


def test_the_gateway_can_send_ask_and_tune():
    """SEND gives the frame to the air; ASK_HELLO and SET_CHANNEL are answered by a hello."""
    one = relay()
    line = (
        framing.encode(framing.SEND, b"\xff" * 6 + b"frame")
        + framing.encode(framing.ASK_HELLO, b"")
        + framing.encode(framing.SET_CHANNEL, b"\x0b")
        + framing.encode(framing.SET_CHANNEL, b"\x63")
    )

    assert one.from_line(line) == [b"frame"]
    assert one.channel == 11
    kind, hello = decoded(one.for_line())
    assert (kind, hello[4]) == (framing.HELLO, 11)


def test_half_a_frame_and_boot_messages_are_survived():
    """Whatever else comes down the line, the next whole frame is understood."""
    one = relay()
    rubbish = b"ets Jun  8 2016 00:22:57\r\nrst:0x1\r\n" + framing.encode(framing.SEND, b"\xff" * 6 + b"lost")[:9]

    assert one.from_line(rubbish + b"\x00" + framing.encode(framing.SEND, b"\xff" * 6 + b"kept")) == [b"kept"]


def test_log_lines_are_bounded():
    """Four wait at most, 200 bytes each: the log is never in the way."""
    one = relay()
    for _ in range(10):
        one.log("x" * 500)
    lines = [decoded(one.for_line()) for _ in range(4)]

    assert [len(body) for _kind, body in lines] == [200] * 4
    assert one.for_line() == b""


def test_ten_thousand_strangers_a_second_do_not_hold_an_alarm_up():
    """Frames of the right shape, called alarms, from invented pendants, for a second: ours is out within 50 ms."""
    one = relay()
    ours = frame(words.ALARM, 1, pendant=106)
    pendants = [frame(words.ALARM, 1, pendant=number)[2:8] for number in range(1, 107)]
    one.from_line(framing.encode(framing.KNOWN, known.make(pendants)))
    line_free_ms = out_ms = 0
    for ms in range(1_000):
        one.update(ms)
        for number in range(10):
            one.heard(_PENDANT, -50, frame(words.ALARM, ms, pendant=0xA10000000000 + 7_919 * (10 * ms + number)))
        if ms == 500:
            one.heard(_PENDANT, -50, ours)
        while line_free_ms <= ms and (data := one.for_line()):
            line_free_ms = max(line_free_ms, ms) + len(data) * 10 / 115.2
            kind, body = decoded(data)
            if kind == framing.HEARD and body[7:] == ours:
                out_ms = ms

    assert 500 <= out_ms <= 550


def allowed(one):
    """The gateway understands the short forms, and says so."""
    one.from_line(framing.encode(framing.ALLOW, bytes((framing.SHORT_FORMS,))))
    return one


def alarms(*numbers):
    """Alarms of the one shape, each of another pendant."""
    return [frame(words.ALARM, 1, size=43, pendant=number) for number in numbers]


def test_alarms_travel_together_where_the_gateway_allows_it():
    """Eight wait: six in one message, then two, in the order of their turns, and nothing of them is lost."""
    one = allowed(relay())
    called = alarms(*range(1, 9))
    for at, alarm in enumerate(called):
        one.heard(_PENDANT, -50 - at, alarm)
    messages = [decoded(one.for_line()) for _ in range(2)]

    assert [kind for kind, _ in messages] == [framing.ALARMS] * 2
    assert [len(bundle.split(body)) for _, body in messages] == [6, 2]
    carried = [pair for _, body in messages for pair in bundle.split(body)]
    assert carried == [(-50 - at, alarm) for at, alarm in enumerate(called)]
    assert one.for_line() == b""


def test_a_frame_of_another_shape_travels_alone_and_in_its_turn():
    """What a later version may send is passed on as it is."""
    one = allowed(relay())
    first, odd, last = alarms(1)[0], frame(words.ALARM, 1, size=60, pendant=2), alarms(3)[0]
    for alarm in (first, odd, last):
        one.heard(_PENDANT, -50, alarm)
    kinds = [decoded(one.for_line())[0] for _ in range(3)]

    assert kinds == [framing.ALARMS, framing.HEARD, framing.ALARMS]


def test_a_gateway_that_does_not_allow_it_gets_what_it_knows():
    """Never told; told otherwise; asked for a hello, as a gateway does that has just opened the line; told long ago."""
    plain = relay()
    refused = allowed(relay())
    refused.from_line(framing.encode(framing.ALLOW, b"\x00"))
    opened = allowed(relay())
    opened.from_line(framing.encode(framing.ASK_HELLO, b""))
    forgotten = allowed(relay())
    forgotten.update(7_001)
    for one in (plain, refused, opened, forgotten):
        one.heard(_PENDANT, -50, alarms(1)[0])
        kinds = []
        while data := one.for_line():
            kinds.append(decoded(data)[0])

        assert [kind for kind in kinds if kind != framing.HELLO] == [framing.HEARD]


def test_it_stays_allowed_as_long_as_the_gateway_says_so():
    """With every hello, also when the ticks wrap."""
    one = allowed(relay(_WRAP))
    for second in range(2, 3_000, 2):
        one.update(ticks_add(_WRAP, 1_000 * second))
        assert decoded(one.for_line())[0] == framing.HELLO
        allowed(one)
    one.heard(_PENDANT, -50, alarms(1)[0])

    assert decoded(one.for_line())[0] == framing.ALARMS


def test_a_frame_for_everybody_needs_no_address():
    """The short form of SEND."""
    assert relay().from_line(framing.encode(framing.SEND_ALL, b"frame")) == [b"frame"]
    assert relay().from_line(framing.encode(framing.SEND_ALL, b"")) == []


def test_a_bridge_that_carries_alarms_without_end_still_says_hello():
    """A second late at most: a gateway that hears none for six would open the line anew."""
    one = relay()
    heard_ms = []
    for ms in range(0, 10_000, 5):
        one.update(ms)
        one.heard(_PENDANT, -50, alarms(1 + ms // 5 % 300)[0])
        one.heard(_PENDANT, -50, alarms(1 + (ms // 5 + 150) % 300)[0])
        if decoded(one.for_line())[0] == framing.HELLO:
            heard_ms.append(ms)

    assert len(heard_ms) == 3
    assert max(later - earlier for earlier, later in zip([0, *heard_ms], heard_ms, strict=False)) <= 3_000


def test_it_starts_anew_at_a_quiet_moment_but_does_not_wait_for_ever():
    """Five hundred pendants are no crowd, so many strangers are one, and an alarm under way comes first."""
    one = relay(_WRAP)
    one.heard(_PENDANT, -50, frame(words.BEAT))
    assert [one.must_start_anew(senders) for senders in (500, 640, 641)] == [False, False, True]
    one.heard(_PENDANT, -50, frame(words.ALARM))
    assert [one.must_start_anew(senders) for senders in (641, 900, 901)] == [False, False, True]
    drained(one)
    one.update(ticks_add(_WRAP, 3_000))
    assert not one.must_start_anew(641)
    one.update(ticks_add(_WRAP, 3_001))

    assert one.must_start_anew(641)


def test_a_channel_that_the_chip_refuses_is_told_with_the_next_hello():
    """At once, and the gateway would wish again at once, without end."""
    one = relay()
    one.from_line(framing.encode(framing.SET_CHANNEL, bytes((13,))))
    one.stays(6)
    one.update(1_999)
    assert one.for_line() == b""
    one.update(2_000)

    kind, body = decoded(one.for_line())
    assert (kind, body[4]) == (framing.HELLO, 6)
