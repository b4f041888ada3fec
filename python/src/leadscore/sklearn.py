"""Pipelines as scikit-learn classifiers, finished or learned: for its metrics, model selection and `Pipeline`."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import tzinfo
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.metrics import accuracy_score
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import check_array, validate_data

from leadscore._classifier import LeadScoreClassifier
from leadscore._encode import Moment
from leadscore._pipeline import Pipeline

__all__ = ["LeadScoreClassifier", "LeadScorer"]


def _has_probability(scorer: LeadScorer) -> bool:
    """Whether the pipeline gives a probability; a score alone is none."""
    pipeline = scorer._loaded()
    width = len(pipeline.columns)
    return not np.isnan(pipeline.score_matrix(np.full((1, width), np.nan)).probability[0])


class LeadScorer(ClassifierMixin, BaseEstimator):  # type: ignore[misc, unused-ignore]
    """Scores with a finished pipeline; `fit` learns nothing but the names of the two classes.

    X is a frame of leads, a list of records, or a matrix with the pipeline's columns. A lead is of the class that the
    score speaks for, `positive`, if its score lies above `cut`, in points; that is the second class, by sorting, if you
    do not say. `pipeline` is a `Pipeline`, the name of a built-in one, or a file.
    """

    def __init__(
        self,
        pipeline: Pipeline | str | os.PathLike[str] = "conversion",
        *,
        as_of: Moment | None = None,
        zone: str | tzinfo = "UTC",
        cut: float = 50.0,
        positive: Any = None,
        threads: int | None = None,
    ) -> None:
        self.pipeline = pipeline
        self.as_of = as_of
        self.zone = zone
        self.cut = cut
        self.positive = positive
        self.threads = threads

    def fit(self, X: Any, y: Any = None) -> LeadScorer:
        """Takes the names of the classes from `y`; 0 and 1 without it. Nothing is learned."""
        if _is_table(X):
            self._loaded()
            self._name_features(X)
            if y is not None:
                y = check_array(y, ensure_2d=False, dtype=None)
        elif y is None:
            validate_data(self, X, ensure_all_finite="allow-nan")
            self._knows_attributes = False
        else:
            self._knows_attributes = False
            X, y = validate_data(self, X, y, ensure_all_finite="allow-nan")
        if y is None:
            self.classes_ = np.array([0, 1])
            self._is_reversed()
            return self
        check_classification_targets(y)
        classes = np.unique(y)
        if type_of_target(y) == "multiclass" or len(classes) > 2:
            raise ValueError(
                f"Only binary classification is supported. The type of the target is {type_of_target(y)}."
            )
        if len(classes) < 2:
            raise ValueError(f"Classifier can't train when only one class is present: {classes[0]!r}")
        self.classes_ = classes
        self._is_reversed()
        return self

    def _name_features(self, X: Any) -> None:
        """The names of a frame's columns, as scikit-learn keeps them."""
        self.__dict__.pop("feature_names_in_", None)
        self.__dict__.pop("n_features_in_", None)
        self._knows_attributes = True
        if not isinstance(X, list):
            names = [str(name) for name in getattr(X, "column_names", X.columns)]
            self.feature_names_in_ = np.array(names, dtype=object)
            self.n_features_in_ = len(names)

    def _is_reversed(self) -> bool:
        """Whether the score speaks for the first class."""
        if self.positive is None:
            return False
        classes = getattr(self, "classes_", np.array([0, 1])).tolist()
        if self.positive not in classes:
            raise ValueError(f"positive={self.positive!r} is none of the classes {classes}")
        return bool(classes.index(self.positive) == 0)

    def score_samples(self, X: Any) -> NDArray[np.float64]:
        """The scores, 0–100."""
        return self._scores(X)[0]

    def decision_function(self, X: Any) -> NDArray[np.float64]:
        """The scores less the cut: above 0 for the second class; the other way round where `positive` is the first."""
        above = self._scores(X)[0] - self.cut
        return -above if self._is_reversed() else above

    @available_if(_has_probability)  # type: ignore[untyped-decorator, unused-ignore]
    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """The probabilities of both classes, where the pipeline has one."""
        probability = self._scores(X)[1]
        both = [1.0 - probability, probability]
        return np.column_stack(both[::-1] if self._is_reversed() else both)

    def predict(self, X: Any) -> NDArray[Any]:
        """The class of each lead."""
        is_positive = self._scores(X)[0] > self.cut
        second = ~is_positive if self._is_reversed() else is_positive
        return np.asarray(getattr(self, "classes_", np.array([0, 1]))[second.astype(int)])

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """The share of leads, by their weights if there are some, whose class is that of `y`."""
        return float(accuracy_score(y, self.predict(X), sample_weight=sample_weight))

    def _scores(self, X: Any) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        pipeline = self._loaded()
        if _is_table(X) and not isinstance(X, list):
            frame = pipeline.score_frame(X, as_of=self.as_of, zone=self.zone, threads=self.threads)
            score, probability = [
                np.asarray(frame[name].to_numpy(), dtype=np.float64) for name in ("score", "probability")
            ]
            return score, probability
        if _is_table(X):
            found = pipeline.score_many(X, as_of=self.as_of, zone=self.zone, brief=True, threads=self.threads)
            known = [np.nan if item.probability is None else item.probability for item in found]
            return np.array([item.score for item in found]), np.array(known)
        if self.__dict__.get("_knows_attributes"):
            # The columns of leads are attributes, those of a matrix features.
            X = check_array(X, ensure_all_finite="allow-nan")
        else:
            X = validate_data(self, X, reset=False, ensure_all_finite="allow-nan")
        if X.shape[1] != len(pipeline.columns):
            raise ValueError(f"X has {X.shape[1]} features, but the pipeline reads {len(pipeline.columns)}")
        scores = pipeline.score_matrix(X, threads=self.threads)
        return scores.score, scores.probability

    def _loaded(self) -> Pipeline:
        if isinstance(self.pipeline, Pipeline):
            return self.pipeline
        known = self.__dict__.get("_known")
        if known is None or known[0] != self.pipeline:
            name = self.pipeline
            loaded = (
                Pipeline.builtin(name)
                if isinstance(name, str) and name in Pipeline.builtin_names()
                else Pipeline.load(name)
            )
            known = self.__dict__["_known"] = (name, loaded)
        pipeline: Pipeline = known[1]
        return pipeline

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.requires_fit = False
        tags.input_tags.allow_nan = True
        tags.classifier_tags.multi_class = False
        return tags


def _is_table(X: Any) -> bool:
    """Whether X holds records rather than a matrix. A frame whose columns have no names is a matrix."""
    if hasattr(X, "__arrow_c_stream__"):
        return all(isinstance(name, str) for name in getattr(X, "columns", ()))
    return isinstance(X, list) and bool(X) and isinstance(X[0], Mapping)
