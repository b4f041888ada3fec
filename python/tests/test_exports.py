"""Trees that leadscore learns, as files that XGBoost and LightGBM read: the same margins there."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from leadscore import Forest

from .conftest import ROOT
from .test_command import run as leadscore

pytestmark = pytest.mark.third_party

Rows = npt.NDArray[np.float64]
LEVELS = [12, 70]
COLUMNS: list[dict[str, Any]] = [
    {"name": "number"},
    {"name": "whole"},
    {"name": "hole"},
    {"name": "yes", "flag": True},
    {"name": "maybe", "flag": True},
    *({"name": f"level {count}", "levels": [f"l{level}" for level in range(count)]} for count in LEVELS),
]
IS_CATEGORY = [False] * 5 + [True] * 2


def made_up(rows: int, classes: int) -> tuple[Rows, Rows]:
    random = np.random.default_rng(3)
    X = np.empty((rows, len(COLUMNS)))
    X[:, 0] = random.normal(size=rows)
    X[:, 1] = random.integers(-3, 9, rows)
    X[:, 2] = np.where(random.random(rows) < 0.3, np.nan, random.normal(size=rows))
    X[:, 3] = random.integers(0, 2, rows)
    X[:, 4] = np.where(random.random(rows) < 0.2, np.nan, random.integers(0, 2, rows))
    for column, count in zip((5, 6), LEVELS, strict=True):
        X[:, column] = random.integers(0, count, rows)
        X[random.random(rows) < 0.05, column] = np.nan
    effects = random.normal(size=(classes, max(LEVELS)))
    margins = np.stack(
        [X[:, 0] * own[0] + (X[:, 1] > 3) * own[1] + np.isnan(X[:, 2]) * own[2] for own in effects]
    )
    for column in (5, 6):
        margins += 0.7 * effects[:, np.nan_to_num(X[:, column]).astype(int)]
    labels = np.argmax(margins + random.gumbel(size=margins.shape), axis=0).astype(np.float64)
    # XGBoost compares f32, LightGBM f64: both see the same numbers.
    return X.astype(np.float32).astype(np.float64), labels


def learn(folder: Path, classes: int, weighted: bool, settings: dict[str, Any]) -> tuple[Rows, Rows]:
    """Rows, and the margins that our own forest gives them."""
    X, labels = made_up(4000, classes)
    X.tofile(folder / "rows.bin")
    labels.tofile(folder / "labels.bin")
    if weighted:
        np.random.default_rng(4).uniform(0.2, 3.0, len(X)).tofile(folder / "weights.bin")
    if classes > 2:
        settings = {**settings, "classes": classes}
    return X, fit(folder, X, settings)


def fit(folder: Path, X: Rows, settings: dict[str, Any]) -> Rows:
    """The margins that our own forest gives the rows of a folder."""
    (folder / "settings.json").write_text(json.dumps({**settings, "columns": COLUMNS, "export": True}))
    cargo = ["cargo", "run", "--quiet", "-p", "leadscore", "--features", "learn", "--example", "fit_rows"]
    subprocess.run([*cargo, "--", str(folder)], cwd=ROOT, check=True, capture_output=True)
    margins = np.fromfile(folder / "margins.bin")
    return margins.reshape(len(X), -1) if "classes" in settings else margins


def xgboost_margins(model: Path, X: Rows) -> Rows:
    import xgboost

    types = ["c" if category else "float" for category in IS_CATEGORY]
    types[3] = types[4] = "i"
    names = [str(column["name"]) for column in COLUMNS]
    rows = xgboost.DMatrix(X, feature_types=types, feature_names=names, enable_categorical=True)
    return np.asarray(xgboost.Booster(model_file=model).predict(rows, output_margin=True))


def lightgbm_margins(model: Path, X: Rows) -> Rows:
    import lightgbm

    return np.asarray(lightgbm.Booster(model_file=str(model)).predict(X, raw_score=True))


@pytest.mark.parametrize(
    ("classes", "weighted", "settings"),
    [
        (2, False, {"rounds": 60, "max_leaves": 31, "max_depth": 0}),
        (2, True, {"rounds": 60, "max_leaves": 64, "max_depth": 6, "min_child_rows": 5}),
        (2, False, {"rounds": 60, "max_leaves": 15, "max_depth": 0, "row_share": 0.6, "column_share": 0.7}),
        (4, True, {"rounds": 20, "max_leaves": 16, "max_depth": 0, "row_share": 0.8}),
    ],
)
def test_learned_trees_give_the_same_margins_elsewhere(
    tmp_path: Path, classes: int, weighted: bool, settings: dict[str, Any]
) -> None:
    X, own = learn(tmp_path, classes, weighted, settings)
    assert np.std(own) > 0.5
    # Cells that no row learned from had: a missing value in every column.
    found = xgboost_margins(tmp_path / "model.json", X)
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, own.astype(np.float32))
    found = lightgbm_margins(tmp_path / "model.txt", X)
    np.testing.assert_allclose(found, own, rtol=0, atol=2e-6)


@pytest.mark.parametrize(("noise", "scale"), [("normal", 0.8), ("logistic", 1.0), ("extreme", 1.5)])
def test_learned_times_are_those_of_xgboost(tmp_path: Path, noise: str, scale: float) -> None:
    import xgboost

    X, classes = made_up(4000, 2)
    random = np.random.default_rng(8)
    days = np.exp(2.0 + X[:, 0] + classes + random.normal(size=len(X)))
    # Three of ten leads are still open: of these only the days up to now are known.
    is_open = random.random(len(X)) < 0.3
    upper = np.where(is_open, np.inf, days)
    X.tofile(tmp_path / "rows.bin")
    days.tofile(tmp_path / "labels.bin")
    upper.tofile(tmp_path / "upper_bounds.bin")
    own = fit(tmp_path, X, {"rounds": 40, "max_leaves": 31, "max_depth": 0, "noise": noise, "scale": scale})
    assert np.corrcoef(own[~is_open], np.log(days[~is_open]))[0, 1] > 0.7
    np.testing.assert_array_equal(xgboost_margins(tmp_path / "model.json", X), own.astype(np.float32))
    # The loss of these margins, by XGBoost's own reckoning, is better than that of the best constant.
    rows = xgboost.DMatrix(X, label_lower_bound=days, label_upper_bound=upper, enable_categorical=True)
    settings = {"aft_loss_distribution": noise, "aft_loss_distribution_scale": scale}
    settings |= {"objective": "survival:aft", "eval_metric": "aft-nloglik"}

    def loss(margins: Rows) -> float:
        rows.set_base_margin(margins)
        told = xgboost.train({**settings, "max_depth": 1, "eta": 0.0}, rows, 1).eval(rows)
        return float(told.rsplit(":", 1)[1])

    constants = [loss(np.full(len(X), level)) for level in np.linspace(0.0, 6.0, 25)]
    assert loss(own) < min(constants) - 0.1


def test_the_trees_of_a_trained_pipeline_are_exported(tmp_path: Path) -> None:
    import xgboost

    pipeline, model, text = (str(tmp_path / name) for name in ("own.json", "model.json", "model.txt"))
    past = str(ROOT / "examples" / "past_leads.csv")
    for words in (
        (
            "train",
            past,
            "-t",
            "won",
            "--id",
            "lead_id",
            "--rounds",
            "30",
            "--as-of",
            "2026-11-22",
            "-o",
            pipeline,
        ),
        ("export", pipeline, "-o", model),
        ("export", pipeline, "-o", text),
    ):
        done = leadscore(*words)
        assert done.returncode == 0, done.stderr
    forest = Forest.load(model)
    booster = xgboost.Booster(model_file=model)
    names, types = booster.feature_names, booster.feature_types
    X = np.random.default_rng(5).integers(0, 3, (500, len(names))).astype(np.float64)
    X[np.random.default_rng(6).random(X.shape) < 0.2] = np.nan
    rows = xgboost.DMatrix(X, feature_types=types, feature_names=names, enable_categorical=True)
    found = np.asarray(booster.predict(rows, output_margin=True))
    np.testing.assert_array_equal(found, forest.margin(X).astype(np.float32))
    np.testing.assert_allclose(lightgbm_margins(Path(text), X), found, rtol=0, atol=2e-6)
