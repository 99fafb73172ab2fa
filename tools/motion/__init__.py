"""Without made motion the demo, the tests and everything nobody ever recorded would have nothing to feel."""

from tools.motion.scenes import SCENES, synthesise

__all__ = ["SCENES", "synthesise"]
