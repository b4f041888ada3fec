"""Models that XGBoost and LightGBM train on frames here and now: `Forest` and imported pipelines give their margins."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from leadscore import Forest, LeadscoreError, Pipeline

pytestmark = pytest.mark.third_party

ROWS = 400
AS_OF = "2026-11-22"


def rng(seed: int) -> np.random.Generator:
    return np.random.default_rng(seed)


def one_of(values: list[Any], seed: int) -> pd.Series:
    return pd.Series(rng(seed).choice(np.array(values, dtype=object), ROWS))


def ordered(values: list[Any], seed: int) -> pd.Series:
    return one_of(values, seed).astype(pd.CategoricalDtype(values, ordered=True))


COLUMNS: dict[str, pd.Series] = {
    "visits": pd.Series(rng(1).integers(0, 30, ROWS)),
    "country": one_of(["Danmark", "España", "Österreich"], 2).astype("category"),
    "department": one_of(["IT", "It", "Sales", "it"], 3).astype("category"),
    "area": one_of(["00501", "0501", "501", "94107"], 4).astype("category"),
    "zip": one_of([501, 1001, 94107], 5).astype("int64").astype("category"),
    "opted_in": one_of([False, True], 6).astype(bool),
    "plan": ordered(["low", "middle", "high"], 7),
    "rating": ordered([1, 2, 3, 4, 5], 8),
    "answer": one_of(["no", "yes"], 9).astype("category"),
    "time on site": pd.Series(rng(10).random(ROWS) * 100),
}
FRAMES = {
    "all": list(COLUMNS),
    "names": ["country", "visits"],
    "case": ["department"],
    "zeros": ["area", "zip"],
    "flags": ["opted_in", "answer", "visits"],
    "ordered": ["plan", "opted_in", "rating"],
    "ordered only": ["rating"],
}


def frame(names: list[str], holes: bool) -> pd.DataFrame:
    X = pd.DataFrame({name: COLUMNS[name] for name in names})
    if holes:
        for place, name in enumerate(names):
            if name != "opted_in":
                X[name] = X[name].where(rng(50 + place).random(ROWS) > 0.1)
    return X


def answers(X: pd.DataFrame) -> np.ndarray[Any, Any]:
    z = sum(rng(70).normal(0, 1.2, 500)[pd.factorize(X[name])[0]] for name in X)
    return (rng(71).random(ROWS) < 1 / (1 + np.exp(-np.asarray(z)))).astype(int)


def lightgbm_margins(X: pd.DataFrame, file: Path, **fit: Any) -> np.ndarray[Any, Any]:
    lightgbm = pytest.importorskip("lightgbm")
    model = lightgbm.LGBMClassifier(
        n_estimators=6, num_leaves=12, min_child_samples=5, min_data_per_group=5, cat_smooth=1, verbose=-1
    )
    model.fit(X, answers(X), **fit)
    model.booster_.save_model(file)
    return np.asarray(model.booster_.predict(X, raw_score=True))


def xgboost_margins(X: pd.DataFrame, file: Path) -> np.ndarray[Any, Any]:
    xgboost = pytest.importorskip("xgboost")
    model = xgboost.XGBClassifier(n_estimators=6, max_depth=4, enable_categorical=True, tree_method="hist")
    model.fit(X, answers(X))
    model.get_booster().save_model(file)
    rows = xgboost.DMatrix(X, enable_categorical=True)
    return np.asarray(model.get_booster().predict(rows, output_margin=True))


TRAIN = {"lightgbm": (lightgbm_margins, "model.txt"), "xgboost": (xgboost_margins, "model.json")}


def scored(pipeline: Pipeline, leads: list[dict[str, Any]]) -> Iterator[float]:
    """The log-odds of every lead's probability."""
    for prediction in pipeline.score_many(leads, as_of=AS_OF):
        probability = prediction.probability
        assert probability is not None
        yield math.log(probability / (1 - probability))


@pytest.mark.parametrize("library", TRAIN)
@pytest.mark.parametrize("columns", FRAMES)
@pytest.mark.parametrize("holes", [False, True], ids=["whole", "holes"])
def test_frames_records_and_files_give_the_margins(
    library: str, columns: str, holes: bool, tmp_path: Path
) -> None:
    X = frame(FRAMES[columns], holes)
    train, name = TRAIN[library]
    wanted = train(X, tmp_path / name)
    forest = Forest.load(tmp_path / name)
    named = X.rename(columns=dict(zip(X.columns, forest.feature_names, strict=True)))
    assert forest.margin(named).tobytes() == wanted.astype(np.float64).tobytes()

    pipeline = Pipeline.import_model(tmp_path / name, id="mine")
    texts = named.to_csv(index=False)
    records = [
        {key: value or None for key, value in row.items()} for row in csv.DictReader(texts.splitlines())
    ]
    typed = json.loads(named.to_json(orient="records"))
    for leads in (records, typed):
        found = list(scored(pipeline, leads))
        assert np.allclose(found, wanted, rtol=0, atol=1e-12)
    frames = pipeline.score_frame(named, as_of=AS_OF)["probability"].to_numpy()
    assert np.allclose(np.log(frames / (1 - frames)), wanted, rtol=0, atol=1e-12)


@pytest.mark.parametrize("library", TRAIN)
def test_flags_in_every_spelling(library: str, tmp_path: Path) -> None:
    X = frame(FRAMES["flags"], holes=False)
    train, name = TRAIN[library]
    wanted = train(X, tmp_path / name)
    forest, pipeline = Forest.load(tmp_path / name), Pipeline.import_model(tmp_path / name, id="mine")
    for no, yes in [("False", "True"), ("FALSE", "TRUE"), ("no", "yes"), ("N", "Y"), ("0", "1"), (0, 1)]:
        spelled = X.assign(opted_in=[yes if flag else no for flag in X["opted_in"]])
        assert forest.margin(spelled).tobytes() == wanted.astype(np.float64).tobytes()
        leads = json.loads(spelled.to_json(orient="records"))
        assert np.allclose(list(scored(pipeline, leads)), wanted, rtol=0, atol=1e-12)


def test_whose_list_it_is_has_to_be_said(tmp_path: Path) -> None:
    X = pd.DataFrame({"zip": COLUMNS["zip"], "source": rng(90).integers(0, 3, ROWS)})
    wanted = lightgbm_margins(X, tmp_path / "model.txt", categorical_feature=["zip", "source"])
    unclear = Forest.load(tmp_path / "model.txt")
    assert any("whether `zip` has the names 501, 1001, 94107" in note for note in unclear.notes)
    with pytest.raises(LeadscoreError, match="no sure value"):
        unclear.margin(X)
    levels = {"zip": [501, 1001, 94107]}
    forest = Forest.load(tmp_path / "model.txt", levels=levels)  # type: ignore[arg-type]
    assert forest.notes == ()
    assert forest.margin(X).tobytes() == wanted.tobytes()
    pipeline = Pipeline.import_model(
        tmp_path / "model.txt", id="mine", levels={"zip": ["501", "1001", "94107"]}
    )
    found = list(scored(pipeline, json.loads(X.to_json(orient="records"))))
    assert np.allclose(found, wanted, rtol=0, atol=1e-12)
