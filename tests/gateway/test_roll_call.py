"""Who is missing, and what only seems so. Virtual time: every moment is compared with ==."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.roll_call import (
    BRIDGE_AWAY_MS,
    DEFAULT_BEAT_MS,
    LEAST_FOR_RADIO,
    MOST_TICK_MS,
    RollCall,
    Track,
    slack_ms,
)

S = 1_000
STEP_S = 5
MISSING_AFTER_S = 3 * 300 + 45  # three beats of 300 s, and a tenth of one and 15 s


def pendants(number):
    """Ids."""
    return [bytes((0, 0, 0, 0, 0, index)) for index in range(number)]


class Home:
    """Pendants that beat every 300 s, each at its own moment; a bridge; a radio that may be deaf."""

    def __init__(self, number, every_s=300):
        self.roll = RollCall()
        self.every_s = every_s
        self.living = dict.fromkeys(pendants(number), True)
        self.is_bridge_up = True
        self.deaf_to = set()
        self.s = 0
        self.missing_at = {}
        self.silent_at = []
        self.away_at = []

    def pass_s(self, seconds):
        """Let that many seconds pass, in steps of five; note when what was found first."""
        assert seconds % STEP_S == 0
        for _ in range(seconds // STEP_S):
            self.s += STEP_S
            self.roll.tick(STEP_S * S, is_bridge_up=self.is_bridge_up)
            if self.is_bridge_up:
                for pendant in self.beating():
                    self.roll.heard(pendant)
            self.look()

    def beating(self):
        """Who beats at this moment and is heard."""
        return [
            pendant
            for index, (pendant, lives) in enumerate(self.living.items())
            if lives and pendant not in self.deaf_to and (self.s + index * 35) % self.every_s == 0
        ]

    def look(self):
        """Note what has changed."""
        for pendant, track in self.roll.tracks.items():
            if track.is_missing:
                self.missing_at.setdefault(pendant, self.s)
        for log, is_so in (
            (self.silent_at, self.roll.silent_since_ms is not None),
            (self.away_at, self.roll.is_bridge_away),
        ):
            if is_so == (len(log) % 2 == 0):
                log.append(self.s)


def test_missing_after_three_beats_and_not_before():
    """The beat of second 300 was the last one: missing at 300 + 945, to the second."""
    home = Home(1)
    home.pass_s(300)
    home.living[pendants(1)[0]] = False
    home.pass_s(2_000)

    assert home.missing_at == {pendants(1)[0]: 300 + MISSING_AFTER_S}


def test_who_beats_is_never_missing():
    """A day of beats, two of three lost: always heard in time."""
    home = Home(1, every_s=900)
    home.pass_s(24 * 3_600)

    assert home.missing_at == {}


def test_found_with_the_first_word():
    """And how long it was not heard is told, in listening time."""
    home = Home(1)
    home.pass_s(300)
    home.living[pendants(1)[0]] = False
    home.pass_s(2_000)

    assert home.roll.heard(pendants(1)[0]) == 2_000 * S
    assert not home.roll.tracks[pendants(1)[0]].is_missing


def test_a_dead_bridge_is_one_finding():
    """Forty pendants, an hour without a bridge: nobody is missing, then or for three beats after it is back."""
    home = Home(40)
    home.pass_s(600)
    home.is_bridge_up = False
    home.pass_s(3_600)
    home.is_bridge_up = True
    home.living = dict.fromkeys(home.living, False)
    home.pass_s(2 * 300 + 45)

    assert home.missing_at == {}
    assert home.away_at == [600 + BRIDGE_AWAY_MS // S, 4_200 + STEP_S]
    assert home.silent_at == [4_200 + 2 * 300 + 45]


def test_after_the_bridge_is_back_each_has_three_beats():
    """One died meanwhile: missing three beats after the bridge came back."""
    home = Home(2)
    home.pass_s(600)
    home.is_bridge_up = False
    home.pass_s(1_000)
    home.living[pendants(2)[1]] = False
    home.is_bridge_up = True
    home.pass_s(2_000)

    assert home.missing_at == {pendants(2)[1]: 1_600 + MISSING_AFTER_S}


def test_a_bridge_that_restarts_is_no_finding():
    """Five seconds of silence stop the listening clock and nothing else."""
    home = Home(1)
    home.pass_s(300)
    home.living[pendants(1)[0]] = False
    home.pass_s(500)
    home.is_bridge_up = False
    home.pass_s(5)
    home.is_bridge_up = True
    home.pass_s(2_000)

    assert home.away_at == []
    assert home.missing_at == {pendants(1)[0]: 300 + MISSING_AFTER_S + 5}


@pytest.mark.parametrize("number", [LEAST_FOR_RADIO, 10, 40])
def test_a_deaf_radio_is_one_finding(number):
    """The bridge says hello and hears nobody: one finding, nobody is missing; hearing again ends it."""
    home = Home(number)
    home.pass_s(900)
    home.deaf_to = set(home.living)
    home.pass_s(3_600)

    assert home.missing_at == {}
    assert len(home.silent_at) == 1
    assert home.silent_at[0] <= 900 + 2 * 300 + 45
    home.deaf_to = set()
    home.pass_s(3_600)
    assert home.missing_at == {}
    assert len(home.silent_at) == 2
    assert home.silent_at[1] <= 4_500 + 300


def test_a_radio_that_hears_only_the_nearest():
    """Thirty of forty fall silent at once: one finding. Of the ten that are heard one that dies is missing."""
    home = Home(40)
    home.pass_s(900)
    home.deaf_to = set(pendants(40)[10:])
    home.pass_s(1_800)
    home.living[pendants(40)[3]] = False
    home.pass_s(1_800)

    assert list(home.missing_at) == [pendants(40)[3]]
    assert len(home.silent_at) == 1  # and it is still silent to the thirty


def test_who_does_not_come_back_with_the_others_is_missing():
    """The radio hears again; one of the silenced stays away: missing three beats later."""
    home = Home(10)
    home.pass_s(900)
    home.deaf_to = set(home.living)
    home.pass_s(1_800)
    home.living[pendants(10)[0]] = False
    home.deaf_to = set()
    home.pass_s(2_000)

    assert home.missing_at == {pendants(10)[0]: home.silent_at[1] + MISSING_AFTER_S}
    assert 2_700 < home.silent_at[1] <= 3_000


def test_two_pendants_are_told_one_by_one():
    """With two nobody can tell a deaf radio from two that left."""
    home = Home(2)
    home.pass_s(600)
    home.living = dict.fromkeys(home.living, False)
    home.pass_s(2_000)

    assert len(home.missing_at) == 2
    assert home.silent_at == []


def test_one_after_another_is_no_deaf_radio():
    """Four of ten batteries run down, an hour apart: four that are missing."""
    home = Home(10)
    home.pass_s(600)
    for pendant in pendants(10)[:4]:
        home.living[pendant] = False
        home.pass_s(3_600)

    assert len(home.missing_at) == 4
    assert home.silent_at == []


def test_a_stopped_gateway_has_not_listened():
    """The process hung, or the machine slept: an hour in one tick counts as five seconds."""
    roll = RollCall()
    roll.heard(b"p")
    roll.tick(3_600 * S, is_bridge_up=True)
    roll.tick(-50, is_bridge_up=True)

    assert roll.listening_ms == MOST_TICK_MS
    assert not roll.tracks[b"p"].is_missing


@pytest.mark.parametrize(
    ("configured_s", "measured_s", "after_s"),
    [(300, 0, 945), (60, 0, 201), (60, 300, 945), (300, 60, 945), (3600, 0, 11_175)],
)
def test_the_rhythm_is_the_pendant_s_own(configured_s, measured_s, after_s):
    """What was configured, or what was measured if that is longer."""
    track = Track(0, configured_ms=configured_s * S, measured_ms=measured_s * S)

    assert track.missing_after_ms == after_s * S


def test_who_is_forgotten_is_not_missed():
    """Revoked, or taken from the list."""
    home = Home(3)
    home.pass_s(600)
    home.living = dict.fromkeys(home.living, False)
    gone = home.roll.keep_only(pendants(3)[:1])
    home.pass_s(1_000)

    assert set(gone) == set(pendants(3)[1:])
    assert list(home.missing_at) == pendants(1)


steps = st.lists(
    st.one_of(
        st.tuples(st.just("hear"), st.integers(0, 7)),
        st.tuples(st.just("tick"), st.integers(0, 400)),
        st.tuples(st.just("away"), st.integers(0, 60)),
    ),
    max_size=120,
)


@settings(max_examples=120, deadline=None)
@given(steps)
def test_nobody_is_called_missing_who_could_not_have_been_heard(story):
    """Missing only after three beats of listening since the last word, and never while the bridge is away."""
    roll = RollCall()
    limit_ms = 3 * DEFAULT_BEAT_MS + slack_ms(DEFAULT_BEAT_MS)
    listened = {}
    for what, much in story:
        was = {pendant for pendant, track in roll.tracks.items() if track.is_missing}
        if what == "hear":
            roll.heard(pendants(8)[much])
            listened[pendants(8)[much]] = 0
            assert not roll.tracks[pendants(8)[much]].is_missing
            continue
        for _ in range(much):
            roll.tick(5 * S, is_bridge_up=what == "tick")
            if what == "tick":
                listened = {pendant: ms + 5 * S for pendant, ms in listened.items()}
        now = {pendant for pendant, track in roll.tracks.items() if track.is_missing}
        assert now >= was
        assert all(listened[pendant] >= limit_ms for pendant in now)
        if what == "away":
            assert now == was
        assert 2 * roll.silenced() > roll.silenced_most or roll.silent_since_ms is None
        assert all(not (track.is_missing and track.is_silenced) for track in roll.tracks.values())


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 40), st.integers(0, 39), st.integers(60, 300))
def test_whoever_alone_falls_silent_is_missing_in_time(number, who, steps_before):
    """Of any number of pendants one stops at any moment: it alone is missing, three beats after its last word."""
    home = Home(number)
    who %= number
    since_s = STEP_S * steps_before
    home.pass_s(since_s)
    home.living[pendants(number)[who]] = False
    home.pass_s(1_000)

    last_s = since_s - (since_s + who * 35) % 300
    assert home.missing_at == {pendants(number)[who]: last_s + MISSING_AFTER_S}
