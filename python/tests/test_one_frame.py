"""One frame, four ways in: margins of models with categories are those of XGBoost and LightGBM, or refused."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadscore import Forest, LeadscoreError, LeadscoreWarning, Pipeline

pytestmark = pytest.mark.third_party

ROWS = 120
LEVELS: dict[str, list[Any]] = {
    "text": ["ad", "web", "Web", "mail"],
    "number": [501, 1001, 7, 94107],
    "small": [1, 2, 3],
    "flag": [False, True],
    "fraction": [0.5, 1.0, 2.5],
}


def train(library: str, X: pd.DataFrame, y: np.ndarray[Any, Any]) -> tuple[Any, np.ndarray[Any, Any]]:
    """A live model, and its own margins of the frame it was trained on."""
    if library == "xgboost":
        xgboost = pytest.importorskip("xgboost")
        model = xgboost.XGBClassifier(n_estimators=4, max_depth=3, enable_categorical=True, n_jobs=1)
        model.fit(X, y)
        return model, np.asarray(model.predict(X, output_margin=True), dtype=np.float64)
    lightgbm = pytest.importorskip("lightgbm")
    model = lightgbm.LGBMClassifier(
        n_estimators=4, min_child_samples=3, min_data_per_group=3, cat_smooth=1, verbose=-1, n_jobs=1
    )
    model.fit(X, y)
    return model, np.asarray(model.predict(X, raw_score=True))


def ways(X: pd.DataFrame) -> dict[str, Any]:
    """The same rows as other libraries hold them: categories, and their names as plain values."""
    plain = pd.DataFrame({name: list(X[name]) for name in X}, dtype=object)
    for name in X:
        if not isinstance(X[name].dtype, pd.CategoricalDtype):
            plain[name] = X[name]
    table = pa.table({name: pa.array(list(plain[name]), from_pandas=True) for name in plain})
    frame = pl.DataFrame(table)
    typed = {}
    for name in X:
        values = X[name].dropna()
        if len(values) and all(type(value) is int for value in values):
            typed[name] = X[name].astype("Int64")
    return {
        "categories": X,
        "objects": plain,
        "integers": X.assign(**typed),
        "arrow": table,
        "dictionaries": pa.table({name: table[name].combine_chunks().dictionary_encode() for name in X}),
        "chunks": pa.concat_tables([table.slice(0, 7), table.slice(7)]),
        "polars": frame,
        "polars categories": frame.with_columns(pl.col(pl.String).cast(pl.Categorical)),
        "strings": pl.DataFrame({name: pl.Series(texts(X[name])) for name in X}),
    }


def texts(column: pd.Series) -> list[str | None]:
    return [None if pd.isna(value) else str(value) for value in column.astype(object)]


@st.composite
def frames(draw: Any) -> pd.DataFrame:
    names = draw(st.lists(st.sampled_from([*LEVELS, "plain", "whole"]), min_size=1, max_size=4, unique=True))
    rng = np.random.default_rng(draw(st.integers(0, 10_000)))
    columns: dict[str, Any] = {}
    for name in names:
        holes = draw(st.booleans())
        if name in LEVELS:
            values = pd.Series(
                [LEVELS[name][at] for at in rng.integers(0, len(LEVELS[name]), ROWS)], dtype=object
            )
            values = values.where(rng.random(ROWS) > 0.1) if holes else values
            columns[name] = pd.Categorical(values, LEVELS[name], ordered=draw(st.booleans()))
        elif name == "plain":
            numbers = pd.Series(rng.normal(size=ROWS))
            columns[name] = numbers.where(rng.random(ROWS) > 0.1) if holes else numbers
        else:
            columns[name] = rng.integers(0, 9, ROWS)
    return pd.DataFrame(columns)


@pytest.mark.parametrize("library", ["xgboost", "lightgbm"])
@settings(max_examples=30, deadline=None)
@given(X=frames(), seed=st.integers(0, 1000))
def test_margins_are_the_librarys_or_refused(library: str, X: pd.DataFrame, seed: int) -> None:
    if library == "xgboost":
        # It trains on no flags and no fractions as categories.
        X = X.drop(columns=["flag", "fraction"], errors="ignore").assign(plain=np.arange(ROWS) % 7 / 2)
    y = np.random.default_rng(seed).integers(0, 2, ROWS)
    model, wanted = train(library, X, y)
    forest = Forest.load(model)
    pipeline = Pipeline.import_model(model, id="mine")
    answered, codes = 0, set()
    for way, frame in ways(X).items():
        try:
            found = forest.margin(frame)
        except LeadscoreError as error:
            codes.add(error.code)
            continue
        answered += 1
        assert found.tobytes() == wanted.tobytes(), way
        with warnings.catch_warnings():
            warnings.simplefilter("error", LeadscoreWarning)
            as_frame = np.asarray(pipeline.score_frame(frame, as_of=0)["probability"].to_numpy())
            as_matrix = pipeline.score_matrix(frame).probability
        assert as_frame.tobytes() == as_matrix.tobytes(), way
        assert np.allclose(np.log(as_frame / (1 - as_frame)), wanted, rtol=0, atol=1e-9), way
    assert codes <= {"invalid_feature", "invalid_matrix"}
    # What the file does not settle may be refused in every way.
    assert answered or forest.notes


def coded(X: pd.DataFrame) -> np.ndarray[Any, Any]:
    return np.column_stack(
        [
            np.where(X[name].cat.codes < 0, np.nan, X[name].cat.codes) if hasattr(X[name], "cat") else X[name]
            for name in X
        ]
    ).astype(np.float64)


@pytest.mark.parametrize("library", ["xgboost", "lightgbm"])
def test_a_matrix_has_codes_and_a_frame_names(library: str) -> None:
    rng = np.random.default_rng(1)
    X = pd.DataFrame({"zip": pd.Categorical(rng.choice(LEVELS["number"], ROWS)), "n": rng.normal(size=ROWS)})
    y = (X["zip"] == 501).to_numpy().astype(int)
    model, wanted = train(library, X, y)
    forest = Forest.load(model)
    assert forest.margin(coded(X)).tobytes() == wanted.tobytes()
    # Codes in a frame are no names: none is a level here, and nothing is guessed.
    codes = X.assign(zip=X["zip"].cat.codes.astype("int64"))
    for frame in (codes, pl.DataFrame(codes), pa.Table.from_pandas(codes)):
        with pytest.raises(LeadscoreError, match="none of the levels") as caught:
            forest.margin(frame, unseen="refuse")
        assert caught.value.path == "X[0].zip"


@pytest.mark.parametrize("library", ["xgboost", "lightgbm"])
def test_what_an_unseen_level_does_can_be_chosen(library: str) -> None:
    rng = np.random.default_rng(2)
    X = pd.DataFrame({"source": pd.Categorical(rng.choice(["ad", "web"], ROWS)), "n": rng.normal(size=ROWS)})
    model, _ = train(library, X, (X["source"] == "ad").to_numpy().astype(int))
    forest = Forest.load(model)
    new = pd.DataFrame({"source": ["ad", "radio", None], "n": [0.0, 0.0, 0.0]})
    missing = pd.DataFrame({"source": ["ad", None, None], "n": [0.0, 0.0, 0.0]})
    wanted = forest.margin(missing).tobytes()
    for own in (new, pl.DataFrame(new), pa.Table.from_pandas(new)):
        assert forest.margin(own, unseen="missing").tobytes() == wanted
        with pytest.raises(LeadscoreError, match="`radio` is none of the levels") as caught:
            forest.margin(own, unseen="refuse")
        assert caught.value.path == "X[1].source"
        if library == "lightgbm":
            with pytest.warns(LeadscoreWarning, match="source: `radio` is none of the model's levels"):
                assert forest.margin(own).tobytes() == wanted
        else:
            with pytest.raises(LeadscoreError, match="none of the levels"):
                forest.margin(own)
        pipeline = Pipeline.import_model(model, id="mine")
        with pytest.warns(LeadscoreWarning, match="`radio` is not a known level"):
            pipeline.score_frame(own, as_of=0)
        with pytest.raises(LeadscoreError, match="`radio` is none of: ad, web"):
            pipeline.score_frame(own, as_of=0, strict=True)
    with pytest.raises(LeadscoreError) as caught:
        forest.margin(new, unseen="whatever")  # type: ignore[arg-type]
    assert (caught.value.code, caught.value.path) == ("unknown_name", "unseen")


def test_categories_without_names_are_no_codes() -> None:
    xgboost = pytest.importorskip("xgboost")
    rng = np.random.default_rng(3)
    codes = rng.integers(0, 3, ROWS)
    y = (codes == 1).astype(int)
    matrix = xgboost.DMatrix(
        codes.reshape(-1, 1).astype(np.float32),
        y,
        feature_names=["zip"],
        feature_types=["c"],
        enable_categorical=True,
    )
    booster = xgboost.train({"max_depth": 2, "max_cat_to_onehot": 1}, matrix, 3)
    wanted = booster.predict(matrix, output_margin=True).astype(np.float64)
    forest = Forest.load(booster)
    assert forest.margin(pd.DataFrame({"zip": codes})).tobytes() == wanted.tobytes()
    names = pd.DataFrame({"zip": pd.Categorical(np.array([501, 1001, 7])[codes], [501, 1001, 7])})
    for frame in (names, pa.table({"zip": pa.array(list(names["zip"])).dictionary_encode()})):
        with pytest.raises(LeadscoreError, match="keeps no names"):
            forest.margin(frame)
    named = Forest.load(booster, levels={"zip": ["501", "1001", "7"]})
    assert named.margin(names).tobytes() == wanted.tobytes()


def test_times_are_no_numbers() -> None:
    rng = np.random.default_rng(4)
    X = pd.DataFrame({"a": rng.normal(size=ROWS)})
    model, _ = train("lightgbm", X, (X["a"] > 0).to_numpy().astype(int))
    forest = Forest.load(model)
    times = np.array(["2026-01-01", "2026-01-02"], dtype="M8[ns]")
    spans = times - times[0]
    for values in (times, spans):
        frame = pd.DataFrame({"a": values})
        ways: list[Any] = [
            frame,
            pl.DataFrame(frame),
            pa.Table.from_pandas(frame),
            values.reshape(-1, 1),
            [[value] for value in values],
            [[value] for value in frame["a"]],
            np.ma.masked_array(values.reshape(-1, 1)),
            frame.astype(object),
        ]
        for way in ways:
            with pytest.raises(LeadscoreError) as caught:
                forest.margin(way)
            assert caught.value.code in ("invalid_matrix", "invalid_feature"), way
        with pytest.raises(LeadscoreError):
            Pipeline.import_model(model, id="mine").score_matrix(values.reshape(-1, 1))


@pytest.mark.filterwarnings("default")
def test_rounds_are_those_of_the_scikit_learn_classes(tmp_path: Any) -> None:
    rng = np.random.default_rng(5)
    X, y = rng.normal(size=(400, 3)), rng.integers(0, 2, 400)
    xgboost = pytest.importorskip("xgboost")
    model = xgboost.XGBClassifier(
        n_estimators=60, early_stopping_rounds=8, learning_rate=0.5, eval_metric="logloss"
    )
    model.fit(X[:200], y[:200], eval_set=[(X[200:], y[200:])], verbose=False)
    assert model.best_iteration + 1 < model.get_booster().num_boosted_rounds()
    forest = Forest.load(model)
    best = model.predict(X, output_margin=True).astype(np.float64)
    all_rounds = (
        model.get_booster()
        .predict(xgboost.DMatrix(X), output_margin=True, iteration_range=(0, 0))
        .astype(np.float64)
    )
    assert forest.margin(X).tobytes() == best.tobytes()
    assert forest.margin(X, "all").tobytes() == all_rounds.tobytes() != best.tobytes()
    for iterations, wanted in (("best", best), ("all", all_rounds)):
        pipeline = Pipeline.import_model(model, id="mine", iterations=iterations)  # type: ignore[arg-type]
        found = pipeline.score_matrix(X).probability
        assert np.allclose(np.log(found / (1 - found)), wanted, atol=1e-6)
    default = Pipeline.import_model(model, id="mine").score_matrix(X).probability
    assert (
        default.tobytes()
        == Pipeline.import_model(model, id="mine", iterations="best").score_matrix(X).probability.tobytes()
    )
    lightgbm = pytest.importorskip("lightgbm")
    early = lightgbm.LGBMClassifier(n_estimators=60, learning_rate=0.5, verbose=-1)
    early.fit(
        X[:200], y[:200], eval_set=[(X[200:], y[200:])], callbacks=[lightgbm.early_stopping(5, verbose=False)]
    )
    wanted = early.predict(X, raw_score=True)
    assert Forest.load(early).margin(X).tobytes() == wanted.tobytes()
    assert (
        Forest.load(early.booster_).margin(X).tobytes() == early.booster_.predict(X, raw_score=True).tobytes()
    )


def test_models_in_every_form(tmp_path: Any) -> None:
    rng = np.random.default_rng(6)
    X, y = rng.normal(size=(200, 3)), rng.integers(0, 2, 200)
    X[rng.random(X.shape) < 0.1] = -999
    xgboost, lightgbm = pytest.importorskip("xgboost"), pytest.importorskip("lightgbm")
    own = xgboost.XGBClassifier(n_estimators=5, missing=-999).fit(X, y)
    wanted = own.predict(X, output_margin=True).astype(np.float64).tobytes()
    own.get_booster().save_model(tmp_path / "model.json")
    # The marker for missing values is the class's, and no file keeps it.
    assert Forest.load(own).margin(X).tobytes() == wanted
    text = (tmp_path / "model.json").read_text()
    with open(tmp_path / "model.json", "rb") as data, open(tmp_path / "model.json") as lines:
        forms = [own.get_booster(), tmp_path / "model.json", str(tmp_path / "model.json"), text, data, lines]
        forms += [text.encode(), bytearray(text.encode()), memoryview(text.encode())]
        for form in forms:
            assert Forest.load(form, missing=-999).margin(X).tobytes() == wanted
    other = lightgbm.LGBMClassifier(n_estimators=5, verbose=-1).fit(X, y)
    margins = other.predict(X, raw_score=True).tobytes()
    for form in (other, other.booster_, other.booster_.model_to_string()):
        assert Forest.load(form).margin(X).tobytes() == margins
        assert Pipeline.import_model(form, id="mine").model is not None
    for unfitted in (xgboost.XGBClassifier(), lightgbm.LGBMClassifier()):
        with pytest.raises(ValueError, match="not fitted yet"):
            Forest.load(unfitted)
