"""A pipeline as a scikit-learn classifier: for its metrics, its model selection and its `Pipeline`."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import tzinfo
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import check_array, validate_data

from leadscore._encode import Moment
from leadscore._pipeline import Pipeline


def _has_probability(scorer: LeadScorer) -> bool:
    """Whether the pipeline gives a probability; a score alone is none."""
    pipeline = scorer._loaded()
    width = len(pipeline.columns)
    return not np.isnan(pipeline.score_matrix(np.full((1, width), np.nan)).probability[0])


class LeadScorer(ClassifierMixin, BaseEstimator):  # type: ignore[misc, unused-ignore]
    """Scores with a finished pipeline; `fit` learns nothing but the names of the two classes.

    X is a frame of leads, a list of records, or a matrix with the pipeline's columns. A lead is of the second class
    if its score lies above `cut`, in points. `pipeline` is a `Pipeline`, the name of a built-in one, or a file.
    """

    def __init__(
        self,
        pipeline: Pipeline | str | os.PathLike[str] = "conversion",
        *,
        as_of: Moment | None = None,
        zone: str | tzinfo = "UTC",
        cut: float = 50.0,
        threads: int | None = None,
    ) -> None:
        self.pipeline = pipeline
        self.as_of = as_of
        self.zone = zone
        self.cut = cut
        self.threads = threads

    def fit(self, X: Any, y: Any = None) -> LeadScorer:
        """Takes the names of the classes from `y`; 0 and 1 without it. Nothing is learned."""
        if _is_table(X):
            self._loaded()
            if y is not None:
                y = check_array(y, ensure_2d=False, dtype=None)
        elif y is None:
            validate_data(self, X, ensure_all_finite="allow-nan")
        else:
            X, y = validate_data(self, X, y, ensure_all_finite="allow-nan")
        if y is None:
            self.classes_ = np.array([0, 1])
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
        return self

    def score_samples(self, X: Any) -> NDArray[np.float64]:
        """The scores, 0–100."""
        return self._scores(X)[0]

    def decision_function(self, X: Any) -> NDArray[np.float64]:
        """The scores less the cut: above 0 for the second class."""
        return self._scores(X)[0] - self.cut

    @available_if(_has_probability)  # type: ignore[untyped-decorator, unused-ignore]
    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """The probabilities of both classes, where the pipeline has one."""
        probability = self._scores(X)[1]
        return np.column_stack([1.0 - probability, probability])

    def predict(self, X: Any) -> NDArray[Any]:
        """The class of each lead."""
        above = self.decision_function(X) > 0
        return np.asarray(getattr(self, "classes_", np.array([0, 1]))[above.astype(int)])

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
