"""Without this file each bench would need the recordings: ten falls and ten scenes of daily life, recorded or made.

Where the recordings are (TIEXIN_DATA, or ../shared/data) they are of FallAllD's neck sensor; elsewhere they are made by
tools/motion, and the name says so.
"""

from functools import lru_cache

from hil_tests.rig.verbs import Recording
from tools.motion import synthesise
from tools.recordings.archive import Archive
from tools.recordings.load import data_folder

_MADE_FALLS = ("fall_forward", "fall_back", "fall_side", "fall_forward_hands", "fall_lanyard")
_MADE_ADL = ("walking", "sit_down_hard", "lie_down", "turn_in_bed", "standing")
# One of each kind, spread over people; chosen by their place in the archive, not by what a detector says of them.
_FALL_ACTIVITIES = (101, 103, 107, 111, 115, 119, 121, 127, 132, 134)
_ADL_ACTIVITIES = (13, 14, 16, 18, 19, 24, 28, 29, 37, 41)


def falls():
    """Ten falls."""
    return _recorded(_FALL_ACTIVITIES, is_fall=True) or _made(_MADE_FALLS)


def adl():
    """Ten scenes of daily life."""
    return _recorded(_ADL_ACTIVITIES, is_fall=False) or _made(_MADE_ADL)


def fall(number=0):
    """One made fall, the same everywhere."""
    return _made(_MADE_FALLS)[number]


@lru_cache
def _made(scenes):
    made = []
    for seed in (2, 3):  # falls that are clear at whatever phase the sensor samples them
        for scene in scenes:
            motion = synthesise(scene, seed=seed)
            made.append(Recording(f"made {scene} {seed}", motion.acc_mg, motion.fs_hz, motion.impact))
    return made


@lru_cache
def _recorded(activities, *, is_fall):
    folder = data_folder()
    path = folder / "fallalld_neck.npz" if folder else None
    if path is None or not path.exists():
        return []
    trials = [one for one in Archive(path) if one.is_fall == is_fall]
    return list(_chosen(trials, activities, is_fall=is_fall))


def _chosen(trials, activities, *, is_fall):
    """The first trial of each activity, from a different person where there is one."""
    used = set()
    for wanted in activities:
        fitting = [one for one in trials if int(one.activity) == wanted]
        fresh = [one for one in fitting if one.subject not in used] or fitting
        if fresh:
            used.add(fresh[0].subject)
            impact = fresh[0].impact if is_fall else None
            yield Recording(fresh[0].source, fresh[0].acc_mg, fresh[0].fs_hz, impact)
