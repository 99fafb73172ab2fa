"""Without this file two frames to a pendant could carry the same nonce, and the seal would be worth nothing."""

from collections.abc import Callable

from gateway.seal import Ccm
from gateway.tables import Identity
from shared import frames

_RENEW_AT = int(frames.COUNTER_MOST) // 2  # early enough for the new boot to be committed long before the end
_RENEW_EVERY = 10_000  # ask again so many frames later, if the disk would not commit it


class Downlink:
    """Seals what this gateway says to pendants. Its boot was committed before use; the counter is in memory."""

    def __init__(self, identity: Identity, renew: Callable[[], None]) -> None:
        self.gateway = identity.gateway
        self._boot = identity.boot
        self._counter = 0
        self._renew = renew  # asks for a new boot; whoever has committed it calls `renewed`
        self._ciphers: dict[bytes, tuple[bytes, Ccm]] = {}

    def seal(self, kind: int, pendant: bytes, key: bytes, body: bytes) -> bytes:
        """A whole air frame of that kind and body for a pendant."""
        self._counter += 1
        if self._counter >= _RENEW_AT and (self._counter - _RENEW_AT) % _RENEW_EVERY == 0:
            self._renew()
        return bytes(
            frames.seal(kind, pendant, self._boot, self._counter, body, self._cipher(pendant, key), self.gateway)
        )

    def renewed(self, identity: Identity) -> None:
        """From now on count from 0 in this boot."""
        self.gateway = identity.gateway
        self._boot = identity.boot
        self._counter = 0
        self._ciphers.clear()

    def _cipher(self, pendant: bytes, key: bytes) -> Ccm:
        known = self._ciphers.get(pendant)
        if known is None or known[0] != key:
            known = self._ciphers[pendant] = (key, Ccm(frames.downlink_key(key, self.gateway)))
        return known[1]
