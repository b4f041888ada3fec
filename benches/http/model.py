#!/usr/bin/env python3
"""Trains the model that is served: 100 trees of depth 6 on synthetic leads.

    python3 benches/http/model.py model.ubj

One thread and fixed seeds: the same version of XGBoost gives the same file again.
"""

import argparse
from pathlib import Path

import numpy as np
import xgboost as xgb

import synthetic

ROWS, SEED = 50_000, 21
TREES, DEPTH = 100, 6
PARAMS = {"objective": "binary:logistic", "max_depth": DEPTH, "eta": 0.1, "tree_method": "hist", "nthread": 1, "seed": SEED}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", type=Path, help="file to write, .ubj or .json")
    path = parser.parse_args().model

    table = synthetic.columns(ROWS, SEED)
    rows = np.column_stack(list(table.values())).astype(np.float32)
    data = xgb.DMatrix(rows, label=outcomes(rows), feature_names=list(table), nthread=1)
    booster = xgb.train(PARAMS, data, TREES)
    booster.save_model(path)

    trees = booster.get_dump()
    leaves = sum(tree.count("leaf=") for tree in trees)
    print(f"{path}: {len(trees)} trees, {leaves / len(trees):.1f} leaves a tree, {path.stat().st_size:,} bytes")


def outcomes(rows):
    """Who buys: a chance from all features by their rank, pairs of neighbours among them, and a good deal of luck."""
    random = np.random.default_rng(SEED + 1)
    ranks = rows.argsort(axis=0).argsort(axis=0) / len(rows) - 0.5
    weights = random.normal(size=ranks.shape[1])
    odds = 1.2 * ranks @ weights + 6 * (ranks[:, :-1] * ranks[:, 1:]) @ weights[1:]
    return (random.random(len(rows)) < 1 / (1 + np.exp(1.5 - odds))).astype(np.float32)


if __name__ == "__main__":
    main()
