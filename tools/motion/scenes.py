"""Without named scenes every test would invent its own fall.

``synthesise("fall_forward", seed=7)`` gives the same recording each time, on every machine. What the model behind
it does not capture is said in ``tools/motion/body.py``.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from tools.motion.body import RATE_HZ, Body, random_mount
from tools.recordings.recording import Recording

_DOWN_S = 12.0  # how long somebody lies after a fall, so that stage 2 can be seen


@dataclass(frozen=True)
class Scene:
    """One kind of motion: how it is played, and whether it is a fall."""

    play: Callable[[Body], None]
    is_fall: bool
    what: str


def _fall(body: Body, forward_deg: float, side_deg: float, hands: bool, peak_g: float) -> None:
    body.walk(body.vary(6), steps_hz=body.vary(1.8, 0.1), up_g=body.vary(0.22))
    if hands:
        body.sink(body.vary(0.35), 0.55, forward_deg * 0.6, side_deg * 0.6)
        body.blow(body.vary(peak_g * 0.5), 0.05, rebounds=1)
        body.sink(body.vary(0.18), 0.7, forward_deg, side_deg)
    else:
        body.sink(body.vary(0.55), 0.35, forward_deg, side_deg)
    body.blow(body.vary(peak_g))
    body.lean_to(forward_deg + 3, side_deg * 0.95, 0.5, effort_g=0.12)
    body.hold(_DOWN_S, tremble_g=0.015)


def _forward(body: Body) -> None:
    _fall(body, body.vary(85, 0.1), body.vary(8), hands=False, peak_g=5.0)


def _forward_hands(body: Body) -> None:
    _fall(body, body.vary(82, 0.1), body.vary(8), hands=True, peak_g=3.4)


def _back(body: Body) -> None:
    _fall(body, -body.vary(82, 0.1), body.vary(6), hands=False, peak_g=4.6)


def _side(body: Body) -> None:
    _fall(body, body.vary(10), body.vary(84, 0.1), hands=False, peak_g=4.4)


def _side_hands(body: Body) -> None:
    _fall(body, body.vary(10), -body.vary(82, 0.1), hands=True, peak_g=3.2)


def _with_lanyard(body: Body) -> None:
    body.walk(body.vary(6))
    body.sink(body.vary(0.55), 0.35, body.vary(80), body.vary(10))
    body.swing_pendant(body.vary(35))
    body.blow(body.vary(4.5))
    body.hold(_DOWN_S, tremble_g=0.015)


def _gets_up(body: Body) -> None:
    _fall(body, body.vary(80, 0.1), body.vary(8), hands=True, peak_g=3.6)
    del body.lean_deg[-1], body.push_g[-1], body.weight[-1]  # the lying is cut short
    body.hold(2.0, tremble_g=0.02)
    body.lean_to(35, 5, 1.2, effort_g=0.15)
    body.lean_to(2, 0, 1.2, effort_g=0.15)
    body.walk(8)


def _slump(body: Body) -> None:
    body.hold(6)
    body.lean_to(25, 10, 1.0, effort_g=0.06)
    body.sink(body.vary(0.8), 0.7, body.vary(60), body.vary(35))
    body.blow(body.vary(1.6), 0.09, rebounds=1)
    body.hold(_DOWN_S, tremble_g=0.01)


def _standing(body: Body) -> None:
    body.hold(20)


def _walking(body: Body) -> None:
    body.walk(20, steps_hz=body.vary(1.8, 0.1), up_g=body.vary(0.25))


def _sit_down_hard(body: Body) -> None:
    body.walk(5)
    body.lean_to(body.vary(30), 0, 0.5)
    body.sink(body.vary(0.35), 0.6, 12, 0)
    body.blow(body.vary(2.4), 0.07, axis=(0.1, 0.1, 1))
    body.lean_to(-8, 2, 0.6)
    body.hold(10)


def _lie_down(body: Body) -> None:
    body.walk(4)
    body.lean_to(20, 0, 0.9)
    body.blow(body.vary(0.8), 0.1, rebounds=1, axis=(0.1, 0.1, 1))
    body.hold(1.5)
    body.lean_to(-body.vary(75), 15, body.vary(1.3), effort_g=0.15)
    body.blow(body.vary(0.6), 0.12, rebounds=1)
    body.hold(10, tremble_g=0.005)


def _turn(body: Body) -> None:
    side = float(body.random.choice([-85, -40, 0, 40, 85]))
    body.lean_to(-80 * abs(np.cos(np.radians(side))), side, body.vary(0.9, 0.4), effort_g=0.2)
    if body.random.random() < 0.5:
        body.blow(body.vary(0.7, 0.6), 0.12, rebounds=1)


def _turn_in_bed(body: Body) -> None:
    body.now_deg = np.array([-80.0, 0.0])
    for _ in range(3):
        body.hold(body.vary(5), tremble_g=0.004)
        _turn(body)
    body.hold(6, tremble_g=0.004)


def _night(body: Body) -> None:
    """Half an hour of a restless night, somebody turning about every 40 s (a night's worth of turns in little time)."""
    body.walk(20)
    _lie_down(body)
    while body.length < 1_800 * RATE_HZ:
        body.hold(body.vary(35, 0.8), tremble_g=0.004)
        for _ in range(int(body.random.integers(1, 3))):
            _turn(body)
    body.lean_to(0, 0, 1.6, effort_g=0.15)
    body.hold(3)
    body.walk(10)


def _drop(body: Body) -> None:
    body.hold(4, tremble_g=0.04, sway_deg=6)  # in a hand
    height_m = body.vary(0.9, 0.4)
    body.tumble(float(np.sqrt(2 * height_m / 9.81)))
    body.blow(body.vary(13, 0.25), 0.03, rebounds=4)
    if body.random.random() < 0.7:
        body.tumble(body.vary(0.15))
        body.blow(body.vary(5), 0.03)
    body.now_deg = np.array([float(body.random.choice([0, 88, -88, 178])), body.vary(2)])
    body.hold(15, tremble_g=0.0, sway_deg=0.0)


def _put_on_table(body: Body) -> None:
    body.hold(4, tremble_g=0.05, sway_deg=10)
    body.lean_to(body.vary(80), body.vary(20), 0.8, effort_g=0.2)
    body.blow(body.vary(1.6, 0.5), 0.03, rebounds=2)
    body.hold(15, tremble_g=0.0, sway_deg=0.0)


def _put_on(body: Body) -> None:
    body.hold(4, tremble_g=0.0, sway_deg=0.0)
    body.lean_to(-60, 40, 0.7, effort_g=0.3)
    body.lean_to(20, -30, 0.6, effort_g=0.3)
    body.swing_pendant(body.vary(40))
    body.blow(body.vary(0.9), 0.06, rebounds=2)
    body.lean_to(0, 0, 0.8, effort_g=0.2)
    body.hold(2)
    body.walk(8)


def _take_off(body: Body) -> None:
    body.walk(6)
    body.lean_to(30, 30, 0.6, effort_g=0.3)
    body.lean_to(-70, -20, 0.7, effort_g=0.3)
    body.swing_pendant(body.vary(45))
    body.hold(1.5, tremble_g=0.06, sway_deg=8)
    body.lean_to(85, 0, 0.7, effort_g=0.2)
    body.blow(body.vary(1.5, 0.5), 0.03, rebounds=2)
    body.hold(15, tremble_g=0.0, sway_deg=0.0)


def _lanyard_swing(body: Body) -> None:
    body.walk(4)
    body.lean_to(45, 5, 0.7, effort_g=0.1)  # bends down, the pendant hangs free
    body.swing_pendant(body.vary(35))
    body.hold(2, tremble_g=0.03)
    body.lean_to(0, 0, 0.7, effort_g=0.1)
    body.swing_pendant(body.vary(30))
    body.blow(body.vary(0.9, 0.5), 0.03, rebounds=1)  # it knocks against the chest
    body.walk(8)


SCENES: dict[str, Scene] = {
    "standing": Scene(_standing, False, "stands still"),
    "walking": Scene(_walking, False, "walks"),
    "sit_down_hard": Scene(_sit_down_hard, False, "drops into a chair"),
    "lie_down": Scene(_lie_down, False, "sits on the bed and lies down"),
    "turn_in_bed": Scene(_turn_in_bed, False, "turns over in bed, three times"),
    "night": Scene(_night, False, "a restless half hour in bed"),
    "drop": Scene(_drop, False, "the pendant falls to the floor"),
    "put_on_table": Scene(_put_on_table, False, "the pendant is laid on a table"),
    "put_on": Scene(_put_on, False, "the pendant is put on"),
    "take_off": Scene(_take_off, False, "the pendant is taken off and laid down"),
    "lanyard_swing": Scene(_lanyard_swing, False, "bends down, the pendant swings and knocks"),
    "fall_forward": Scene(_forward, True, "falls forward"),
    "fall_forward_hands": Scene(_forward_hands, True, "falls forward onto the hands"),
    "fall_back": Scene(_back, True, "falls backward"),
    "fall_side": Scene(_side, True, "falls sideways"),
    "fall_side_hands": Scene(_side_hands, True, "falls sideways onto a hand"),
    "fall_lanyard": Scene(_with_lanyard, True, "falls forward, the pendant swings on its cord"),
    "fall_gets_up": Scene(_gets_up, True, "falls forward, gets up, walks on"),
    "slump": Scene(_slump, True, "sinks to the floor, damped"),
}


def synthesise(name: str, seed: int = 0, mount: bool = True) -> Recording:
    """Play a scene of SCENES: 100 Hz, milli-g, the same for the same seed.

    mount=True turns the sensor at random (by the seed); False leaves z along the spine. Raises KeyError for an
    unknown name. Does not capture what body.py says it does not.
    """
    scene = SCENES[name]
    body = Body(seed * 1_000 + sum(map(ord, name)))
    scene.play(body)
    turn = random_mount(body.random) if mount else np.eye(3)
    return Recording(
        acc_mg=body.samples_mg(turn),
        fs_hz=float(RATE_HZ),
        is_fall=scene.is_fall,
        activity=name,
        source=f"synthetic {name}, seed {seed}",
        subject=f"seed {seed}",
        placement="synthetic",
    )
