"""Without this file a message could not be packed into septets: the GSM 7 bit default alphabet (3GPP TS 23.038).

Section 6.2.1 has the alphabet, 6.2.1.1 its extension table, 6.1.2.1 how septets are packed.
"""

_BASIC = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_ESCAPE = 0x1B
_EXTENSION = {
    "\f": 0x0A, "^": 0x14, "{": 0x28, "}": 0x29, "\\": 0x2F, "[": 0x3C, "~": 0x3D, "]": 0x3E, "|": 0x40, "€": 0x65,
}  # fmt: skip
_CODES = {
    **{character: bytes((code,)) for code, character in enumerate(_BASIC) if code != _ESCAPE},
    **{character: bytes((_ESCAPE, code)) for character, code in _EXTENSION.items()},
}


def septets(text: str) -> list[bytes] | None:
    """The septets of each character, one or two; None if the alphabet lacks one of them."""
    found = [_CODES.get(character) for character in text]
    return None if None in found else [codes for codes in found if codes is not None]


def pack(codes: bytes, fill_bits: int = 0) -> bytes:
    """Septets, the first in the lowest bits, behind so many zero bits (after a header, TS 23.040, 9.2.3.24)."""
    number = 0
    for at, code in enumerate(codes):
        number |= code << (fill_bits + 7 * at)
    return number.to_bytes((fill_bits + 7 * len(codes) + 7) // 8, "little")


def unpack(data: bytes, count: int, fill_bits: int = 0) -> str:
    """What count septets in packed data say."""
    number = int.from_bytes(data, "little") >> fill_bits
    extension = {code: character for character, code in _EXTENSION.items()}
    text, is_escaped = [], False
    for at in range(count):
        code = number >> (7 * at) & 0x7F
        if is_escaped:
            text.append(extension.get(code, _BASIC[code]))
            is_escaped = False
        elif code == _ESCAPE:
            is_escaped = True
        else:
            text.append(_BASIC[code])
    return "".join(text)
