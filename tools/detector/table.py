"""Without this file a trained model would stay on its maker's machine: it writes forests as Python."""

from dataclasses import dataclass, field

import lightgbm as lgb
import numpy as np
from numpy.typing import NDArray

FORKS = 15
LEAVES = 16
_LEAF = 128
_WIDTH = 25  # bytes a line
UNIT = 1 / 256  # what one step of a leaf is worth, in log odds: the same for every forest, so that scores compare


@dataclass
class Tables:
    """One forest in the layout of shared/fall_forest.py."""

    feature: bytearray = field(default_factory=bytearray)
    limit: list[int] = field(default_factory=list)
    low: bytearray = field(default_factory=bytearray)
    high: bytearray = field(default_factory=bytearray)
    leaf: bytearray = field(default_factory=bytearray)
    limits: tuple[int, ...] = (0, 0, 0)

    def score(self, features: NDArray[np.int16]) -> NDArray[np.int64]:
        """What Forest.score says of each row [n, f] (the twin that training uses; a test holds the two together)."""
        values = np.asarray(features)
        total = np.zeros(len(values), dtype=np.int64)
        limit = np.array(self.limit)
        feature, low, high = (
            np.frombuffer(bytes(t), dtype=np.uint8).astype(int) for t in (self.feature, self.low, self.high)
        )
        leaf = np.frombuffer(bytes(self.leaf), dtype=np.uint8).astype(int) - 128
        rows = np.arange(len(values))
        for tree in range(len(feature) // FORKS):
            at = np.zeros(len(values), dtype=int)
            while (inner := at < _LEAF).any():
                n = tree * FORKS + np.where(inner, at, 0)
                step = np.where(values[rows, feature[n]] <= limit[n], low[n], high[n])
                at = np.where(inner, step, at)
            total += leaf[tree * LEAVES + at - _LEAF]
        return total


def quantise(*boosters: lgb.Booster) -> Tables:
    """LightGBM's trees as integers: of several boosters the mean.

    The features are integers, so "<= 3.5" is "<= 3"; leaves become one byte.
    """
    tables = Tables()
    for booster in boosters:
        for info in booster.dump_model()["tree_info"]:
            _append(tables, info["tree_structure"], len(boosters) * UNIT)
    return tables


def _append(tables: Tables, tree: dict, unit: float) -> None:  # type: ignore[type-arg]
    """One tree, numbered as met; filled up to 15 forks and 16 leaves; unit: log odds a step of a leaf."""
    forks: list[tuple[int, int, int, int]] = []
    leaves: list[int] = []

    def place(node: dict) -> int:  # type: ignore[type-arg]
        if "leaf_value" in node:
            leaves.append(max(-127, min(127, round(node["leaf_value"] / unit))) + 128)
            return _LEAF + len(leaves) - 1
        at = len(forks)
        forks.append((0, 0, 0, 0))
        limit = int(np.clip(np.floor(node["threshold"]), -32_768, 32_767))
        low, high = place(node["left_child"]), place(node["right_child"])
        forks[at] = (node["split_feature"], limit, low, high)
        return at

    if place(tree) >= _LEAF:  # a tree that is one leaf
        forks.append((0, 0, _LEAF, _LEAF))
    forks += [(0, 0, _LEAF, _LEAF)] * (FORKS - len(forks))
    leaves += [128] * (LEAVES - len(leaves))
    for feature, limit, low, high in forks:
        tables.feature.append(feature)
        tables.limit.append(limit)
        tables.low.append(low)
        tables.high.append(high)
    tables.leaf.extend(leaves)


def module(first: Tables, second: Tables, told: str) -> str:
    """The source of shared/forest.py; told: a sentence on where it comes from."""
    parts = [
        '"""Without these tables the detector would not know a fall: made by tools/train.py, not by hand.',
        "",
        told,
        '"""',
        "",
        "from shared.fall_forest import Forest",
        "",
    ]
    for name, tables in (("FIRST", first), ("SECOND", second)):
        parts += [f"{name} = Forest(  # {len(tables.feature) // FORKS} trees"]
        limit = np.array(tables.limit) + 32_768
        for key, data in (
            ("feature", bytes(tables.feature)),
            ("limit_high", (limit >> 8).astype(np.uint8).tobytes()),
            ("limit_low", (limit & 255).astype(np.uint8).tobytes()),
            ("low", bytes(tables.low)),
            ("high", bytes(tables.high)),
            ("leaf", bytes(tables.leaf)),
        ):
            parts += [f"    {key}=("]
            parts += [f"        {_literal(data[i : i + _WIDTH])}" for i in range(0, len(data), _WIDTH)]
            parts += ["    ),"]
        parts += [f"    limits={tables.limits!r},", ")"]
    return "\n".join(parts) + "\n"


def _literal(data: bytes) -> str:
    """A bytes literal the way ruff formats it: double quotes, every byte in hex, so that a line has a fixed length."""
    return 'b"' + "".join(f"\\x{byte:02x}" for byte in data) + '"'
