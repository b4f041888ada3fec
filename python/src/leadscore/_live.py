"""Models in whatever form they are at hand: files, bytes, texts, and the objects of XGBoost and LightGBM."""

from __future__ import annotations

import math
import os
from typing import Any, Protocol, TypeAlias, runtime_checkable

from leadscore import _files
from leadscore._errors import LeadscoreError, shown


@runtime_checkable
class Readable(Protocol):
    """An open file."""

    def read(self) -> bytes | str:
        """The rest of it."""
        ...


ModelSource: TypeAlias = "str | os.PathLike[str] | bytes | bytearray | memoryview | Readable | Any"
"""A model: the path of its file, its bytes or text, an open file, or a live model of XGBoost or LightGBM."""


def model_bytes(model: ModelSource) -> tuple[bytes | bytearray | memoryview, float | None]:
    """The bytes of a model, and the value that means missing to it where the object knows one."""
    if isinstance(model, (bytes, bytearray, memoryview)):
        return model, None
    if isinstance(model, str) and _is_text_of_model(model):
        return model.encode(errors="surrogatepass"), None
    if isinstance(model, (str, os.PathLike)):
        return _files.read(model), None
    libraries = {kind.__module__.partition(".")[0] for kind in type(model).__mro__}
    if "xgboost" in libraries:
        return _of_xgboost(model)
    if "lightgbm" in libraries:
        return _of_lightgbm(model), None
    if isinstance(model, Readable):
        return _of_file(model), None
    raise LeadscoreError(
        "invalid_model",
        "",
        f"wants a path, bytes, an open file, or a model of XGBoost or LightGBM, found {shown(model)}",
    )


def _is_text_of_model(text: str) -> bool:
    """Whether it is a model rather than the path of one."""
    start = text[:200].lstrip("\ufeff \t\r\n")
    return start.startswith("{") or "\n" in text or len(text) > 4096


def _of_file(file: Readable) -> bytes:
    try:
        data = file.read()
    except (OSError, ValueError) as error:
        raise LeadscoreError("io", "", f"the file cannot be read: {error}") from None
    if isinstance(data, str):
        return data.encode(errors="surrogatepass")
    if isinstance(data, bytes):
        return data
    raise LeadscoreError("invalid_model", "", f"wants a file that gives bytes, found {type(data).__name__}")


def _of_xgboost(model: Any) -> tuple[bytes | bytearray, float | None]:
    booster, missing = model, None
    if hasattr(model, "get_booster"):
        booster = _fitted(model.get_booster)
        missing = getattr(model, "missing", None)
        missing = None if missing is None or math.isnan(missing) else float(missing)
    return booster.save_raw(raw_format="ubj"), missing


def _of_lightgbm(model: Any) -> bytes:
    booster = _fitted(lambda: model.booster_) if hasattr(type(model), "booster_") else model
    return str(booster.model_to_string()).encode()


def _fitted(booster: Any) -> Any:
    """The booster of a scikit-learn class."""
    try:
        return booster()
    except Exception as error:
        if type(error).__name__ not in ("NotFittedError", "LGBMNotFittedError"):
            raise
        raise LeadscoreError("invalid_model", "", "the model is not fitted yet; call fit first") from None
