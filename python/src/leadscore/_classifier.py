"""A scikit-learn classifier that learns a pipeline."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from datetime import tzinfo
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import (
    _check_sample_weight,
    check_array,
    check_consistent_length,
    check_is_fitted,
    column_or_1d,
    validate_data,
)

from leadscore import _frame, _learn, _native
from leadscore._arguments import json_of
from leadscore._encode import Moment, moment_text, now, threads_of, zone_name
from leadscore._errors import LeadscoreWarning
from leadscore._train import CalibrationName, read_trained, settings


class LeadScoreClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc, unused-ignore]
    """Learns a calibrated pipeline of boosted trees, as `leadscore.train` does, from what scikit-learn's methods take.

    X is a matrix of numbers, or a frame of pandas, polars or pyarrow as it is: numbers, flags, texts and categories
    (levels), times (the days since them, as of `as_of`). NaN and what is missing stay missing. y has two classes; the
    probability of the pipeline is that of `positive`, the second one by sorting if you do not say. With an `eval_set`
    its leads stop the trees, calibrate them and set the tiers; without, folds do.

    After `fit`, `pipeline_` is the complete pipeline (score, explain, save) and `report_` says how good it is on rows
    that its trees had not seen. Texts of too many levels are not learned from; `left_out_` says which and why.
    """

    def __init__(
        self,
        *,
        rounds: int = 2000,
        folds: int = 5,
        calibration: CalibrationName = "best",
        capture: Sequence[float] | None = None,
        precision: Sequence[float] | None = None,
        monotone: Mapping[str, Literal["rising", "falling"]] | None = None,
        positive: Any = None,
        as_of: Moment | None = None,
        zone: str | tzinfo = "UTC",
        pipeline_id: str = "trained",
        random_state: int | None = 0,
        threads: int | None = None,
    ) -> None:
        self.rounds = rounds
        self.folds = folds
        self.calibration = calibration
        self.capture = capture
        self.precision = precision
        self.monotone = monotone
        self.positive = positive
        self.as_of = as_of
        self.zone = zone
        self.pipeline_id = pipeline_id
        self.random_state = random_state
        self.threads = threads

    def fit(self, X: Any, y: Any, sample_weight: Any = None, eval_set: Any = None) -> LeadScoreClassifier:
        """Learns. `eval_set` is one pair of rows and classes, or a list of one such pair."""
        as_of = now() if self.as_of is None else moment_text(self.as_of)
        if is_frame(X):
            validate_data(self, X, skip_check_array=True)
            if y is None:
                raise ValueError("requires y to be passed, but the target y is None")
            y = column_or_1d(check_array(y, ensure_2d=False, dtype=None), warn=True)
            check_consistent_length(X, y)
            learnable = _learn.of_frame(X)
        else:
            X, y = validate_data(self, X, y, dtype=np.float64, ensure_all_finite="allow-nan")
            names = getattr(self, "feature_names_in_", [f"x{place}" for place in range(X.shape[1])])
            learnable = _learn.of_matrix([str(name) for name in names])
        check_classification_targets(y)
        weights = None
        if sample_weight is not None:
            weights = _check_sample_weight(
                sample_weight, np.empty((len(y), 1)), dtype=np.float64, ensure_non_negative=True
            )
        labels = self._labels(y, weights)
        self._columns, self.left_out_ = list(learnable.names), dict(learnable.left_out)
        self._of_frame = is_frame(X)
        if self.left_out_:
            told = [f"`{column}` is not learned from: {reason}" for column, reason in self.left_out_.items()]
            _frame.warn(told)
        reader = learnable.reader()
        rows = self._rows(reader, X, labels, weights, as_of)
        validation = None if eval_set is None else self._validation(reader, eval_set, as_of)
        options = settings(
            rounds=self.rounds,
            folds=self.folds,
            calibration=self.calibration,
            capture=self.capture,
            precision=self.precision,
            monotone={learnable.names.get(own, own): how for own, how in (self.monotone or {}).items()},
            pipeline_id=self.pipeline_id,
            seed=self.random_state,
        )
        with warnings.catch_warnings():
            # Figures of chance are for whoever asks for the report: a search tries much.
            warnings.simplefilter("ignore", LeadscoreWarning)
            trained = read_trained(
                _native.train_matrix(
                    learnable.schema,
                    rows,
                    json_of(options),
                    as_of,
                    zone_name(self.zone),
                    validation,
                    threads_of(self.threads),
                )
            )
        self.pipeline_, self.report_ = trained.pipeline, trained.report
        return self

    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """The calibrated probabilities of both classes."""
        probability = self._probability(X)
        both = [1.0 - probability, probability]
        return np.column_stack(both if self._second_is_won() else both[::-1])

    def decision_function(self, X: Any) -> NDArray[np.float64]:
        """The log-odds of the second class, by the calibrated probability."""
        least = np.finfo(np.float64).tiny
        probability = np.clip(self._probability(X), least, 1.0 - np.finfo(np.float64).epsneg)
        margin: NDArray[np.float64] = np.log(probability) - np.log1p(-probability)
        return margin if self._second_is_won() else -margin

    def predict(self, X: Any) -> NDArray[Any]:
        """The more probable class of each row."""
        is_second = self.decision_function(X) > 0
        return np.asarray(self.classes_[is_second.astype(int)])

    @property
    def feature_importances_(self) -> NDArray[np.float64]:
        """The share of each column in the gain of all splits."""
        check_is_fitted(self)
        gains = {item.code: item.importance for item in self.pipeline_.importance("total_gain")}
        feature_of = dict(zip(self._columns, [column.name for column in self.pipeline_.columns], strict=True))
        names = [str(name) for name in getattr(self, "feature_names_in_", self._columns)]
        shares: NDArray[np.float64] = np.array([gains.get(feature_of.get(name, ""), 0.0) for name in names])
        total = float(shares.sum())
        if total > 0:
            shares /= total
        return shares

    def _labels(self, y: NDArray[Any], weights: NDArray[np.float64] | None) -> NDArray[np.float64]:
        """1 for the class that the probability is of, 0 for the other."""
        classes = np.unique(y)
        if type_of_target(y) == "multiclass" or len(classes) > 2:
            raise ValueError(
                f"Only binary classification is supported. The type of the target is {type_of_target(y)}."
            )
        weighed = classes if weights is None else np.unique(y[weights > 0])
        if len(weighed) < 2:
            raise ValueError(f"Classifier can't train when only one class is present: {weighed.tolist()}")
        self.classes_ = classes
        if self.positive is not None and self.positive not in classes.tolist():
            raise ValueError(f"positive={self.positive!r} is none of the classes {classes.tolist()}")
        won = classes[1] if self._second_is_won() else classes[0]
        return np.asarray(y == won, dtype=np.float64)

    def _second_is_won(self) -> bool:
        return self.positive is None or bool(self.classes_[1] == self.positive)

    def _rows(
        self,
        reader: _native.Pipeline,
        X: Any,
        labels: NDArray[np.float64],
        weights: NDArray[np.float64] | None,
        as_of: str,
    ) -> _native._Labelled:
        """Rows to learn from; those that weigh nothing are left out."""
        values = (
            _learn.matrix_of(reader, X, self._columns, as_of, self.zone, threads_of(self.threads))
            if self._of_frame
            else np.ascontiguousarray(X)
        )
        if weights is not None:
            kept = weights > 0
            values, labels, weights = np.ascontiguousarray(values[kept]), labels[kept], weights[kept]
        return {"values": values, "labels": labels, "weights": weights}

    def _validation(self, reader: _native.Pipeline, eval_set: Any, as_of: str) -> _native._Labelled:
        pairs = eval_set if isinstance(eval_set, list) else [eval_set]
        if len(pairs) != 1 or not isinstance(pairs[0], (list, tuple)) or len(pairs[0]) != 2:
            raise ValueError("eval_set wants one pair of rows and classes")
        X, y = pairs[0]
        X = self._checked(X)
        y = column_or_1d(check_array(y, ensure_2d=False, dtype=None))
        check_consistent_length(X, y)
        unknown = [one for one in np.unique(y).tolist() if one not in self.classes_.tolist()]
        if unknown:
            raise ValueError(f"eval_set has the class {unknown[0]!r}, which y does not have")
        won = self.classes_[1] if self._second_is_won() else self.classes_[0]
        return self._rows(reader, X, (y == won).astype(np.float64), None, as_of)

    def _checked(self, X: Any) -> Any:
        """Rows with the columns of the training, or a ValueError."""
        if self._of_frame:
            if not is_frame(X):
                raise ValueError(
                    f"X has to be a frame with the columns {', '.join(self._columns)}, as in fit"
                )
            return validate_data(self, X, reset=False, skip_check_array=True)
        return validate_data(self, X, reset=False, dtype=np.float64, ensure_all_finite="allow-nan")

    def _probability(self, X: Any) -> NDArray[np.float64]:
        check_is_fitted(self)
        X = self._checked(X)
        threads = threads_of(self.threads)
        if not self._of_frame:
            return self.pipeline_.score_matrix(X, threads=threads).probability
        native = _frame.to_native(X, "X", set(self._columns))
        reading = _learn.reading(self._columns, self.as_of, self.zone)
        scores = native.score(self.pipeline_._native, reading, threads=threads)
        _frame.warn(_frame.told(scores["unusable"], native.rows))
        return scores["probabilities"]

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.categorical = True
        tags.input_tags.string = True
        tags.classifier_tags.multi_class = False
        return tags


def is_frame(X: Any) -> bool:
    """Whether X is a frame whose columns have names that are texts."""
    if not hasattr(X, "__arrow_c_stream__"):
        return False
    names = getattr(X, "column_names", None)
    names = list(getattr(X, "columns", ())) if names is None else list(names)
    return bool(names) and all(isinstance(name, str) for name in names)
