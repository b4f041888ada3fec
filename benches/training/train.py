#!/usr/bin/env python3
"""Times learning boosted trees: leadscore, XGBoost, LightGBM, CatBoost and scikit-learn on the same made-up rows.

    cargo build --release -p leadscore --features learn,trainer-gbdt --example fit_rows
    python3 -m venv venv && venv/bin/pip install -r benches/training/requirements.txt
    venv/bin/python benches/training/train.py

Every fit is a process of its own that loads the same rows as f64 and then learns. The time is that from the rows in
memory to the model, binning included, on the clock and of all processors; AUC is that of 50,000 rows not learned from; memory is the peak of the process
(VmHWM), and what of it was added after loading. Prints Markdown tables of medians; the runs of the libraries alternate.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

import numpy as np

ROOT = Path(__file__).parents[2]
TEST_ROWS = 50_000
NUMBERS, CATEGORIES, LEVELS = 40, 10, 40
SHAPES = {
    "100 trees, depth 6": {"rounds": 100, "max_leaves": 64, "max_depth": 6},
    "500 trees, 255 leaves": {"rounds": 500, "max_leaves": 255, "max_depth": 0},
}
LIBRARIES = ["leadscore", "xgboost", "lightgbm", "catboost", "sklearn"]
# The crate by our adapter, some ten times as slow: only where it is asked for.
GBDT = "gbdt"


def made_up(rows, seed):
    """40 numbers, of which ten are missing in one of five rows and ten have few values; 10 categories of 40 levels."""
    random = np.random.default_rng(seed)
    X = random.normal(size=(rows, NUMBERS + CATEGORIES))
    X[:, 20:30] = np.round(X[:, 20:30] * 2)
    X[:, NUMBERS:] = np.minimum(random.geometric(0.1, size=(rows, CATEGORIES)) - 1, LEVELS - 1)
    effects = np.random.default_rng(1).normal(size=(CATEGORIES, LEVELS))
    margin = X[:, 0] + np.sin(2 * X[:, 1]) + 0.7 * X[:, 2] * X[:, 3] + 0.3 * (X[:, 20] > 1) - 0.4 * np.abs(X[:, 21])
    for category in range(4):
        margin += 0.4 * effects[category, X[:, NUMBERS + category].astype(int)]
    hole = random.random(size=(rows, 10)) < 0.2
    margin += 0.5 * hole[:, 0] + 0.3 * np.where(hole[:, 1], 0.0, X[:, 11])
    X[:, 10:20][hole] = np.nan
    labels = (random.random(rows) < 1 / (1 + np.exp(-margin))).astype(np.float64)
    return X, labels


def make(folder, rows):
    X, y = made_up(rows, 7)
    test, test_labels = made_up(TEST_ROWS, 8)
    X.tofile(folder / "rows.bin")
    y.tofile(folder / "labels.bin")
    test.tofile(folder / "test_rows.bin")
    test_labels.tofile(folder / "test_labels.bin")


def auc(labels, margins):
    order = np.argsort(margins, kind="stable")
    ranks = np.empty(len(order))
    ranks[order] = np.arange(1, len(order) + 1)
    won = labels == 1
    return (ranks[won].sum() - won.sum() * (won.sum() + 1) / 2) / (won.sum() * (~won).sum())


def peak():
    """The peak memory of this process in MiB."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def load(folder, name):
    return np.fromfile(folder / name).reshape(-1, NUMBERS + CATEGORIES)


def child(library, folder, settings):
    """One fit in this process."""
    X, y = load(folder, "rows.bin"), np.fromfile(folder / "labels.bin")
    rounds, leaves, depth = settings["rounds"], settings["max_leaves"], settings["max_depth"]
    threads = settings["threads"]
    is_category = [column >= NUMBERS for column in range(NUMBERS + CATEGORIES)]
    categories = list(range(NUMBERS, NUMBERS + CATEGORIES))
    if library == "xgboost":
        import xgboost

        types = ["c" if own else "float" for own in is_category]
        loaded, start, worked = peak(), time.perf_counter(), time.process_time()
        rows = xgboost.QuantileDMatrix(
            X, y, feature_types=types, enable_categorical=True, nthread=threads, max_bin=255
        )
        params = {"objective": "binary:logistic", "tree_method": "hist", "eta": 0.1, "nthread": threads, "max_bin": 255}
        params |= {"max_depth": depth, "grow_policy": "depthwise"} if depth else {
            "max_depth": 0, "max_leaves": leaves, "grow_policy": "lossguide"}
        model = xgboost.train(params, rows, rounds)
        seconds, worked = time.perf_counter() - start, time.process_time() - worked
        predict = lambda rows: model.inplace_predict(rows, predict_type="margin")
    elif library == "lightgbm":
        import lightgbm

        params = {"objective": "binary", "learning_rate": 0.1, "num_leaves": leaves, "max_depth": depth or -1,
                  "num_threads": threads, "max_bin": 255, "min_data_in_leaf": 1, "min_sum_hessian_in_leaf": 1.0,
                  "lambda_l2": 1.0, "verbose": -1, "deterministic": True, "force_row_wise": True}
        loaded, start, worked = peak(), time.perf_counter(), time.process_time()
        model = lightgbm.train(params, lightgbm.Dataset(X, y, categorical_feature=categories, params=params), rounds)
        seconds, worked = time.perf_counter() - start, time.process_time() - worked
        predict = lambda rows: model.predict(rows, raw_score=True)
    elif library == "catboost":
        import catboost

        # Categories must be whole numbers there, and a table of both kinds is one of objects or of pandas.
        import pandas

        def frame(rows):
            own = pandas.DataFrame(rows)
            own[categories] = own[categories].astype(np.int32)
            return own

        shape = {"grow_policy": "Depthwise", "depth": depth} if depth else {
            "grow_policy": "Lossguide", "max_leaves": leaves, "depth": 16}
        model = catboost.CatBoostClassifier(
            iterations=rounds, learning_rate=0.1, l2_leaf_reg=1, border_count=254, thread_count=threads, verbose=False,
            allow_writing_files=False, boosting_type="Plain", **shape)
        loaded, start, worked = peak(), time.perf_counter(), time.process_time()
        model.fit(catboost.Pool(frame(X), y, cat_features=categories, thread_count=threads))
        seconds, worked = time.perf_counter() - start, time.process_time() - worked
        predict = lambda rows: model.predict(frame(rows), prediction_type="RawFormulaVal", thread_count=threads)
    else:
        from sklearn.ensemble import HistGradientBoostingClassifier

        model = HistGradientBoostingClassifier(
            max_iter=rounds, learning_rate=0.1, max_leaf_nodes=leaves, max_depth=depth or None, min_samples_leaf=1,
            l2_regularization=1.0, max_bins=255, early_stopping=False, categorical_features=is_category)
        loaded, start, worked = peak(), time.perf_counter(), time.process_time()
        model.fit(X, y)
        seconds, worked = time.perf_counter() - start, time.process_time() - worked
        predict = model.decision_function
    most = peak()
    predict(load(folder, "test_rows.bin")).astype(np.float64).tofile(folder / "test_margins.bin")
    print(json.dumps({"seconds": seconds, "processor_seconds": worked, "loaded_mib": loaded, "peak_mib": most}))


def fit(library, folder, settings, binary):
    """One fit in a process of its own: its figures, with the AUC."""
    columns = [
        {"name": f"c{column}", "levels": [str(level) for level in range(LEVELS)]} if column >= NUMBERS
        else {"name": f"n{column}"}
        for column in range(NUMBERS + CATEGORIES)
    ]
    if library == GBDT:
        settings = {**settings, "trainer": GBDT}
    (folder / "settings.json").write_text(json.dumps({**settings, "columns": columns}))
    environment = dict(os.environ, OMP_NUM_THREADS=str(settings["threads"]))
    command = [str(binary), str(folder)] if library in ("leadscore", GBDT) else [
        sys.executable, __file__, "--child", library, str(folder)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{library}: {done.stderr}")
    found = json.loads(done.stdout.splitlines()[-1])
    found["auc"] = auc(np.fromfile(folder / "test_labels.bin"), np.fromfile(folder / "test_margins.bin"))
    return found


def compare(folder, shape, threads, libraries, runs, binary):
    settings = {**SHAPES[shape], "learning_rate": 0.1, "threads": threads}
    found = {library: [] for library in libraries}
    for _ in range(runs):
        for library in libraries:
            found[library].append(fit(library, folder, settings, binary))
            print(f"  {shape} {threads} {library} {found[library][-1]}", file=sys.stderr)
    print(f"\n{shape}, {threads} thread{'s' if threads > 1 else ''}:\n")
    print("| | seconds | processor seconds | AUC | peak MiB | of it after loading |")
    print("|---|---:|---:|---:|---:|---:|")
    for library, own in found.items():
        mid = {name: median(run[name] for run in own) for name in own[0]}
        print(f"| {library} | {mid['seconds']:.2f} | {mid['processor_seconds']:.2f} | {mid['auc']:.4f} "
              f"| {mid['peak_mib']:.0f} | {mid['peak_mib'] - mid['loaded_mib']:.0f} |", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--child", nargs=2, metavar=("LIBRARY", "FOLDER"), help=argparse.SUPPRESS)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--libraries", nargs="+", default=LIBRARIES, choices=[*LIBRARIES, GBDT])
    parser.add_argument("--shapes", type=int, nargs="+", default=[0, 1], help="0: depth 6, 1: 255 leaves")
    parser.add_argument("--growth", action="store_true", help="leadscore alone on 20k, 200k and 2M rows")
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    parser.add_argument("--binary", type=Path, default=target / "release" / "examples" / "fit_rows")
    args = parser.parse_args()
    if args.child:
        folder = Path(args.child[1])
        child(args.child[0], folder, json.loads((folder / "settings.json").read_text()))
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if args.growth:
            print("| rows | threads | seconds | processor seconds | peak MiB |\n|---:|---:|---:|---:|---:|")
            for rows in (20_000, 200_000, 2_000_000):
                make(folder, rows)
                for threads in args.threads:
                    settings = {**SHAPES["100 trees, depth 6"], "learning_rate": 0.1, "threads": threads}
                    own = [fit("leadscore", folder, settings, args.binary) for _ in range(args.runs)]
                    mid = {key: median(run[key] for run in own) for key in own[0]}
                    print(f"| {rows:,} | {threads} | {mid['seconds']:.2f} | {mid['processor_seconds']:.2f} | {mid['peak_mib']:.0f} |", flush=True)
            return
        make(folder, args.rows)
        print(f"{args.rows:,} rows, {NUMBERS + CATEGORIES} columns; {platform.machine()}, {os.cpu_count()} processors; "
              f"medians of {args.runs}")
        for shape in args.shapes:
            for threads in args.threads:
                compare(folder, list(SHAPES)[shape], threads, args.libraries, args.runs, args.binary)


if __name__ == "__main__":
    main()
