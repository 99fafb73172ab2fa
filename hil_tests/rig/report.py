"""Without this page a night on the bench would be a list of dots.

Each test leaves a folder with its story (verdict, why, what happened on one axis) and its whole logs; from all folders
one HTML page is made, after every test, so that a run that dies leaves one too.

    python -m hil_tests.rig.report FOLDER
"""

import json
import shutil
import sys
import time
from pathlib import Path
from typing import Any

from jinja2 import Environment

from hil_tests.rig import junit
from hil_tests.rig.log import LANES, Entry

STORY = "story.json"
_BEGUN = "begun"
_PAGE = Path(__file__).with_name("page.html")
_MOST_DOTS = 400  # a lane with more is a bar anyway
_WIDTH_PX, _LANE_PX, _LEFT_PX = 1000, 26, 80
_VERDICTS = ("failed", "did not end", "skipped", "passed")


def write_story(folder: Path, notes: dict[str, Any], rig: Any, kind: str) -> None:
    """Write down one test; rig is None if it could not even be built."""
    entries: list[Entry] = []
    if rig is not None:
        entries = rig.log.in_order()
        for name, path in rig.logs().items():
            if path.exists():
                shutil.copyfile(path, folder / f"{name}.log")
    story = {**notes, "rig": rig.kind if rig else kind, "entries": [[one.at_s, one.lane, one.text] for one in entries]}
    put_story(folder, story)


def put_story(folder: Path, story: dict[str, Any]) -> None:
    """Write it whole or not at all: another process may be making the page."""
    folder.mkdir(parents=True, exist_ok=True)
    new = folder / f"{STORY}.new"
    new.write_text(json.dumps(story, ensure_ascii=False), "utf-8")
    new.replace(folder / STORY)


def begin(root: Path) -> None:
    """Forget the stories of the run before, and nothing else that may stand there."""
    root.mkdir(parents=True, exist_ok=True)
    for old in root.glob(f"*/{STORY}"):
        shutil.rmtree(old.parent)
    (root / _BEGUN).write_text(time.strftime("%Y-%m-%dT%H:%M:%S%z"), "utf-8")
    make(root)


def make(root: Path) -> Path:
    """The page of all stories under root, failed ones first, and the same for a CI."""
    stories = [_read(path) for path in sorted(root.glob(f"*/{STORY}"))]
    begun = (root / _BEGUN).read_text("utf-8") if (root / _BEGUN).exists() else ""
    junit.write(root, stories, begun)
    stories.sort(key=lambda story: _VERDICTS.index(story["verdict"]))
    counts = {verdict: sum(story["verdict"] == verdict for story in stories) for verdict in _VERDICTS}
    text = (
        Environment(autoescape=True)
        .from_string(_PAGE.read_text("utf-8"))
        .render(stories=stories, counts=counts, begun=begun)
    )
    new = root / "index.html.new"
    new.write_text(text, "utf-8")
    return new.replace(root / "index.html")


def _read(path: Path) -> dict[str, Any]:
    story: dict[str, Any] = json.loads(path.read_text("utf-8"))
    story["logs"] = sorted(f"{path.parent.name}/{log.name}" for log in path.parent.glob("*.log"))
    story["picture"] = _picture([Entry(*one) for one in story.get("entries", [])])
    return story


def _picture(entries: list[Entry]) -> dict[str, Any] | None:
    """Where each dot stands, and the marks of the axis; None if nothing happened."""
    if not entries:
        return None
    first_s = entries[0].at_s
    span_s = max(entries[-1].at_s - first_s, 1e-3)
    lanes = []
    for number, lane in enumerate(LANES):
        own = [one for one in entries if one.lane == lane]
        step = max(1, len(own) // _MOST_DOTS)
        dots = [(_x(one.at_s - first_s, span_s), f"{one.at_s - first_s:.3f} s  {one.text}") for one in own[::step]]
        lanes.append({"name": lane, "y": 20 + number * _LANE_PX, "dots": dots})
    marks = [(_x(span_s * part / 5, span_s), f"{span_s * part / 5:.1f} s") for part in range(6)]
    height = 20 + len(LANES) * _LANE_PX + 16
    return {"lanes": lanes, "marks": marks, "width": _LEFT_PX + _WIDTH_PX + 30, "height": height, "left": _LEFT_PX}


def _x(at_s: float, span_s: float) -> float:
    return round(_LEFT_PX + at_s / span_s * _WIDTH_PX, 1)


if __name__ == "__main__":
    print(make(Path(sys.argv[1])))
