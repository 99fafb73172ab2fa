"""Seals what goes out, opens what comes in, and keeps the listening time; without it the radio would know no secrets.

Class A: the pendant listens only just after an own frame. Every transmission, a repeat too, takes a fresh counter.
What comes in is believed only if its seal holds, it is meant for this pendant, and its counter is newer than the last
one of the same gateway: a recorded "somebody is coming" must not comfort anybody twice.
"""

from shared import frames, words
from shared.ccm import Ccm
from shared.compat import const, ticks_add, ticks_diff

_PATIENCE_MS = const(40)  # each failure listens so much longer: the gateway's disk may be slow, or the air full
_PATIENCE_MOST = const(8)
_SLOTS = ("gateway", "gateway2", "gateway3")  # in the memory that survives sleep, the latest first
_STAY_MS = const(200)  # a gateway that has much to say will come to us: asking again would only add to it
_STAYS_MOST = const(10)
_GATEWAYS_MOST = const(8)  # more gateways than any home has; the one unheard for longest is forgotten


class Link:
    """One parcel at a time: ``send``, then ``listen`` until ``is_listening`` ends."""

    def __init__(self, identity, memory, radio, settings, save):
        """save() puts the memory where it survives a reset; called before a counter is used."""
        self._identity = identity
        self._memory = memory
        self._radio = radio
        self._listen_ms = settings.listen_ms
        self._more_ms = settings.listen_more_ms
        self._save = save
        self._cipher = Ccm(identity.key)
        self._gateways = []  # [id, cipher, boot, counter], the latest heard last
        for slot in reversed(_SLOTS):
            number = getattr(memory, slot)
            if number:
                known = self._gateway(number.to_bytes(frames.ID_SIZE, "big"))
                known[2], known[3] = getattr(memory, slot + "_boot"), getattr(memory, slot + "_counter")
                self._gateways.append(known)
        self._end_ms = 0
        self.parcel = None  # the one in the air, until it is acknowledged or missed
        self.is_listening = False
        self._stays = 0
        self.overheard = False  # a gateway spoke to somebody else in this window: the channel is not an empty one
        self.rssi_dbm = memory.rssi - 256 if memory.rssi else frames.RSSI_UNKNOWN_DBM
        self.rejected = 0

    def send(self, parcel, now_ms, channels):
        """Transmit on the channel whose turn it is, and begin to listen."""
        memory = self._memory
        counter = memory.next_counter()
        self._save()
        frame = frames.seal(
            parcel.kind, self._identity.id, memory.boot, counter, parcel.make_body(parcel), self._cipher
        )
        if self._radio.channel != channels.channel:
            self._radio.tune(channels.channel)
        self._radio.on()
        channels.channel = self._radio.channel  # not every chip goes everywhere
        self._radio.send(frame)
        self.parcel = parcel
        self.is_listening = True
        self.overheard = False
        self._stays = 0
        patience_ms = 0 if channels.is_scanning or parcel.burst else _PATIENCE_MS * min(parcel.step, _PATIENCE_MOST)
        self._end_ms = ticks_add(now_ms, self._listen_ms + patience_ms)

    def left_ms(self, now_ms):
        """Milliseconds of listening that are left."""
        return max(0, ticks_diff(self._end_ms, now_ms)) if self.is_listening else 0

    def heard(self, rssi_dbm, frame, now_ms):
        """Open a frame from the air; (kind, Ack, Answer or Command), or None for whatever is not ours or not new."""
        try:
            header = frames.read_header(frame)
            if header.kind < words.ACK or header.pendant != self._identity.id:
                self.overheard = self.overheard or header.kind >= words.ACK
                return None  # a neighbour's: neither ours nor wrong
            gateway = self._gateway(header.gateway)
            body = frames.open_frame(frame, gateway[1])
            said = _unpack(header.kind, body)
        except frames.FrameError:
            self.rejected += 1
            return None
        if said is None:
            return None
        number = (header.boot, header.counter)
        if number <= (gateway[2], gateway[3]):
            self.rejected += 1
            return None
        gateway[2], gateway[3] = number
        self._remember(gateway)
        if -128 <= rssi_dbm < 0:  # else the port did not know it
            self.rssi_dbm = rssi_dbm
            self._memory.rssi = rssi_dbm + 256
        return header.kind, said

    def more_follows(self, now_ms):
        """The gateway has something else to say: stay a little longer."""
        self._end_ms = ticks_add(now_ms, self._more_ms)

    def change_key(self, key):
        """From now on speak under another key; what a gateway said under the old one no longer opens."""
        self._identity.key = key
        self._cipher = Ccm(key)
        self._gateways = []
        for slot in _SLOTS:
            setattr(self._memory, slot, 0)

    def stay(self, now_ms):
        """Nothing for us in this window, but a gateway spoke to others: listen on, for a while. False: long enough."""
        step = self.parcel.step if self.parcel else 0
        if not self.overheard or self._stays >= min(2 + 2 * step, _STAYS_MOST):
            return False
        self._stays += 1
        self.overheard = False
        self._end_ms = ticks_add(now_ms, _STAY_MS)
        return True

    def close(self):
        """Stop listening."""
        self.is_listening = False
        self.parcel = None

    def _gateway(self, gateway_id):
        for gateway in self._gateways:
            if gateway[0] == gateway_id:
                return gateway
        return [gateway_id, Ccm(frames.downlink_key(self._identity.key, gateway_id)), -1, -1]

    def _remember(self, gateway):
        """Only after its seal has held: a forger cannot push the real ones out."""
        if gateway in self._gateways:
            self._gateways.remove(gateway)
        elif len(self._gateways) >= _GATEWAYS_MOST:
            self._gateways.pop(0)
        self._gateways.append(gateway)
        for i in range(min(len(_SLOTS), len(self._gateways))):
            known = self._gateways[-1 - i]
            setattr(self._memory, _SLOTS[i], int.from_bytes(known[0], "big"))
            setattr(self._memory, _SLOTS[i] + "_boot", known[2])
            setattr(self._memory, _SLOTS[i] + "_counter", known[3])


def _unpack(kind, body):
    if kind == words.ACK:
        return frames.unpack_ack(body)
    if kind == words.ANSWER:
        return frames.unpack_answer(body)
    if kind == words.COMMAND:
        return frames.unpack_command(body)
    return None  # a later protocol's: nothing we could do
