"""Forests on matrices of every kind."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

from leadscore import Forest, LeadscoreError, Pipeline

from .conftest import FIXTURES

FOREST = Forest.load(FIXTURES / "golden" / "xgb-3.2.0-binary-ubj" / "model.ubj")
NAMED = Forest.load(FIXTURES / "golden" / "xgb-3.2.0-names-json" / "model.json")
CLASSES = Forest.load(FIXTURES / "golden" / "xgb-3.2.0-softprob-json" / "model.json")
WIDTH = len(FOREST.feature_names)
RNG = np.random.default_rng(7)
X = np.where(RNG.random((300, WIDTH)) < 0.1, np.nan, RNG.normal(size=(300, WIDTH)) * 20)


def test_any_memory_order_and_both_precisions() -> None:
    wanted = FOREST.margin(X)
    wide = np.full((600, WIDTH * 2), 9.0)
    wide[::2, ::2] = X
    packed = np.zeros(300, dtype=[("tag", "i1"), ("values", "f8", (WIDTH,))])
    packed["values"] = X
    read_only = X.copy()
    read_only.flags.writeable = False
    same: list[Any] = [
        np.asfortranarray(X),
        wide[::2, ::2],
        X[::-1][::-1],
        X.T.copy().T,
        packed["values"],
        X.astype(">f8"),
        X.astype(np.longdouble),
        read_only,
        np.ma.masked_invalid(X),
        X.tolist(),
        [[None if value != value else value for value in row] for row in X.tolist()],
    ]
    for values in same:
        assert FOREST.margin(values).tobytes() == wanted.tobytes()
    narrow = X.astype(np.float32)
    wanted = FOREST.margin(narrow.astype(np.float64))
    for values in (narrow, np.asfortranarray(narrow), narrow.astype(">f4"), narrow[:, ::-1][:, ::-1]):
        assert FOREST.margin(values).tobytes() == wanted.tobytes()
    whole = np.nan_to_num(X).astype(np.int64)
    assert FOREST.margin(whole).tobytes() == FOREST.margin(whole.astype(np.float64)).tobytes()
    assert FOREST.margin(X[:, ::-1])[0] == FOREST.margin(np.ascontiguousarray(X[:1, ::-1]))[0]


def test_a_marker_for_missing_values() -> None:
    folder = FIXTURES / "golden" / "xgb-3.2.0-missing-json"
    marked = Forest.load(folder / "model.json", missing=-999.1)
    assert marked.missing == -999.1
    assert Forest.load(folder / "model.json").missing is None
    rows = np.genfromtxt(folder / "input.csv", delimiter=",", skip_header=1)
    wanted = np.genfromtxt(folder / "expected.csv", delimiter=",", skip_header=1)[:, 0].astype(np.float32)
    assert marked.margin(rows).astype(np.float32).tobytes() == wanted.tobytes()
    assert Forest.load(folder / "model.json").margin(rows).astype(np.float32).tobytes() != wanted.tobytes()
    same = Forest.from_bytes((folder / "model.json").read_bytes(), missing=-999.1)
    assert same == marked
    assert pickle.loads(pickle.dumps(marked)) == marked
    assert Forest.load(folder / "model.json", missing=float("-inf")).missing == float("-inf")
    # A pipeline keeps it.
    pipeline = Pipeline.import_model(folder / "model.json", id="mine", missing=-999.1)
    assert json.loads(pipeline.to_json())["scorer"]["missing"] == -999.1


def test_shapes_and_additivity() -> None:
    assert FOREST.margin(X).shape == (300,)
    assert FOREST.predict(X).shape == (300,)
    shap = FOREST.shap(X)
    assert shap.shape == (300, WIDTH + 1)
    assert np.allclose(shap.sum(axis=1), FOREST.margin(X), atol=1e-4)
    outputs, width = CLASSES.outputs, len(CLASSES.feature_names)
    rows = RNG.normal(size=(50, width))
    assert CLASSES.margin(rows).shape == (50, outputs)
    assert CLASSES.shap(rows).shape == (50, outputs, width + 1)
    assert np.allclose(CLASSES.shap(rows).sum(axis=2), CLASSES.margin(rows), atol=1e-4)
    assert np.allclose(CLASSES.predict(rows).sum(axis=1), 1)
    assert FOREST.margin(X[:0]).shape == (0,)
    assert CLASSES.shap(rows[:0]).shape == (0, outputs, width + 1)


def test_threads_do_not_change_bits() -> None:
    many = np.tile(X, (60, 1))
    for method in (FOREST.margin, FOREST.predict, FOREST.shap):
        values = many if method != FOREST.shap else X
        wanted = method(values, threads=1).tobytes()
        for threads in (2, 3, 8, 1000):
            assert method(values, threads=threads).tobytes() == wanted


def test_frames_by_name() -> None:
    names = NAMED.feature_names
    values = RNG.normal(size=(20, len(names))) * 10
    # A matrix has codes, a frame the names.
    own: dict[str, object] = {}
    for place, levels in enumerate(NAMED.levels):
        own[names[place]] = values[:, place]
        if levels:
            values[:, place] = RNG.integers(0, len(levels), 20)
            own[names[place]] = [levels[int(code)] for code in values[:, place]]
    wanted = NAMED.margin(values).tobytes()
    shuffled = list(reversed(names))
    df = pd.DataFrame(own)[shuffled].assign(other="x")
    assert NAMED.margin(df).tobytes() == wanted
    assert NAMED.margin(pl.DataFrame(df)).tobytes() == wanted
    assert NAMED.margin(pl.DataFrame(df).to_arrow()).tobytes() == wanted
    with pytest.raises(LeadscoreError, match="no column"):
        NAMED.margin(df.drop(columns=names[0]))
    flat = pd.DataFrame(X)
    if FOREST.feature_names[0] == "f0":
        assert FOREST.margin(flat).tobytes() == FOREST.margin(X).tobytes()


def test_categories_by_their_levels() -> None:
    pipeline = Pipeline.builtin("conversion")
    column = next(place for place, column in enumerate(pipeline.columns) if column.type == "category")
    levels = pipeline.columns[column].levels
    matrix = np.zeros((len(levels), len(pipeline.columns)))
    # In a frame a number is no level of a category.
    matrix[:, [own.type == "category" for own in pipeline.columns]] = np.nan
    matrix[:, column] = range(len(levels))
    wanted = pipeline.score_matrix(matrix).score.tobytes()
    df = pd.DataFrame(matrix, columns=[column.name for column in pipeline.columns])
    for values in (list(levels), pd.Categorical(list(levels))):
        assert (
            pipeline.score_matrix(df.assign(**{pipeline.columns[column].name: values})).score.tobytes()
            == wanted
        )
    text = pl.DataFrame(df).with_columns(pl.Series(pipeline.columns[column].name, list(levels)))
    assert pipeline.score_matrix(text).score.tobytes() == wanted
    assert pipeline.score_matrix(text.to_arrow()).score.tobytes() == wanted


@pytest.mark.parametrize(
    "values",
    [
        None,
        7,
        "text",
        b"bytes",
        [],
        [1.0, 2.0],
        [[1], [1, 2]],
        [["a"] * WIDTH],
        [["1"] * WIDTH],
        [[object()] * WIDTH],
        [[1j] * WIDTH],
        [[10**400] * WIDTH],
        np.zeros(WIDTH),
        np.zeros((2, WIDTH, 1)),
        np.zeros((2, WIDTH + 1)),
        np.zeros((2, 0)),
        np.zeros((2, WIDTH), dtype="M8[s]"),
        np.zeros((2, WIDTH), dtype=complex),
        np.array([["a"] * WIDTH]),
        pd.DataFrame({"a": ["x"]}),
        pd.DataFrame(),
        pl.DataFrame({"a": [[1]]}),
        iter([1]),
    ],
    ids=lambda value: repr(value)[:20],
)
def test_bad_matrices(values: object) -> None:
    for method in (FOREST.margin, FOREST.predict, FOREST.shap):
        with pytest.raises(LeadscoreError) as caught:
            method(values)
        assert caught.value.code == "invalid_matrix"


def test_bad_options() -> None:
    for options in ({"iterations": "some"}, {"threads": -1}, {"threads": 1.5}, {"threads": True}):
        with pytest.raises(LeadscoreError):
            FOREST.margin(X, **options)  # type: ignore[arg-type]


def test_what_a_forest_is(tmp_path: Path) -> None:
    assert FOREST.library == ("xgboost", "3.2.0")
    assert FOREST.objective == "binary:logistic"
    assert repr(FOREST).startswith("<leadscore.Forest xgboost 3.2.0 'binary:logistic'")
    assert Forest.from_json(FOREST.to_json()) == FOREST
    assert len({FOREST, Forest.from_json(FOREST.to_json())}) == 1
    assert FOREST != NAMED
    model = (FIXTURES / "golden" / "xgb-3.2.0-binary-ubj" / "model.ubj").read_bytes()
    for data in (model, bytearray(model), memoryview(model)):
        assert Forest.from_bytes(data).margin(X).tobytes() == FOREST.margin(X).tobytes()
    best = Forest.load(FIXTURES / "golden" / "xgb-3.2.0-best-ubj" / "model.ubj")
    assert best.best_iteration is not None
    rows = RNG.normal(size=(9, len(best.feature_names)))
    assert not np.array_equal(best.margin(rows, "best"), best.margin(rows, "all"))
    # The default is that of the libraries' scikit-learn classes.
    assert np.array_equal(best.margin(rows), best.margin(rows, "best"))


@pytest.mark.third_party
def test_shap_explanations() -> None:
    shap = pytest.importorskip("shap")
    explanation = FOREST.explanation(X)
    assert isinstance(explanation, shap.Explanation)
    assert np.array_equal(explanation.values, FOREST.shap(X)[:, :-1])
    assert explanation.feature_names == list(FOREST.feature_names)
    assert (
        CLASSES.explanation(RNG.normal(size=(3, len(CLASSES.feature_names)))).values.shape[2]
        == CLASSES.outputs
    )
    pipeline = Pipeline.builtin("b2b")
    found = pipeline.score_many([{"company_revenue": 1e6}, {}], as_of="2026-11-22")
    points = found.explanation()
    totals = points.base_values + points.values.sum(axis=1)
    assert np.allclose(totals, [item.score for item in found], atol=1e-3)


def test_a_note_about_one_column_does_not_slow_down_the_others() -> None:
    # The model has notes of `plan` and `rating`; `visits` is a plain number.
    forest = Forest.load(FIXTURES / "columns" / "lightgbm-frame.txt")
    assert forest.notes
    visits = forest.feature_names.index("visits")
    assert forest._native.is_settled(visits)
    # Numbers that may stand for names are read cell by cell.
    unclear = Forest.load(FIXTURES / "columns" / "lightgbm-unclear.txt")
    assert not any(unclear._native.is_settled(place) for place in range(2))
