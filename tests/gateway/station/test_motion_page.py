"""The picture of a fall: for who is signed in, in their language, and never a broken image."""

import xml.etree.ElementTree as ET
from functools import partial

import pytest

from gateway import motion_parts, motion_reading, motion_store
from gateway.station import motion_plot, words
from shared import waves
from tests.gateway.station.house import CARER, add_users, run, sign_in, sources
from tests.gateway.test_motion_reading import window

CASE = "a0b1c2d3e4f5-1-7"


class Shelf:
    """One case with a window in which the wearer turns by a right angle."""

    def has(self, case_id):
        """As the real one's."""
        return case_id == CASE

    async def of_case(self, case_id):
        """As the real one's."""
        samples = bytes(waves.code_of(mg) for sample in zip(*window(90), strict=True) for mg in sample)
        body = motion_parts.pack_window(1, 7, samples)
        return motion_store.Kept(b"pppppp", 1, 7, body, 1, 5) if case_id == CASE else None


def drawn(reading, language="en"):
    """The picture, parsed: all of its texts."""
    root = ET.fromstring(motion_plot.draw(reading, partial(words.say, language=language)))
    return root, [text.text for text in root.iter("{http://www.w3.org/2000/svg}text")]


@pytest.mark.parametrize(("language", "said"), [("en", "probably lying"), ("zh", "很可能躺着")])
def test_the_picture_says_in_words_what_it_shows(language, said):
    """Title for the blind, words for everybody; nothing of it needs a style sheet."""
    root, texts = drawn(motion_reading.read(window(90)), language)

    assert any(said in text for text in texts)
    assert said in root[0].text
    assert not [one for one in root.iter() if "style" in one.attrib or one.tag.endswith("style")]


@pytest.mark.parametrize("peak_mg", [1_600, 2_000, 7_900, 16_000])
def test_the_curve_stays_in_its_field(peak_mg):
    """Whatever the impact: 192 points, none above the top line or below the bottom."""
    root, _ = drawn(motion_reading.read(window(90, peak_mg)))
    line = next(root.iter("{http://www.w3.org/2000/svg}polyline"))
    heights = [float(pair.split(",")[1]) for pair in line.attrib["points"].split()]

    assert len(heights) == 192
    assert 44 <= min(heights) < 120
    assert max(heights) <= 208


def test_a_carer_sees_it_and_a_stranger_does_not(tmp_path):
    """Signed in: a picture, also where none has come; else the door. What is no alarm is no page."""
    add_users(tmp_path)

    async def scene(_station, client):
        async with client.get(f"/cases/{CASE}/motion.svg", allow_redirects=False) as answer:
            assert answer.status in {303, 401}
        await sign_in(client, CARER)
        async with client.get(f"/cases/{CASE}/motion.svg", headers={"Accept-Language": "en"}) as answer:
            assert (answer.status, answer.content_type) == (200, "image/svg+xml")
            assert "probably lying" in await answer.text()
        async with client.get("/cases/a0b1c2d3e4f5-1-8/motion.svg", headers={"Accept-Language": "en"}) as answer:
            assert "No record of the motion has come." in await answer.text()
        async with client.get("/cases/no-alarm/motion.svg") as answer:
            assert answer.status == 404

    run(scene, tmp_path, lent=sources(tmp_path, motion=Shelf()))
