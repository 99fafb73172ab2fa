"""A text becomes messages as 3GPP TS 23.040 writes them; a telephone puts them together again."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.second_way import alphabet, pdu
from hil_tests.virtual.modem import decode

# Published examples of other encoders: (number, text, number's octets, coding, length and user data). The rest of a
# PDU is ours to choose (we ask for a validity of one hour, they do not).
EXAMPLES = [
    ("09012345678", "How are you doing?", "0B819010325476F8", "00", "12C8F71D14969741F9771D447EA7DDE71F"),
    ("09012345678", "こんにちわ", "0B819010325476F8", "08", "0A30533093306B3061308F"),
    ("+33601234567", "éàè/", "0B913306214365F7", "08", None),
]


@pytest.mark.parametrize(("number", "text", "address", "coding", "data"), EXAMPLES[:2])
def test_published_examples(number, text, address, coding, data):
    """Octet for octet."""
    (made,) = pdu.submit(number, text, 7)

    assert made.hex == f"001100{address}00{coding}0B{data}"
    assert made.length == len(made.hex) // 2 - 1


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("x" * 160, 1), ("x" * 161, 2), ("x" * 306, 2), ("x" * 307, 3), ("€" * 80, 1), ("€" * 81, 2), ("€" * 153, 3),
        ("跌" * 70, 1), ("跌" * 71, 2), ("跌" * 134, 2), ("跌" * 135, 3), ("😀" * 35, 1), ("😀" * 36, 2),
        ("😀" * 67, 3),
    ],
)  # fmt: skip
def test_where_a_text_is_cut(text, parts):
    """At 160 septets or 70 units; with a header at 153 or 67, and never within a character."""
    made = pdu.submit("+8613800138000", text, 200)
    found = [decode(one.hex) for one in made]

    assert len(made) == parts
    assert "".join(part.text for part in found) == text
    assert {(part.number, part.count) for part in found} == {("+8613800138000", parts)}
    assert all(len(one.hex) // 2 - 1 == one.length <= 12 + 7 + 140 for one in made)


@settings(max_examples=60, deadline=None)
@given(
    st.text(st.sampled_from(list(alphabet._CODES)) | st.characters(exclude_categories=["Cs"]), max_size=300),
    st.integers(0, 1000),
    st.from_regex(r"\+?[0-9]{3,20}", fullmatch=True),
)
def test_what_is_sent_is_what_is_read(text, reference, number):
    """Any text of ordinary length, to any number."""
    parts = [decode(one.hex) for one in pdu.submit(number, text, reference)]
    whole = "".join(part.text for part in parts)

    assert whole == text or (len(parts) == pdu.MOST_PARTS and text.startswith(whole))
    assert {part.number for part in parts} == {number}
    assert [part.index for part in parts] == list(range(1, len(parts) + 1))


@pytest.mark.parametrize(
    ("text", "is_plain"),
    [("Fall confirmed.", True), ("x" * 160, True), ("x" * 161, False), ("é", False), ("跌", False), ("`", False),
     ("[", True), ("[" * 81, False), ("a\nb", False)],
)  # fmt: skip
def test_what_text_mode_can_carry(text, is_plain):
    """What ASCII and the GSM alphabet share, in one message."""
    assert pdu.is_one_plain_message(text) == is_plain


def test_half_a_character_stops_no_message():
    """A name in the list of pendants may hold anything that JSON can; the message goes, with a question mark for it."""
    (message,) = pdu.submit("+10", "跌 \ud800", 1)

    assert message.hex.endswith("8DCC" + "0020" + "003F")
