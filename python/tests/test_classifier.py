"""The scikit-learn classifier that learns."""

from __future__ import annotations

import pickle
import warnings
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError, SkipTestWarning
from sklearn.model_selection import GridSearchCV, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils.estimator_checks import check_estimator

from leadscore import LeadScoreClassifier, LeadscoreError, LeadscoreWarning, Pipeline

from .test_train import AS_OF, past_leads

pytestmark = pytest.mark.third_party


def classifier(**options: Any) -> LeadScoreClassifier:
    return LeadScoreClassifier(**{"as_of": AS_OF, "rounds": 40, **options})


def leads_of(rows: int = 400, seed: int = 1) -> tuple[pd.DataFrame, pd.Series[str]]:
    leads = past_leads(rows, seed)
    return leads.drop(columns="Outcome"), leads["Outcome"]


def test_it_passes_the_checks_of_scikit_learn() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SkipTestWarning)
        results = check_estimator(classifier(rounds=30), on_fail=None)
    failed = {result["check_name"] for result in results if result["status"] == "failed"}
    passed = [result for result in results if result["status"] == "passed"]
    # A row that weighs two is one lead in one fold; two rows are two, perhaps in two folds.
    assert failed <= {"check_sample_weight_equivalence_on_dense_data"}, failed
    assert len(passed) >= 50


def test_frames_are_taken_as_they_are() -> None:
    X, y = leads_of()
    new, _ = leads_of(100, 2)
    own = classifier().fit(X, y)
    assert own.classes_.tolist() == ["Lost", "Won"]
    assert own.n_features_in_ == 4
    assert own.feature_names_in_.tolist() == list(X.columns)
    wanted = own.predict_proba(new)
    assert wanted.shape == (100, 2)
    assert np.allclose(wanted.sum(axis=1), 1)
    assert np.array_equal(own.predict(new) == "Won", wanted[:, 1] > 0.5)
    assert np.array_equal(own.decision_function(new) > 0, wanted[:, 1] > 0.5)
    typed = {"Visits": "Int64", "Source": "category", "Met": "boolean"}
    for form in (
        lambda frame: frame.astype(typed),
        lambda frame: frame.astype({"Source": "string", "Met": object}),
        pl.from_pandas,
        lambda frame: pl.from_pandas(frame).with_columns(pl.col("Source").cast(pl.Categorical)),
        lambda frame: pa.Table.from_pandas(frame, preserve_index=False),
    ):
        other = classifier().fit(form(X), y)
        assert np.array_equal(other.predict_proba(form(new)), wanted)
    # The pipeline is complete: it scores the same leads as records, with reasons.
    assert own.pipeline_.id == "trained"
    record = new.iloc[0].dropna().to_dict()
    prediction = own.pipeline_.score(record, as_of=AS_OF)
    assert prediction.probability == wanted[0, 1]
    assert prediction.reasons
    assert own.report_.leads == 400
    assert Pipeline.from_json(own.pipeline_.to_json()).content_hash == own.report_.content_hash
    shares = own.feature_importances_
    assert shares.shape == (4,)
    assert shares.argmax() == 0
    assert shares.sum() == pytest.approx(1)


def test_it_works_with_the_tools_of_scikit_learn() -> None:
    X, y = leads_of()
    own = classifier(rounds=15)
    assert cross_val_predict(own, X, y, cv=3, method="predict_proba").shape == (400, 2)
    search = GridSearchCV(own, {"folds": [2, 3]}, cv=2, scoring="roc_auc").fit(X, y)
    assert search.best_score_ > 0.7
    chain = make_pipeline(FunctionTransformer(), own).fit(X, y)
    assert chain.predict(X).shape == (400,)
    assert clone(own).get_params() == own.get_params()
    fitted = own.fit(X, y)
    again = pickle.loads(pickle.dumps(fitted))
    assert np.array_equal(again.predict_proba(X), fitted.predict_proba(X))
    with pytest.raises(NotFittedError):
        classifier().predict(X)


def test_matrices_weights_and_missing_values() -> None:
    rng = np.random.default_rng(3)
    X = rng.normal(size=(600, 3))
    y = (X[:, 1] + 0.5 * rng.normal(size=600) > 0).astype(int)
    X[rng.random(X.shape) < 0.1] = np.nan
    own = classifier().fit(X, y)
    assert own.score(X, y) > 0.8
    assert own.feature_importances_.argmax() == 1
    assert [column.name for column in own.pipeline_.columns] == ["x0", "x1", "x2"]
    record = {"x0": X[0, 0], "x1": X[0, 1]}
    known = {name: value for name, value in record.items() if not np.isnan(value)}
    row = np.array([[known.get(name, np.nan) for name in ("x0", "x1", "x2")]])
    assert own.pipeline_.score(known, as_of=AS_OF).probability == own.predict_proba(row)[0, 1]
    # Rows that weigh nothing might as well not be there.
    weights = np.where(np.arange(600) < 400, 2.0, 0.0)
    weighed = classifier().fit(X, y, sample_weight=weights)
    alone = classifier().fit(X[:400], y[:400], sample_weight=weights[:400])
    assert np.array_equal(weighed.predict_proba(X), alone.predict_proba(X))
    heavy = classifier().fit(X, y, sample_weight=np.where(y == 1, 5.0, 1.0))
    assert heavy.predict_proba(X)[:, 1].mean() > own.predict_proba(X)[:, 1].mean() + 0.05


def test_leads_of_their_own_stop_it() -> None:
    X, y = leads_of()
    held_out = leads_of(300, 4)
    own = classifier().fit(X, y, eval_set=[held_out])
    assert own.report_.leads == 400
    assert sum(tier.leads for tier in own.report_.tiers) == 300
    assert all(fold.leads == 300 for fold in own.report_.folds)
    same = classifier().fit(X, y, eval_set=held_out)
    assert same.report_ == own.report_
    with pytest.raises(ValueError, match="one pair"):
        classifier().fit(X, y, eval_set=[held_out, held_out])
    with pytest.raises(ValueError, match="one pair"):
        classifier().fit(X, y, eval_set=3)
    with pytest.raises(ValueError, match="which y does not have"):
        classifier().fit(X, y, eval_set=(X, y.replace("Won", "won")))
    with pytest.raises(LeadscoreError) as refused:
        classifier().fit(X, y, eval_set=(X[y == "Won"], y[y == "Won"]))
    assert refused.value.path == "validation.labels"


def test_the_first_class_may_be_the_one_that_is_won() -> None:
    X, y = leads_of()
    y = y.replace({"Won": "Converted", "Lost": "Lost"})
    own = classifier(positive="Converted").fit(X, y)
    assert own.classes_.tolist() == ["Converted", "Lost"]
    assert own.score(X, y) > 0.7
    good = X[own.predict(X) == "Converted"].iloc[0].dropna().to_dict()
    assert (own.pipeline_.score(good, as_of=AS_OF).probability or 0) > 0.5
    with pytest.raises(ValueError, match="none of the classes"):
        classifier(positive="Sold").fit(X, y)


def test_what_it_does_not_learn_from_is_told() -> None:
    X, y = leads_of()
    X["Name"] = [f"Name {row}" for row in range(400)]
    with pytest.warns(LeadscoreWarning, match="`Name` is not learned from"):
        own = classifier().fit(X, y)
    assert list(own.left_out_) == ["Name"]
    assert own.feature_importances_[4] == 0
    assert own.predict(X).shape == (400,)
    # A level that was not there counts as missing, and is told.
    other = X.assign(Source="Radio")
    with pytest.warns(LeadscoreWarning, match="Radio"):
        own.predict(other)
    with pytest.raises(ValueError, match="feature names"):
        own.predict(X.drop(columns="Visits"))
    with pytest.raises(ValueError, match="frame"):
        own.predict(np.zeros((3, 5)))
    with pytest.raises(ValueError, match="Only binary"):
        classifier().fit(X, np.arange(400) % 3)
    with pytest.raises(ValueError, match="only one class"):
        classifier().fit(X, np.ones(400))
    with pytest.raises(LeadscoreError, match="at least 2"):
        classifier().fit(X.head(20), np.arange(20) == 1)
    for form in (lambda frame: frame, pl.from_pandas, pa.Table.from_pandas):
        with pytest.raises(LeadscoreError, match="Visits: holds an infinite number"):
            classifier().fit(form(X.assign(Visits=np.inf)), y)
    with pytest.raises(LeadscoreError, match="is not a time"):
        classifier(as_of="yesterday").fit(np.arange(400.0).reshape(-1, 1), y)
    with pytest.raises(LeadscoreError) as refused:
        classifier().fit(X.assign(List=[[1]] * 400), y)
    assert refused.value.path == "List"


def test_monotone_columns_go_by_their_names() -> None:
    X, y = leads_of()
    own = classifier(monotone={"Visits": "falling"}).fit(X[["Visits"]], y)
    steps = own.predict_proba(pd.DataFrame({"Visits": np.arange(20.0)}))[:, 1]
    assert (np.diff(steps) <= 0).all()
