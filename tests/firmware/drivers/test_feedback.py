"""What is felt is what was meant: messages wait for one another and never melt into a third."""

from firmware.drivers.feedback import Player

PAUSE_MS = 350
FIRST = (100, 50, 100)
SECOND = (300,)


class Output:
    """Remembers when it was switched."""

    def __init__(self):
        self.now_ms = 0
        self.is_on = False
        self.edges_ms = []

    def on(self):
        """Sound."""
        self._switch(is_on=True)

    def off(self):
        """Be silent."""
        self._switch(is_on=False)

    def _switch(self, *, is_on):
        if is_on != self.is_on:
            self.is_on = is_on
            self.edges_ms.append(self.now_ms)


def play(script, until_ms=3_000):
    """Run a player millisecond by millisecond; script maps a time to a call. Return the times of the edges."""
    output = Output()
    player = Player(output)
    for now_ms in range(until_ms):
        output.now_ms = now_ms
        if now_ms in script:
            script[now_ms](player)
        player.update(now_ms)
    assert not player.is_playing
    return output.edges_ms


def test_a_message_is_played_as_it_stands():
    """On, off, on: to the millisecond."""
    assert play({10: lambda player: player.say(FIRST, 10)}) == [10, 110, 160, 260]


def test_the_second_message_waits_for_the_first():
    """Two at once are felt one after the other, with a pause that is in no message."""
    edges = play({0: lambda player: (player.say(FIRST, 0), player.say(SECOND, 0))})

    assert edges == [0, 100, 150, 250, 250 + PAUSE_MS, 250 + PAUSE_MS + 300]


def test_a_message_just_after_another_keeps_the_pause():
    """What is said 50 ms after the end of something waits as if it had been said with it."""
    edges = play({0: lambda player: player.say(FIRST, 0), 300: lambda player: player.say(SECOND, 300)})

    assert edges[-2:] == [250 + PAUSE_MS, 250 + PAUSE_MS + 300]


def test_what_cuts_a_message_short_is_felt_apart():
    """Cancelled, said in the middle of a question, is not melted into its rest."""
    script = {0: lambda player: player.say(FIRST, 0), 60: lambda player: (player.hush(), player.say(SECOND, 60))}

    assert play(script) == [0, 60, 60 + PAUSE_MS, 60 + PAUSE_MS + 300]


def test_a_tick_never_disturbs_a_message():
    """Something small is dropped while a message is said, and just after it."""
    script = {0: lambda player: player.say(FIRST, 0), 50: lambda player: player.tick((40,), 50)}
    script[255] = lambda player: player.tick((40,), 255)

    assert play(script) == [0, 100, 150, 250]


def test_the_ticks_wrap():
    """A message across the end of the counter is as long as any other."""
    output = Output()
    player = Player(output)
    start = (1 << 30) - 50
    player.say((100,), start)
    player.update((start + 99) % (1 << 30))
    assert output.is_on
    player.update((start + 100) % (1 << 30))
    assert not output.is_on
