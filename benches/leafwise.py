"""Margins of LightGBM models that were grown leaf by leaf, with categories: leadscore beside LightGBM itself.

    pip install leadscore lightgbm numpy
    python benches/leafwise.py

Both score the made-up rows of benches/training/train.py. Prints microseconds of processor time a row, the least of
five; the margins must be the same to the bit.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import lightgbm
import numpy as np

import leadscore

sys.path.insert(0, str(Path(__file__).parent / "training"))
from train import CATEGORIES, NUMBERS, made_up

TREES, LEARNED, SCORED, SINGLE = 200, 50_000, 20_000, 300


def microseconds(run: Callable[[], object], rows: int) -> float:
    """The least processor time of five runs, for one row."""
    took = []
    for _ in range(5):
        start = time.process_time()
        run()
        took.append(time.process_time() - start)
    return min(took) / rows * 1e6


def main() -> None:
    X, y = made_up(LEARNED, 7)
    rows = X[:SCORED].copy()
    categories = list(range(NUMBERS, NUMBERS + CATEGORIES))
    print(
        "| leaves | leadscore | LightGBM | | leadscore, one row | LightGBM, one row |\n|---:|---:|---:|---:|---:|---:|"
    )
    for leaves in (31, 255):
        settings = {"objective": "binary", "num_leaves": leaves, "num_threads": 1, "verbose": -1}
        theirs = lightgbm.train(settings, lightgbm.Dataset(X, y, categorical_feature=categories), TREES)
        with tempfile.TemporaryDirectory() as folder:
            model = Path(folder) / "model.txt"
            theirs.save_model(str(model))
            ours = leadscore.Forest.load(str(model))

        def predict(part: np.ndarray, booster: lightgbm.Booster = theirs) -> np.ndarray:
            return np.asarray(booster.predict(part, raw_score=True, num_threads=1))

        np.testing.assert_array_equal(ours.margin(rows), predict(rows))
        own = microseconds(lambda forest=ours: forest.margin(rows), SCORED)
        other = microseconds(lambda: predict(rows), SCORED)
        one = microseconds(lambda forest=ours: [forest.margin(row) for row in rows[:SINGLE, None]], SINGLE)
        other_one = microseconds(lambda: [predict(row) for row in rows[:SINGLE, None]], SINGLE)
        print(f"| {leaves} | {own:.1f} | {other:.1f} | {other / own:.1f} × | {one:.0f} | {other_one:.0f} |")


if __name__ == "__main__":
    main()
