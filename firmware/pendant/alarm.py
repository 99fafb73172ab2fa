"""From "have you fallen?" to "somebody is coming"; without it the pendant would shout or be silent, and never ask.

A suspected fall is told at once and a countdown begins. Exactly one thing ends it:

    a short press            cancelled: "I am well"
    standing up (detector)   recovered
    a hold                   confirmed at once, by hand (argument 1)
    the end of the countdown confirmed (argument 0)

A second fall during the countdown is told, but does not give the first one more time. A hold outside a countdown calls
for help. An alarm stays open, and is asked about every few seconds, until a person has accepted it or the wait is over.

The state lives in the memory that survives resets; times are on the long clock, in milliseconds.
"""

from firmware.pendant import feelings
from shared import frames, words
from shared.compat import const

_QUIET = const(0)
_COUNTING = const(1)

BY_CLOCK = const(0)
BY_HAND = const(1)

_PULSE_MS = const(1_000)
_SERVICES = const(6)
_FELT_MOST = const(8)  # more alarms than are ever answered at the same time


class Alarm:
    """record(code, arg, ref, delay_ms) puts an event on flash and returns its (boot, seq); say and tick are felt."""

    def __init__(self, memory, settings, record, feel):
        self._memory = memory
        self._countdown_ms = settings.countdown_s * 1_000
        self._wait_ms = settings.answer_wait_s * 1_000
        self._feel_delivered = settings.feel_delivered
        self._record = record
        self._feel = feel
        self._pulse_ms = 0
        self._felt = []  # (ref, stage), the latest last: gateways repeat an answer until they know it was felt

    @property
    def is_counting(self):
        """True while the wearer is asked."""
        return self._memory.phase == _COUNTING

    @property
    def fall(self):
        """(boot, seq) of the fall that is or was last asked about; (0, 0) if a call for help has come since."""
        return self._memory.fall_boot, self._memory.fall_seq

    def open_ref(self, at_ms):
        """(boot, seq) of the alarm that waits for an answer; None if none does."""
        memory = self._memory
        if memory.open_seq and at_ms < memory.open_end_ms:
            return memory.open_boot, memory.open_seq
        return None

    def next_ms(self, at_ms):
        """Milliseconds until ``update`` has something to do; -1 = never by itself."""
        if not self.is_counting:
            return -1
        return max(0, min(self._memory.phase_end_ms, self._pulse_ms) - at_ms)

    # ---- what happens to the wearer

    def fall_suspected(self, delay_ms, at_ms):
        """The detector thinks of a fall, delay_ms after the impact; return the (boot, seq) under which it is told."""
        if self.is_counting:
            return self._record(words.FALL_SUSPECTED, 0, self.fall, delay_ms)
        ref = self._record(words.FALL_SUSPECTED, 0, (0, 0), delay_ms)
        self._count(ref, at_ms)
        return ref

    def resume(self, fall, at_ms):
        """After a loss of power: this fall was told, and nothing is known of how it ended. Ask again."""
        self._count(fall, at_ms)

    def fall_recovered(self, at_ms):
        """The detector sees the wearer up and about again."""
        if self.is_counting:
            self._resolve(words.FALL_RECOVERED, BY_CLOCK)
            self._feel.say(feelings.CANCELLED)

    def tapped(self, at_ms):
        """A short press. True if it meant "cancel"."""
        if not self.is_counting:
            return False
        self._resolve(words.FALL_CANCELLED, BY_HAND)
        self._feel.say(feelings.CANCELLED)
        return True

    def held(self, taps, delay_ms, at_ms):
        """The button was held: taps short presses before chose the service."""
        if self.is_counting:
            self._confirm(BY_HAND, at_ms)
        else:
            # More taps than services are a nervous hand's: that is a call for rescue.
            service = taps if taps < _SERVICES else words.RESCUE
            self._memory.fall_boot = self._memory.fall_seq = 0  # a late answer to it is none to this call
            self._open(self._record(words.HELP_REQUESTED, service, (0, 0), delay_ms), at_ms)
        self._feel.say(feelings.SENT)

    def update(self, at_ms):
        """Let time pass."""
        if not self.is_counting:
            return
        if at_ms >= self._memory.phase_end_ms:
            self._confirm(BY_CLOCK, at_ms)
            self._feel.say(feelings.SENT)
        elif at_ms >= self._pulse_ms:
            self._pulse_ms = at_ms + _PULSE_MS
            self._feel.tick(feelings.COUNTING)

    # ---- what comes from the gateway

    def stored(self, code):
        """The gateway has one of our events."""
        if code in (words.FALL_CONFIRMED, words.HELP_REQUESTED):
            self._feel.say(feelings.STORED)

    def answered(self, ref, stage, at_ms):
        """Help has come so far for the alarm ref. True the first time; that is felt and told."""
        memory = self._memory
        if stage == words.ANSWERED:
            if ref == self.fall:
                memory.is_answered = 1
            if ref in (self.fall, (memory.open_boot, memory.open_seq)):
                memory.open_seq = 0
        if (ref, stage) in self._felt or (ref, stage) == ((memory.felt_boot, memory.felt_seq), memory.felt_stage):
            return False
        if stage == words.DELIVERED and not self._feel_delivered:
            return False  # what nobody felt is not told as felt
        self._felt.append((ref, stage))
        if len(self._felt) > _FELT_MOST:
            self._felt.pop(0)
        memory.felt_boot, memory.felt_seq = ref
        memory.felt_stage = stage
        self._feel.say(feelings.ANSWERED if stage == words.ANSWERED else feelings.DELIVERED)
        self._record(words.ANSWER_FELT, stage, ref, frames.DELAY_UNKNOWN_MS)
        return True

    # ---- changes of state

    def _count(self, fall, at_ms):
        memory = self._memory
        memory.fall_boot, memory.fall_seq = fall
        memory.is_answered = 0
        memory.phase = _COUNTING
        memory.phase_end_ms = at_ms + self._countdown_ms
        self._pulse_ms = at_ms + _PULSE_MS
        self._open(fall, at_ms)
        self._feel.say(feelings.FALLEN)

    def _confirm(self, by, at_ms):
        ref = self._resolve(words.FALL_CONFIRMED, by)
        if not self._memory.is_answered:
            self._open(ref, at_ms)

    def _resolve(self, code, by):
        """The countdown is over, one way or another; nothing waits for an answer any more."""
        memory = self._memory
        memory.phase = _QUIET
        memory.open_seq = 0
        self._feel.hush()
        return self._record(code, by, self.fall, frames.DELAY_UNKNOWN_MS)

    def _open(self, ref, at_ms):
        memory = self._memory
        memory.open_boot, memory.open_seq = ref
        memory.open_end_ms = at_ms + self._wait_ms
