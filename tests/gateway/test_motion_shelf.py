"""Which alarms have a picture, and the file in which a labelled alarm meets its motion."""

import asyncio
import json
from functools import partial

from gateway import motion_file, motion_parts, motion_store
from gateway.motion_custody import MotionCustody
from gateway.motion_shelf import MotionShelf
from gateway.trace import Trace, silent_sink
from shared import gateway_frames, waves, words
from tests.gateway.helpers import P, booked
from tests.gateway.rig import FakePendant
from tests.gateway.test_custody import home

SAMPLES = bytes([waves.code_of(-900), 0, waves.code_of(400)]) * waves.PART_SAMPLES


def run(tmp_path, pendant, body):
    """Run body(home, shelf, told) with motion taken."""

    async def scenario():
        async with home(tmp_path, pendant) as one:
            told = []
            shelf = MotionShelf(one.store, told.append)
            await shelf.load()
            one.custody.motion = MotionCustody(
                store=one.store, switch_on=1, known=await one.store.read(motion_store.known), trace=Trace(silent_sink)
            )
            one.custody.motion.on_kept = shelf.kept
            return await body(one, shelf, told)

    return asyncio.run(scenario())


async def fall(one, pendant, ref=(0, 0)):
    """A suspected fall and its motion; the fall's number."""
    one.custody.heard(-60, pendant.event(words.FALL_SUSPECTED, ref=ref))
    for part in range(waves.PARTS):
        one.custody.heard(-60, pendant.wave(pendant.seq, part, SAMPLES))
    for _ in range(6):
        await one.store.settled()
        await asyncio.sleep(0.01)
    return pendant.seq


def test_a_case_has_its_window_also_after_a_restart(tmp_path):
    """The page is told when it comes; the newest window of the case is the one that is shown."""
    pendant = FakePendant()

    async def first(one, shelf, told):
        first_fall = await fall(one, pendant)
        await fall(one, pendant, ref=(1, first_fall))
        case = gateway_frames.event_id(pendant.id, 1, first_fall)
        return case, shelf.has(case), told, (await shelf.of_case(case)).seq

    case, has, told, seq = run(tmp_path, pendant, first)

    async def again(_one, shelf, _told):
        return shelf.has(case), shelf.has("a0b1c2d3e4f5-1-99"), await shelf.of_case("a0b1c2d3e4f5-1-99")

    assert (has, told, seq) == (True, [case, case], 2)
    assert run(tmp_path, pendant, again) == (True, False, None)


def test_a_line_of_the_training_file_joins_its_outcome(tmp_path):
    """By the alarm's id, with the numbers and no name."""
    body = motion_parts.pack_window(1, 7, SAMPLES * waves.PARTS)
    made = json.loads(json.dumps(motion_file.line("case", motion_store.Kept(b"pppppp", 1, 7, body, 1, 5))))

    assert (made["alarm"], made["event"], made["pendant"]) == ("case", "707070707070-1-7", "707070707070")
    assert (made["period_ms"], made["impact_index"], len(made["x_mg"])) == (20, 100, 192)
    assert (made["x_mg"][0], made["z_mg"][0]) == (-900, 400)


def test_who_closes_an_alarm_labels_its_motion(tmp_path):
    """The windows of a closed case stand beside its outcome; of others none."""

    async def scenario():
        async with booked(tmp_path) as book:
            await book.say(words.FALL_SUSPECTED)
            await book.say(words.FALL_SUSPECTED, 2)
            for seq in (1, 2):
                body = motion_parts.pack_window(1, seq, SAMPLES * waves.PARTS)
                await book.store.do(partial(motion_store.put, kept=motion_store.Kept(P, 1, seq, body, 1, 5)))
            await book.until(lambda: len(book.cases.open()) == 2)
            return await book.cases.close("707070707070-1-2", "false", "bo")

    case = asyncio.run(scenario())
    lines = [json.loads(line) for line in (tmp_path / motion_file.NAME).read_text().splitlines()]
    outcomes = [json.loads(line) for line in (tmp_path / "outcomes.jsonl").read_text().splitlines()]

    assert [(line["alarm"], line["event"]) for line in lines] == [(case.id, case.id)]
    assert [(line["alarm"], line["outcome"]) for line in outcomes] == [(case.id, "false")]
    assert (tmp_path / motion_file.NAME).stat().st_mode & 0o777 == 0o600
