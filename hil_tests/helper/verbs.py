"""Without this file the helper would understand lines and do nothing: what each verb does, what is wrong with one."""

VERSION = 1
_HOLD_MOST_MS = 120_000
_BOUNCE_MOST_MS = 100
_CURRENT_MOST_MS = 600_000
_EDGES_A_REPLY = 8


class Wrong(Exception):
    """A request that cannot be done; the text says why."""


class Verbs:
    """Does requests. later(number, text) is called with a reply that comes when something has ended."""

    def __init__(self, finger, switches, arm, meter, pulses, levels, later):
        self._finger = finger
        self._switches = switches  # {"power": pin, "bridge": pin}
        self._arm = arm
        self._meter = meter
        self._pulses = pulses
        self._levels = levels  # called: {line name: level now}
        self._later = later
        self._pressing = None  # the number of the request whose press goes on
        self._measuring = None  # [number, until_ms, next_ms, sum_ua, samples]

    def do(self, request, now_ms):
        """The reply's text, or None if it comes later. Wrong says what is wrong."""
        number, verb, arguments = request
        method = getattr(self, "_do_" + verb, None)
        if method is None:
            raise Wrong("no such verb: " + verb)
        return method(number, arguments, now_ms)

    def tick(self, now_ms):
        """Let what was begun go on."""
        if self._finger.tick(now_ms) and self._pressing is not None:
            self._later(self._pressing, f"ok {self._finger.down_ms} {self._finger.up_ms}")
            self._pressing = None
        if self._arm:
            self._arm.tick(now_ms)
        if self._measuring:
            self._measure(now_ms)

    def _measure(self, now_ms):
        number, until_ms, next_ms, total, samples = self._measuring
        if now_ms >= next_ms:
            self._measuring[2:] = [now_ms + 20, total + self._meter.ua(), samples + 1]
        if now_ms >= until_ms and self._measuring[4]:
            self._later(number, f"ok {self._measuring[3] // self._measuring[4]} {self._measuring[4]}")
            self._measuring = None

    def _do_hello(self, number, arguments, now_ms):
        has = ["finger"] + sorted(self._switches) + (["arm"] if self._arm else []) + (["meter"] if self._meter else [])
        return "ok tiexin-helper {} {} {}".format(VERSION, now_ms, ",".join(has + sorted(self._levels())))

    def _do_press(self, number, arguments, now_ms):
        hold_ms = _whole(arguments, 0, 1, _HOLD_MOST_MS)
        bounce_ms = _whole(arguments, 1, 0, _BOUNCE_MOST_MS) if len(arguments) > 1 else 0
        if self._pressing is not None:
            raise Wrong("a press goes on")
        self._pressing = number
        self._finger.press(now_ms, hold_ms, bounce_ms)

    def _do_down(self, number, arguments, now_ms):
        self._finger.set(True)
        return f"ok {now_ms}"

    def _do_up(self, number, arguments, now_ms):
        self._finger.set(False)
        return f"ok {now_ms}"

    def _do_switch(self, number, arguments, now_ms):
        if not arguments or arguments[0] not in self._switches:
            raise Wrong("switch what? one of " + ",".join(sorted(self._switches)))
        self._switches[arguments[0]].value(_whole(arguments, 1, 0, 1))
        return f"ok {now_ms}"

    def _do_turn(self, number, arguments, now_ms):
        if not self._arm:
            raise Wrong("this helper has no arm")
        self._arm.turn(now_ms, _whole(arguments, 0, 0, 180), _whole(arguments, 1, 0, 60_000))
        return f"ok {now_ms}"

    def _do_pulses(self, number, arguments, now_ms):
        after, edges = self._pulses.since(_whole(arguments, 0, 0, 1 << 29), _EDGES_A_REPLY)
        return " ".join(["ok", str(after), str(self._pulses.count)] + ["{}:{}:{}".format(*edge) for edge in edges])

    def _do_levels(self, number, arguments, now_ms):
        levels = self._levels()
        return "ok {} {}".format(now_ms, " ".join(f"{name}={levels[name]}" for name in sorted(levels)))

    def _do_current(self, number, arguments, now_ms):
        if not self._meter:
            raise Wrong("this helper has no meter")
        if self._measuring:
            raise Wrong("a measurement goes on")
        self._measuring = [number, now_ms + _whole(arguments, 0, 20, _CURRENT_MOST_MS), now_ms, 0, 0]


def _whole(arguments, at, least, most):
    try:
        value = int(arguments[at])
    except (IndexError, ValueError):
        raise Wrong(f"argument {at + 1} must be a whole number")
    if not least <= value <= most:
        raise Wrong(f"argument {at + 1} must be {least} to {most}")
    return value
