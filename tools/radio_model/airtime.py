"""Without this file "500 alarms in a second" would be a number without an air to carry it.

How long a frame of ESP-NOW occupies the channel. Sources: Espressif, ESP-IDF API guide "ESP-NOW" (vendor-specific
action frame: MAC header 24, category 1, organisation 3, random 4, vendor element 7 + body, FCS 4; 1 Mbit/s by
default); IEEE 802.11-2020, table 16-4, HR/DSSS PHY (slot 20 us, SIFS 10 us, CWmin 31, long preamble and PLCP header
144 + 48 us, sent at 1 Mbit/s); DIFS = SIFS + 2 slots. A broadcast is never answered by the radio, so its window never
grows.
"""

BIT_US = 1  # at 1 Mbit/s
PREAMBLE_US = 144 + 48
SLOT_US = 20
DIFS_US = 10 + 2 * SLOT_US
WINDOW = 31  # a backoff is 0 to 31 slots
OVERHEAD_BYTES = 24 + 1 + 3 + 4 + 7 + 4


def airtime_us(body_bytes: int) -> int:
    """The time a frame with that many bytes of ESP-NOW data is in the air, in microseconds."""
    return PREAMBLE_US + 8 * BIT_US * (OVERHEAD_BYTES + body_bytes)
