"""Leads, models and compiled models for the comparison with other libraries, into one folder.

    python prepare.py FOLDER            # data.f32, s.json, b.json (XGBoost), s.txt, b.txt (LightGBM), s.so, b.so (tl2cgen)

What is there already is kept. `s` is 100 trees of depth 6, `b` 500 trees of depth 8; 50 columns. Compiling `b` takes
minutes: `--without-tl2cgen` leaves both out.
"""

import argparse
import pathlib

import numpy as np

COLUMNS = 50
SIZES = {"s": (100, 6), "b": (500, 8)}


def leads(rows, seed):
    """Made-up leads: sizes, counts, rates, flags and codes, a tenth missing; one in eight converts."""
    dice = np.random.default_rng(seed)
    size, interest, fit = dice.normal(size=(3, rows))
    columns = []
    for middle, spread in [(15, 1.8), (4.5, 1.5), (10, 1), (14, 2), (11, 1.6), (9, 1.9), (8, 1.3), (17, 2.2)]:
        columns.append(np.round(np.exp(middle + spread * (0.7 * size + 0.7 * dice.normal(size=rows))), 2))
    for mean in [12, 2, 3, 8, 3, 1, 0.6, 0.4, 0.2, 1.5, 0.5, 4, 1.2, 30, 200, 0.8]:
        columns.append(dice.poisson(mean * np.exp(0.6 * interest + 0.4 * dice.normal(size=rows))))
    for at in range(10):
        columns.append(np.round(1 / (1 + np.exp(0.5 - 0.6 * (interest if at % 2 else fit) - 0.8 * dice.normal(size=rows))), 4))
    for _ in range(10):
        columns.append(dice.random(rows) < 1 / (1 + np.exp(0.3 - 0.7 * fit - dice.normal(size=rows))))
    for levels in [24, 12, 8, 5, 24]:
        columns.append(dice.integers(0, levels, rows))
    columns.append(np.round(50 + 15 * fit + 10 * dice.normal(size=rows), 1))
    x = np.stack([np.asarray(column, dtype=np.float64) for column in columns], axis=1)
    logs = np.log1p(np.maximum(x, 0))
    z = (logs - logs.mean(axis=0)) / (logs.std(axis=0) + 1e-9)
    sum_ = (
        0.5 * z[:, 0] + 0.4 * z[:, 1] - 0.15 * z[:, 1] ** 2 + 0.6 * np.tanh(z[:, 9]) + 0.9 * (x[:, 16] > 0)
        + 0.5 * (x[:, 22] > 0) * z[:, 8] + 1.4 * x[:, 28] + 1.1 * x[:, 29] * x[:, 37] - 0.4 * z[:, 21] - 0.8 * x[:, 41]
        + 0.5 * x[:, 42] * (x[:, 46] < 3) + 0.3 * np.sin(x[:, 44]) + 0.2 * (x[:, 47] - 2) * x[:, 36]
        + 0.02 * (x[:, 49] - 50) + 0.3 * x[:, 31] * z[:, 2] + 0.25 * z[:, 3] * (x[:, 45] > 6)
    )
    chance = 1 / (1 + np.exp(2.85 - 1.6 * (sum_ - sum_.mean()) / sum_.std()))
    label = (dice.random(rows) < chance).astype(np.float32)
    x = x.astype(np.float32)
    share = np.repeat([0.18, 0.08, 0.15, 0.05, 0.045], [8, 16, 10, 10, 6])
    x[dice.random(x.shape) < share] = np.nan
    return x, label


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("folder", type=pathlib.Path)
    arguments.add_argument("--without-tl2cgen", action="store_true")
    arguments.add_argument("--threads", type=int, default=1)
    options = arguments.parse_args()
    folder = options.folder
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "data.f32").exists():
        leads(20_000, 2)[0].tofile(folder / "data.f32")

    train = None
    for name, (trees, depth) in SIZES.items():
        model = folder / f"{name}.json"
        if not model.exists():
            import xgboost

            x, y = train = train or leads(200_000, 1)
            rows = xgboost.QuantileDMatrix(x, y, nthread=options.threads)
            settings = dict(objective="binary:logistic", tree_method="hist", max_depth=depth, eta=0.1, nthread=options.threads)
            xgboost.train(settings, rows, trees).save_model(model)
        text = folder / f"{name}.txt"
        if not text.exists():
            import lightgbm

            x, y = train = train or leads(200_000, 1)
            settings = dict(objective="binary", max_depth=depth, num_leaves=min(2**depth, 255), learning_rate=0.1,
                            num_threads=options.threads, verbosity=-1)
            lightgbm.train(settings, lightgbm.Dataset(x, y), trees).save_model(text)
    for name in SIZES:
        library = folder / f"{name}.so"
        if not library.exists() and not options.without_tl2cgen:
            import tl2cgen
            import treelite

            model = treelite.frontend.load_xgboost_model(folder / f"{name}.json")
            tl2cgen.export_lib(model, toolchain="gcc", libpath=library, params={"parallel_comp": 8},
                               options=["-O3", "-march=native"], nthread=options.threads)


if __name__ == "__main__":
    main()
