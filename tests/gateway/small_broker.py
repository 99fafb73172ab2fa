"""As much of a broker as a session needs, and as strict as a real one is seldom seen: counts what is under way."""

import asyncio


class SmallBroker:
    """MQTT 3.1.1 or 5; hangs up on whoever has more than receive_most messages without a PUBACK.

    refuses(topic), hangs_up(topic): what it says no to, in a PUBACK (MQTT 5), or by ending the connection. is_alone():
    whether nobody has subscribed, which it says in the PUBACK as well.
    """

    def __init__(
        self, *, receive_most=None, packet_most=None, puback_after_s=0.0, refuses=lambda topic: False,
        hangs_up=lambda topic: False, is_alone=lambda: False, suback=b"\x01",
    ):  # fmt: skip
        self.refuses, self.hangs_up, self.is_alone = refuses, hangs_up, is_alone
        self.suback = suback  # what it says to a subscription; b"": it hangs up
        self.hangs_up_on = None  # bytes in a message that it does not survive
        self.is_v5 = receive_most is not None or packet_most is not None
        self.receive_most, self.packet_most, self.puback_after_s = receive_most, packet_most, puback_after_s
        self.connects = []
        self.acknowledged = 0  # what was said to it
        self.published = []
        self.most_under_way = 0
        self.hung_up = 0
        self._under_way = 0

    def say(self, topic, payload):
        """Send a message, QoS 1, to whoever is connected."""
        body = len(topic).to_bytes(2, "big") + topic.encode() + b"\x00\x01" + (b"\x00" if self.is_v5 else b"") + payload
        self._writer.write(b"\x32" + bytes((len(body),)) + body)

    async def speak(self, reader, writer):
        """Serve one connection."""
        self._under_way = 0
        self._writer = writer
        try:
            while True:
                kind, size, body = await self._packet(reader)
                if self.packet_most and size > self.packet_most:
                    break
                if kind == 1:
                    self.connects.append(body)
                    writer.write(self._connack())
                elif kind == 3:
                    if not self._take(body, writer):
                        break
                elif kind == 4:
                    self.acknowledged += 1
                elif kind == 8:
                    if not self.suback:
                        break
                    properties = b"\x00" if self.is_v5 else b""
                    writer.write(bytes((0x90, 3 + len(properties))) + body[:2] + properties + self.suback)
        except (asyncio.IncompleteReadError, OSError):
            pass
        else:
            self.hung_up += 1
        writer.close()

    async def _packet(self, reader):
        kind = (await reader.readexactly(1))[0] >> 4
        size = shift = 0
        while True:
            (byte,) = await reader.readexactly(1)
            size |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return kind, size, await reader.readexactly(size)

    def _connack(self):
        properties = b""
        if self.receive_most:
            properties += b"\x21" + self.receive_most.to_bytes(2, "big")
        if self.packet_most:
            properties += b"\x27" + self.packet_most.to_bytes(4, "big")
        body = b"\x00\x00" + (bytes((len(properties),)) + properties if self.is_v5 else b"")
        return b"\x20" + bytes((len(body),)) + body

    def _take(self, body, writer):
        at = 2 + int.from_bytes(body[:2], "big")
        mid = body[at : at + 2]
        topic = body[2:at].decode()
        self.published.append((topic, body[at + 2 :]))
        if self.hangs_up(topic) or (self.hangs_up_on and self.hangs_up_on in body):
            return False
        self._under_way += 1
        self.most_under_way = max(self.most_under_way, self._under_way)
        if self.receive_most and self._under_way > self.receive_most:
            return False
        asyncio.get_running_loop().call_later(self.puback_after_s, self._confirm, mid, writer, self._reason(topic))
        return True

    def _reason(self, topic):
        if self.refuses(topic):
            return b"\x87"  # not authorized
        return b"\x10" if self.is_alone() else b""

    def _confirm(self, mid, writer, reason):
        self._under_way -= 1
        if not writer.is_closing():
            writer.write(b"\x40" + bytes((2 + len(reason),)) + mid + reason)
