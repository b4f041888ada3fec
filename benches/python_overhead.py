"""What a call from Python costs, beside XGBoost and LightGBM in the same run.

    python benches/python_overhead.py [--rows 1000000]

A model of 100 trees, depth 6, 50 features, trained here on made-up rows. Needs leadscore (a release build), polars,
xgboost and lightgbm. Every figure is the median of several runs; peers and leadscore take turns.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
import polars as pl
import xgboost

import leadscore

FEATURES = 50
NAMES = [f"x{at}" for at in range(FEATURES)]


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--rows", type=int, default=1_000_000)
    options.add_argument("--threads", type=int, default=1)
    args = options.parse_args()
    threads = args.threads
    rng = np.random.default_rng(1)
    X = rng.normal(size=(100_000, FEATURES))
    y = (X[:, :5].sum(axis=1) + rng.normal(size=len(X)) > 0).astype(float)
    folder = Path(tempfile.mkdtemp())
    theirs, ours = of_xgboost(X, y, folder, threads)
    lgb, lgb_ours = of_lightgbm(X, y, folder)
    good = True

    print(f"Python {sys.version.split()[0]}, {threads} thread(s), median times")
    one = X[:1].copy()
    one32 = one.astype(np.float32)
    lead = dict(zip(NAMES, one[0].tolist(), strict=True))
    pipeline = leadscore.Pipeline.import_model(folder / "model.ubj", id="bench")
    print("one row")
    times = alternate(
        {
            "xgboost inplace_predict": lambda: theirs.inplace_predict(one),
            "lightgbm predict": lambda: lgb.predict(one, num_threads=threads),
            "leadscore Forest.predict": lambda: ours.predict(one),
            "leadscore Forest.predict, float32": lambda: ours.predict(one32),
            "leadscore Forest.predict, LightGBM's model": lambda: lgb_ours.predict(one),
            "leadscore Pipeline.score, a dict, reasons": lambda: pipeline.score(lead, as_of=0),
        },
        runs=300,
    )
    report(times, "xgboost inplace_predict")
    good &= check(
        "one row ≤ 1/10 of XGBoost", times["leadscore Forest.predict"] * 10, times["xgboost inplace_predict"]
    )

    print(f"{len(X):,} rows of numpy")
    X32, by_column = X.astype(np.float32), np.asfortranarray(X)
    times = alternate(
        {
            "xgboost inplace_predict": lambda: theirs.inplace_predict(X),
            "xgboost inplace_predict, float32": lambda: theirs.inplace_predict(X32),
            "lightgbm predict": lambda: lgb.predict(X, num_threads=threads),
            "leadscore Forest.predict": lambda: ours.predict(X, threads=threads),
            "leadscore Forest.predict, float32": lambda: ours.predict(X32, threads=threads),
            "leadscore Forest.predict, columns first": lambda: ours.predict(by_column, threads=threads),
            "leadscore Forest.predict, LightGBM's model": lambda: lgb_ours.predict(X, threads=threads),
        },
        runs=7,
    )
    report(times, "xgboost inplace_predict")
    grown = growth(folder / "model.ubj", threads)
    good &= check("memory beyond the matrix, MB: less than one copy", grown / 1e6, X.nbytes / 1e6)

    print(f"{args.rows:,} rows of polars")
    big = rng.normal(size=(args.rows, FEATURES))
    df = pl.DataFrame(big, schema=NAMES)
    frame = pipeline.score_frame(df[:1000], as_of=0)
    assert np.array_equal(frame["score"].to_numpy(), pipeline.score_matrix(big[:1000]).score)
    times = alternate(
        {
            "Pipeline.score_matrix": lambda: pipeline.score_matrix(big, threads=threads),
            "Pipeline.score_frame": lambda: pipeline.score_frame(df, as_of=0, threads=threads),
            "Forest.margin": lambda: ours.margin(big, threads=threads),
        },
        runs=5,
    )
    report(times, "Pipeline.score_matrix")
    good &= check(
        "score_frame ≤ 1.3 of the matrix path",
        times["Pipeline.score_frame"],
        1.3 * times["Pipeline.score_matrix"],
    )
    return 0 if good else 1


def of_xgboost(X: Any, y: Any, folder: Path, threads: int) -> tuple[Any, leadscore.Forest]:
    params = {"max_depth": 6, "objective": "binary:logistic", "nthread": os.cpu_count(), "seed": 1}
    booster = xgboost.train(params, xgboost.DMatrix(X, y, feature_names=NAMES), 100)
    booster.save_model(folder / "model.ubj")
    booster.set_param({"nthread": threads})
    booster.feature_names = None
    ours = leadscore.Forest.load(folder / "model.ubj")
    assert np.array_equal(booster.inplace_predict(X), ours.predict(X).astype(np.float32))
    return booster, ours


def of_lightgbm(X: Any, y: Any, folder: Path) -> tuple[Any, leadscore.Forest]:
    params = {"max_depth": 6, "num_leaves": 64, "objective": "binary", "seed": 1, "verbose": -1}
    booster = lightgbm.train({**params, "num_threads": os.cpu_count()}, lightgbm.Dataset(X, y), 100)
    booster.save_model(folder / "model.txt")
    loaded = lightgbm.Booster(model_file=folder / "model.txt")
    ours = leadscore.Forest.load(folder / "model.txt")
    assert np.array_equal(loaded.predict(X, raw_score=True), ours.margin(X))
    return loaded, ours


def alternate(work: dict[str, Callable[[], Any]], runs: int) -> dict[str, float]:
    """The median seconds of each, taken in turns."""
    times: dict[str, list[float]] = {name: [] for name in work}
    for call in work.values():
        call()
    for _ in range(runs):
        for name, call in work.items():
            call() if runs > 100 else None
            start = time.perf_counter()
            call()
            times[name].append(time.perf_counter() - start)
    return {name: statistics.median(own) for name, own in times.items()}


def report(times: dict[str, float], peer: str) -> None:
    for name, seconds in times.items():
        print(f"  {name:45} {seconds * 1e6:12,.1f} µs   {seconds / times[peer]:6.3f} of {peer}")


def growth(model: Path, threads: int) -> float:
    """How many bytes a process grows by that predicts a matrix, at most."""
    script = f"""
import numpy as np, leadscore
def most():
    return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM")) * 1024
forest = leadscore.Forest.load({str(model)!r})
X = np.ones((100_000, {FEATURES}))
forest.predict(X[:10])
before = most()
forest.predict(X, threads={threads})
print(most() - before)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return float(done.stdout)


def check(what: str, found: float, most: float) -> bool:
    print(f"  {'met' if found <= most else 'NOT MET'}: {what}: {found:.6g} ≤ {most:.6g}")
    return found <= most


if __name__ == "__main__":
    sys.exit(main())
