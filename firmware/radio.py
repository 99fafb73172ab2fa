"""ESP-NOW, reduced to what a trip needs: on, send to everybody, listen, off; without it nothing leaves the board.

Frames go to the broadcast address in both directions: whoever holds the key of the pendant named in the frame can use
it, and any gateway in range may hear an alarm. That send() came back says nothing about anybody having heard it.
"""

import espnow
import network

EVERYBODY = b"\xff" * 6
_RING_BYTES = 1_024  # four full frames: the port takes it out of the heap, in one piece, each time it is switched on
_DROPPED_MOST = 32


class Radio:
    """Off until ``on()``; a channel may be set at any time."""

    def __init__(self, channel, ring_bytes=_RING_BYTES):
        self.channel = channel
        self.is_on = False
        self.torn = 0  # receive rings lost with what was in them
        self._wlan = network.WLAN(network.WLAN.IF_STA)
        self._now = espnow.ESPNow()
        self._now.config(rxbuf=ring_bytes)

    @property
    def senders(self):
        """How many were ever heard, each at about 100 bytes: the port's peers_table grows and cannot be emptied.

        Every way to receive fills it, it is fixed against changes, and active(False) keeps it (modespnow.c). It goes
        with the one ESPNow of this life of the interpreter: a soft reset is the broom, at a quiet moment.
        """
        return len(self._now.peers_table)

    def on(self):
        """Power up and tune; does nothing if it is on. Takes about 30 ms on the chip."""
        if self.is_on:
            return
        self._wlan.active(True)
        self._wlan.config(pm=self._wlan.PM_NONE)  # power saving sleeps through broadcasts
        self._go()
        self._now.active(True)
        self._now.add_peer(EVERYBODY)
        self.is_on = True

    def off(self):
        """Power down; what was received and not read is lost. Must be done before any sleep."""
        if self.is_on:
            self._now.active(False)
            self._wlan.active(False)
            self.is_on = False

    def tune(self, channel):
        """Move to a channel, 1 to 13. What was heard on the old one is dropped: it would pass for the new one's.

        The chip may refuse it; ``channel`` then says where we are.
        """
        self.channel = channel
        if self.is_on:
            self._go()
            for _ in range(_DROPPED_MOST):
                if not self._receive(0)[0]:
                    break

    def send(self, frame):
        """Hand a frame to the air. False if the driver would not take it: the caller's repeats are the remedy."""
        try:
            self._now.send(EVERYBODY, frame, False)
        except OSError:  # its buffer is full, or the radio was in the middle of a change
            return False
        return True

    def listen(self, ms):
        """Wait up to ms for one frame; (mac, rssi_dbm, frame), or None."""
        mac, frame = self._receive(ms)
        if not mac:
            return None
        heard = self._now.peers_table.get(mac)
        return mac, heard[0] if heard else 127, frame

    def _go(self):
        """To ``channel``; where ESP-IDF's country ends at 11 (its own, "01", does), 12 and 13 are an error 0x0102."""
        try:
            self._wlan.config(channel=self.channel)
        except (OSError, RuntimeError):
            self.channel = self._wlan.config("channel")

    def _receive(self, ms):
        """(mac, frame), or twice None.

        The port's own task puts a frame into the ring in three pieces. Who reads between the first and the last gets a
        ValueError, and for ever after (modespnow.c: recv_cb, recvinto): only off and on again gives another ring. What
        was in it is lost; both sides repeat what matters.
        """
        try:
            return self._now.recv(ms)
        except ValueError:
            self.torn += 1
            self.off()
            self.on()
            return None, None
