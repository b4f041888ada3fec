"""Contributions for the plots of the package shap."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from leadscore._prediction import Prediction


def of_forest(shap_values: NDArray[np.float64], values: NDArray[Any], names: Sequence[str]) -> Any:
    """Contributions to margins; with several outputs these come last, as in shap."""
    if shap_values.ndim == 3:
        shap_values = np.moveaxis(shap_values, 1, 2)
        inner, base = shap_values[:, :-1, :], shap_values[:, -1, :]
    else:
        inner, base = shap_values[:, :-1], shap_values[:, -1]
    return _explanation(inner, base, np.asarray(values, dtype=np.float64), list(names))


def of_predictions(predictions: Iterable[object]) -> Any:
    """Contributions to scores in points, a column for every contribution that occurs."""
    shown = [item for item in predictions if isinstance(item, Prediction)]
    places: dict[str, int] = {}
    for prediction in shown:
        for item in prediction.explanation.contributions:
            places.setdefault(item.code, len(places))
    points = np.zeros((len(shown), len(places)))
    data = np.full(points.shape, np.nan)
    for row, prediction in enumerate(shown):
        for item in prediction.explanation.contributions:
            points[row, places[item.code]] += item.points
            values = list(item.features.values())
            if len(values) == 1 and isinstance(values[0], (bool, int, float)):
                data[row, places[item.code]] = values[0]
    base = [np.nan if item.explanation.baseline is None else item.explanation.baseline for item in shown]
    return _explanation(points, np.array(base), data, list(places))


def _explanation(
    values: NDArray[np.float64], base: NDArray[np.float64], data: NDArray[np.float64], names: list[str]
) -> Any:
    try:
        from shap import Explanation
    except ImportError as error:
        raise ImportError("this needs the package shap: pip install shap") from error
    return Explanation(values=values, base_values=base, data=data, feature_names=names)
