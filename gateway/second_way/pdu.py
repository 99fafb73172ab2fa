"""Without this file no Chinese word would fit into a text message: SMS-SUBMIT as 3GPP TS 23.040 writes it.

Section 9.2.2.2 has the layout, 9.1.2.5 the address, 9.2.3.24.1 how a long text is cut into parts. A PDU as a modem
takes it (TS 27.005, 4.3) begins with the service centre's address: 00, the one that the SIM knows.
"""

from typing import NamedTuple

from gateway.second_way import alphabet

MOST_PARTS = 6
_SUBMIT = 0x01  # TP-MTI, 9.2.3.1
_RELATIVE_VALIDITY = 0x10  # TP-VPF, 9.2.3.3
_HAS_HEADER = 0x40  # TP-UDHI, 9.2.3.23
_HOUR = 11  # TP-VP, 9.2.3.12.1: (11 + 1) * 5 minutes; an alarm that arrives later would call for what is over
_GSM7, _UCS2 = 0x00, 0x08  # TP-DCS, TS 23.038 section 4
_SEPTETS, _SEPTETS_OF_PART = 160, 153  # 140 octets; six of them go to the header of a part
_UNITS, _UNITS_OF_PART = 70, 67  # the same in UTF-16
_INTERNATIONAL, _UNKNOWN = 0x91, 0x81


class Pdu(NamedTuple):
    """One message for AT+CMGS."""

    length: int  # octets without the service centre's address: what AT+CMGS wants to know
    hex: str


def submit(number: str, text: str, reference: int) -> list[Pdu]:
    """One PDU, or the parts of a long text; reference ties those together. A text beyond MOST_PARTS is cut."""
    codes = alphabet.septets(text)
    if codes is not None:
        parts = _cut(codes, _SEPTETS, _SEPTETS_OF_PART)
        return [_pdu(number, _GSM7, part, _header(reference, len(parts), n)) for n, part in enumerate(parts, 1)]
    parts = _cut([character.encode("utf-16-be", "replace") for character in text], 2 * _UNITS, 2 * _UNITS_OF_PART)
    return [_pdu(number, _UCS2, part, _header(reference, len(parts), n)) for n, part in enumerate(parts, 1)]


def is_one_plain_message(text: str) -> bool:
    """Whether text mode can carry it: one message of characters that ASCII and the GSM alphabet share."""
    codes = alphabet.septets(text)
    return codes is not None and text.isascii() and text.isprintable() and sum(map(len, codes)) <= _SEPTETS


def _cut(characters: list[bytes], whole: int, part: int) -> list[bytes]:
    """Never within a character: not between an escape and its septet, not between two surrogates."""
    if sum(map(len, characters)) <= whole:
        return [b"".join(characters)]
    parts = [b""]
    for character in characters:
        if len(parts[-1]) + len(character) > part:
            parts.append(b"")
        parts[-1] += character
    return parts[:MOST_PARTS]


def _header(reference: int, count: int, number: int) -> bytes:
    """Concatenated short messages, 8-bit reference number (9.2.3.24.1); nothing for a single message."""
    return b"" if count == 1 else bytes((5, 0x00, 3, reference & 0xFF, count, number))


def _pdu(number: str, coding: int, content: bytes, header: bytes) -> Pdu:
    if coding == _GSM7:
        header_septets = (8 * len(header) + 6) // 7
        length = header_septets + len(content)
        data = header + alphabet.pack(content, 7 * header_septets - 8 * len(header))
    else:
        length = len(header) + len(content)
        data = header + content
    first = _SUBMIT | _RELATIVE_VALIDITY | (_HAS_HEADER if header else 0)
    # TP-MR 0: the modem numbers it; TP-PID 0: a short message.
    octets = bytes((first, 0)) + _address(number) + bytes((0, coding, _HOUR, length)) + data
    return Pdu(len(octets), "00" + octets.hex().upper())


def _address(number: str) -> bytes:
    """Semi-octets, the first digit in the low half, F at the end of an odd number (9.1.2.3, 9.1.2.5)."""
    digits = number.removeprefix("+")
    padded = digits + "F" * (len(digits) % 2)
    swapped = "".join(padded[at + 1] + padded[at] for at in range(0, len(padded), 2))
    kind = _INTERNATIONAL if number.startswith("+") else _UNKNOWN
    return bytes((len(digits), kind)) + bytes.fromhex(swapped)
