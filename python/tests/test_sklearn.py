"""The scikit-learn wrapper."""

from __future__ import annotations

import json
import warnings

import numpy as np
import polars as pl
import pytest
from sklearn.base import clone
from sklearn.exceptions import SkipTestWarning
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import cross_val_predict
from sklearn.utils.estimator_checks import check_estimator

from leadscore import LeadScorer, Pipeline

from .conftest import AS_OF

pytestmark = pytest.mark.third_party


def pipeline_of(columns: int) -> Pipeline:
    features = [
        {"name": f"f{at}", "type": "number", "source": {"from": "attribute"}} for at in range(columns)
    ]
    rules = [{"code": f"r{at}", "points": {"product": [f"f{at}", 1]}, "text": "x"} for at in range(columns)]
    scorer = {"kind": "scorecard", "unit": "log_odds", "base": 0, "groups": [{"code": "g", "rules": rules}]}
    whole = {
        "format": 1,
        "id": "wide",
        "schema": {"features": features},
        "scorer": scorer,
        "scale": {"kind": "logistic"},
        "tiers": "a-e",
    }
    return Pipeline.from_json(json.dumps(whole))


class AnyWidth(LeadScorer):
    """The wrapper around a pipeline as wide as the checks' matrices."""

    def _loaded(self) -> Pipeline:
        return pipeline_of(getattr(self, "n_features_in_", 2))


def test_it_passes_the_checks_as_far_as_one_can_who_does_not_learn() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SkipTestWarning)
        results = check_estimator(AnyWidth(as_of=AS_OF), on_fail=None)
    failed = {result["check_name"] for result in results if result["status"] == "failed"}
    passed = [result for result in results if result["status"] == "passed"]
    # This one wants most rows of a training set classified as they were trained.
    assert failed == {"check_classifiers_train"}
    assert len(passed) >= 45


def test_frames_records_and_matrices_give_the_same() -> None:
    df = pl.DataFrame(
        {"title": ["VP Sales", "Student", None] * 4, "company": ["Acme", None, "Beta"] * 4, "n": range(12)}
    )
    y = np.array(["no", "yes"] * 6)
    scorer = LeadScorer("conversion", as_of=AS_OF, cut=20).fit(df, y)
    by_frame = scorer.predict_proba(df)
    records = [{key: value for key, value in row.items() if key != "n"} for row in df.to_dicts()]
    assert np.array_equal(by_frame, scorer.predict_proba(records))
    matrix = Pipeline.builtin("conversion").feature_matrix(records, as_of=AS_OF)
    assert np.array_equal(by_frame, scorer.predict_proba(matrix))
    assert np.array_equal(by_frame, scorer.predict_proba(df.to_pandas()))
    assert set(scorer.predict(df)) == {"no", "yes"}
    assert np.array_equal(scorer.score_samples(df) > 20, scorer.predict(df) == "yes")
    assert 0 <= roc_auc_score(y, scorer.decision_function(df)) <= 1
    assert clone(scorer).get_params()["cut"] == 20
    assert len(cross_val_predict(scorer, matrix, y, cv=2)) == 12


def test_a_score_is_no_probability() -> None:
    assert not hasattr(LeadScorer("qualify"), "predict_proba")
    with pytest.raises(ValueError, match="features"):
        LeadScorer("conversion").predict(np.zeros((2, 3)))
