"""Patterns, played without blocking, in virtual time."""

import pytest

from firmware.drivers.feedback import Light, Player, Pulse
from firmware.pendant import feelings
from shared.compat import ticks_add
from tests.firmware.fake_board import Clock, Output

_WRAP = (1 << 30) - 500
_WORDS = (
    "TICK",
    "SENT",
    "STORED",
    "DELIVERED",
    "ANSWERED",
    "NOBODY",
    "FALLEN",
    "COUNTING",
    "CANCELLED",
    "SICK",
    "REMINDER",
)


def played(script, until_ms, start=0):
    """Play script, a list of (at_ms, verb, pattern); return [(at_ms, duration_ms)] of what was felt."""
    clock = Clock(start)
    output = Output(clock)
    player = Player(output)
    for at_ms in range(0, until_ms, 5):
        clock.ms, clock.ticks = at_ms, ticks_add(start, at_ms)
        for when_ms, verb, pattern in script:
            if when_ms == at_ms:
                getattr(player, verb)(*([pattern, clock.ticks] if pattern else []))
        player.update(clock.ticks)
    return output.felt


@pytest.mark.parametrize("start", [0, _WRAP])
def test_a_pattern_is_played_as_it_is_written(start):
    """On, off, on; also across the wrap of the ticks."""
    assert played([(0, "say", (90, 110, 90))], 1_000, start) == [(0, 90), (200, 90)]


def test_messages_wait_for_one_another():
    """With a pause longer than any gap inside one."""
    assert played([(0, "say", (100,)), (10, "say", (200,))], 1_000) == [(0, 100), (450, 200)]


def test_a_tick_is_dropped_while_something_is_said():
    """A message is never cut in two by a click."""
    assert played([(0, "say", (300,)), (100, "tick", (40,))], 1_000) == [(0, 300)]


def test_hush_ends_everything_at_once():
    """And forgets what was waiting."""
    assert played([(0, "say", (500,)), (10, "say", (500,)), (100, "hush", None)], 2_000) == [(0, 100)]


def test_only_the_latest_messages_wait():
    """Six; nobody tells seven apart."""
    script = [(0, "say", (100,))] + [(0, "say", (200 + 5 * i,)) for i in range(8)]

    assert [span for _at, span in played(script, 9_000)] == [100, 210, 215, 220, 225, 230, 235]


def test_no_word_of_the_language_sounds_like_another():
    """By rhythm alone: they differ in the number of pulses, or in a span by half at least."""
    words = {name: getattr(feelings, name) for name in _WORDS}
    for name, pattern in words.items():
        for other, another in words.items():
            if name < other and len(pattern) == len(another):
                ratio = max(max(a, b) / min(a, b) for a, b in zip(pattern, another, strict=True))
                assert ratio >= 1.5, (name, other)


def test_every_word_can_be_told_from_its_own_pause():
    """No silence inside a word is as long as the silence between two."""
    for name in _WORDS:
        pattern = getattr(feelings, name)
        assert max(pattern[1::2], default=0) < 350, name
        assert len(pattern) % 2 == 1, name


class _Pwm:
    duty = None

    def duty_u16(self, duty):
        """Remember."""
        self.duty = duty


def test_a_pulse_shakes_and_shines():
    """Motor and light together; dimmed by night, and the right way round on a pin that is active low."""
    motor, lamp = _Pwm(), _Pwm()
    light = Light(lamp, 50, active_low=True)
    pulse = Pulse(motor, light, 40_000)
    pulse.on()
    assert (motor.duty, lamp.duty) == (40_000, 65_535 - 32_767)
    light.dim(2)
    pulse.on()
    assert lamp.duty == 65_535 - 1_310
    pulse.off()

    assert (motor.duty, lamp.duty) == (0, 65_535)
