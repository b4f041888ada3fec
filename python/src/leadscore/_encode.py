"""From what a Python programmer has at hand to the JSON text that the library reads."""

from __future__ import annotations

import dataclasses
import enum
import json
import math
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta, timezone, tzinfo
from decimal import Decimal
from typing import Any, TypeAlias, cast

import numpy as np

from leadscore._errors import LeadscoreError, shown

Moment: TypeAlias = "datetime | date | str | int | np.datetime64"
"""A moment: a datetime (one without a zone is meant in the given zone), a date, an ISO text, or milliseconds."""

Moments: TypeAlias = "Moment | Iterable[Moment]"
"""One moment for all leads, or one for each of them."""

_DEEPEST = 64
"""Lists and objects inside one another, the record among them; the same in every language."""

_SAFE = 2**53
"""Below it a float is one whole number and no other."""


def record_json(lead: object, path: str = "") -> str:
    """One lead record: a mapping, a dataclass, a named tuple, or an object with `model_dump`. `path` is its place."""
    try:
        return _write(_plain(lead, 0))
    except _RefusedError as refused:
        raise refused.error(path) from None


def value_json(value: object) -> str:
    """One value of an attribute; a list or an object is none."""
    try:
        plain = _plain(value, 0)
        if isinstance(plain, (list, dict)):
            raise _no_value(value)
    except _RefusedError as refused:
        raise refused.error("") from None
    # A long whole number is no f64, and may be the name of a level.
    return _write(str(plain) if isinstance(plain, int) and abs(plain) > _SAFE else plain)


def records_json(leads: Iterable[object], start: int = 0) -> tuple[str, dict[int, LeadscoreError]]:
    """A list of lead records; `start` is the index of the first one among all.

    What has no JSON form is null in the text, and its error stands by its position in the list.
    """
    plain: list[object] = []
    refused: dict[int, LeadscoreError] = {}
    for position, lead in enumerate(leads):
        try:
            plain.append(_plain(lead, 0))
        except _RefusedError as error:
            refused[position] = error.below(start + position).error("leads")
            plain.append(None)
    return _write(plain), refused


def stretches(leads: Iterable[object], size: int) -> Iterator[tuple[int, list[object]]]:
    """The leads in lists of so many, each with the index of its first."""
    stretch: list[object] = []
    start = 0
    for lead in leads:
        stretch.append(lead)
        if len(stretch) == size:
            yield start, stretch
            start += size
            stretch = []
    if stretch:
        yield start, stretch


class Times(list[str | int]):
    """A moment for each lead of a list, as the context takes them."""


def contexts_json(
    as_of: Moment | Times | None, zone: str | tzinfo, **options: Any
) -> Callable[[int, int], str]:
    """The options of a scoring for some leads of a list, by the index of the first and their number."""
    text = context_json(as_of, zone, **options)
    if not isinstance(as_of, Times):
        return lambda start, count: text
    return lambda start, count: context_json(Times(as_of[start : start + count]), zone, **options)


def moments(as_of: Moments | None) -> Moment | Times | None:
    """One moment for all leads, as it is, or those of each lead."""
    is_scalar = isinstance(as_of, np.ndarray) and as_of.ndim != 1
    if is_scalar or isinstance(as_of, (str, bytes, Mapping)) or not isinstance(as_of, Iterable):
        return cast("Moment | None", as_of)
    each = Times()
    for value in as_of:
        try:
            each.append(moment(value))
        except LeadscoreError as error:
            raise LeadscoreError(error.code, f"as_of[{len(each)}]", error.message) from None
    return each


def context_json(
    as_of: Moment | Times | None,
    zone: str | tzinfo,
    *,
    strict: bool = False,
    detail: str = "full",
    reasons: int = 5,
) -> str:
    """The options of a scoring; without a moment, now."""
    return json.dumps(
        {
            "as_of": now() if as_of is None else as_of if isinstance(as_of, Times) else moment(as_of),
            "zone": zone_name(zone),
            "mode": "strict" if strict else "lenient",
            "detail": detail,
            "reasons": _count(reasons, "reasons"),
        }
    )


def now() -> str:
    """The one place where the package reads a clock."""
    return _time_text(datetime.now(timezone.utc))


def moment(value: Moment) -> str | int:
    """A moment as the context takes it."""
    plain = value
    if isinstance(value, np.integer) and not isinstance(value, np.timedelta64):
        plain = int(value)
    elif isinstance(value, (date, np.datetime64)):
        text = _date_text(value)
        if text is not None:
            return text
    if isinstance(plain, (str, int)) and not isinstance(plain, bool) and abs(_size(plain)) < 2**63:
        return plain
    raise LeadscoreError(
        "invalid_context", "as_of", f"wants a datetime, a date, a text or milliseconds, found {shown(value)}"
    )


def moment_text(value: Moment) -> str:
    """A moment as text."""
    plain = moment(value)
    if isinstance(plain, str):
        return plain
    try:
        return _time_text(datetime(1970, 1, 1, tzinfo=timezone.utc) + timedelta(milliseconds=plain))
    except OverflowError:
        raise LeadscoreError(
            "invalid_context", "as_of", f"{plain} ms lies outside the years 1 to 9999"
        ) from None


def zone_name(zone: str | tzinfo) -> str:
    """The IANA name of a zone."""
    if isinstance(zone, str):
        return zone
    key = getattr(zone, "key", None) or getattr(zone, "zone", None)
    if isinstance(key, str):
        return key
    if isinstance(zone, timezone) and zone == timezone.utc:
        return "UTC"
    raise LeadscoreError("invalid_context", "zone", f"wants an IANA name or a ZoneInfo, found {shown(zone)}")


def threads_of(threads: int | None) -> int | None:
    """A number of threads, at least one; none for as many as there are processors."""
    if threads is None:
        return None
    return max(1, min(_count(threads, "threads"), 256))


def _count(value: int, name: str) -> int:
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or not 0 <= value < 2**31:
        raise LeadscoreError("invalid_context", name, f"wants a whole number from 0 up, found {shown(value)}")
    return int(value)


def _size(value: str | int) -> int:
    return value if isinstance(value, int) else 0


class _RefusedError(Exception):
    """A value that has no JSON form; the steps to it are added on the way out, the last one first."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message
        self.steps: list[str | int] = []

    def below(self, step: str | int) -> _RefusedError:
        self.steps.append(step)
        return self

    def error(self, path: str) -> LeadscoreError:
        for step in reversed(self.steps):
            if isinstance(step, int):
                path += f"[{step}]"
            else:
                path = f"{path}.{step}" if path else step
        return LeadscoreError("invalid_lead", path, self.message)


_write = json.JSONEncoder(allow_nan=False, check_circular=False, separators=(",", ":")).encode


def _plain(value: object, depth: int) -> object:
    """A value as plain JSON: the one rule for each type, which `fixtures/conformance/host_values.json` fixes.

    `depth` is the number of lists and objects around it.
    """
    kind = type(value)
    if value is None or kind is bool:
        return value
    if kind is str:
        return _text(cast(str, value))
    if kind is float:
        return _float(cast(float, value))
    if kind is int:
        return _int(cast(int, value))
    if kind is dict:
        return _object(cast("dict[object, object]", value), depth)
    if kind is list or kind is tuple:
        return _list(cast("Sequence[object]", value), depth)
    return _less_common(value, depth)


def _object(fields: Mapping[Any, Any], depth: int) -> dict[str, object]:
    if depth >= _DEEPEST:
        raise _RefusedError(_TOO_DEEP)
    _check_names(fields)
    plain: dict[str, object] = {}
    name = ""
    try:
        for name, value in fields.items():
            kind = type(value)
            # What most fields are, without another call.
            if (kind is str and value.isascii()) or (kind is int and -_SAFE < value < _SAFE):
                plain[name] = value
            else:
                plain[name] = _float(value) if kind is float else _plain(value, depth + 1)
    except _RefusedError as refused:
        raise refused.below(name) from None
    return plain


def _list(items: Sequence[object], depth: int) -> list[object]:
    if depth >= _DEEPEST:
        raise _RefusedError(_TOO_DEEP)
    plain: list[object] = []
    try:
        for item in items:
            plain.append(_plain(item, depth + 1))
    except _RefusedError as refused:
        raise refused.below(len(plain)) from None
    return plain


def _check_names(fields: Mapping[Any, Any]) -> None:
    try:
        if all(map(str.isascii, fields)):
            return
    except TypeError:
        pass
    for name in fields:
        if not isinstance(name, str):
            raise _RefusedError(f"a field's name is a text, found {shown(name)}")
        _text(name)


_TOO_DEEP = f"more than {_DEEPEST} lists and objects inside one another, or one inside itself"


def _text(value: str) -> str:
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError:
            raise _RefusedError("the text holds a lone surrogate, which no Unicode text has") from None
    return value


def _float(value: float) -> float | int | str | None:
    if not math.isfinite(value):
        # JSON has no infinity; as a text it is reported by the feature that wants a number.
        return None if math.isnan(value) else f"{value}"
    if not value.is_integer():
        return value
    # Written as the whole number it is, so that it can be an id, as in a language with one type of number.
    whole = -_SAFE < value < _SAFE and (value != 0 or math.copysign(1, value) > 0)
    return int(value) if whole else value


def _int(value: int) -> int | str:
    if not -(2**63) <= value < 2**63:
        try:
            float(value)
        except OverflowError:
            return "inf" if value > 0 else "-inf"
    return value


def _decimal(value: Decimal) -> float | int | str | None:
    if value.is_nan():
        return None
    rounded = float(value)
    if math.isfinite(rounded) and value and value == int(value):
        return _int(int(value))
    return _float(rounded)


def _less_common(value: object, depth: int) -> object:
    if isinstance(value, enum.Enum):
        return _plain(value.value, depth)
    if isinstance(value, str):
        return _text(str.__str__(value))
    if isinstance(value, int):
        return _int(int(value))
    if isinstance(value, float):
        return _float(float(value))
    if isinstance(value, (date, np.datetime64)):
        return _date_text(value)
    if isinstance(value, np.generic):
        return _numpy_scalar(value)
    if isinstance(value, Decimal):
        return _decimal(value)
    if isinstance(value, uuid.UUID):
        return str(value)
    fields = _fields(value)
    if fields is not None:
        return _object(fields, depth)
    if isinstance(value, (list, tuple)):
        return _list(value, depth)
    if _is_na(value):
        return None
    raise _no_value(value)


def _numpy_scalar(value: np.generic) -> object:
    if isinstance(value, np.bool_):
        return bool(value)
    # A length of time is a signed integer by its class, and no number.
    if isinstance(value, np.integer) and not isinstance(value, np.timedelta64):
        return _int(int(value))
    if isinstance(value, np.floating):
        return _float(float(value))
    raise _no_value(value)


def _no_value(value: object) -> _RefusedError:
    return _RefusedError(f"wants a text, a number, a flag or a time, found {type(value).__name__}")


def _fields(value: object) -> Mapping[Any, object] | None:
    """The fields of something that is a record."""
    if isinstance(value, Mapping):
        return value
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    for name in ("_asdict", "model_dump"):
        method = getattr(value, name, None)
        if callable(method) and not isinstance(value, type):
            fields = method()
            return fields if isinstance(fields, Mapping) else None
    return None


def _is_na(value: object) -> bool:
    """Whether it is the NA of pandas, which nobody has to have installed."""
    return type(value).__name__ == "NAType" and type(value).__module__.startswith("pandas")


def _date_text(value: date | np.datetime64) -> str | None:
    """A date or a time as ISO text; none for "not a time"."""
    if isinstance(value, np.datetime64):
        if np.isnat(value):
            return None
        # Hours and minutes alone are written with their seconds, as everywhere else.
        coarse = np.datetime_data(value.dtype)[0] in ("h", "m")
        return _shortened(str(value.astype("datetime64[s]") if coarse else value))
    # pandas' NaT calls itself a datetime, and is not equal to itself.
    if value != value:
        return None
    return _time_text(value) if isinstance(value, datetime) else value.isoformat()


def _time_text(value: datetime) -> str:
    if value.utcoffset() is None:
        return _shortened(value.replace(tzinfo=None).isoformat())
    try:
        utc = value.astimezone(timezone.utc)
    except (OverflowError, ValueError):
        # Outside the years 1 to 9999 in UTC.
        return value.isoformat()
    return _shortened(utc.replace(tzinfo=None).isoformat()) + "Z"


def _shortened(text: str) -> str:
    """Without zeros at the end of the fraction of a second."""
    return text.rstrip("0").rstrip(".") if "." in text else text
