"""From what a Python programmer has at hand to the JSON text that the library reads."""

from __future__ import annotations

import dataclasses
import enum
import json
import math
import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta, timezone, tzinfo
from decimal import Decimal
from typing import Any, TypeAlias

import numpy as np

from leadscore._errors import LeadscoreError, shown

Moment: TypeAlias = "datetime | date | str | int | np.datetime64"
"""A moment: a datetime (one without a zone is meant in the given zone), a date, an ISO text, or milliseconds."""

_DEEPEST = 64


def record_json(lead: object) -> str:
    """One lead record: a mapping, a dataclass, a named tuple, or an object with `model_dump`."""
    try:
        fields = _fields(lead)
        if fields is not None:
            return _encode(fields)
    except (TypeError, ValueError, RecursionError, OverflowError):
        pass
    return json.dumps(_clean(lead, "", 0), allow_nan=False)


def records_json(leads: Sequence[object], start: int = 0) -> str:
    """A list of lead records; `start` is the place of the first one among all."""
    try:
        return _encode([_record(lead) for lead in leads])
    except (TypeError, ValueError, RecursionError, OverflowError):
        pass
    return json.dumps(
        [_clean(lead, f"leads[{place}]", 0) for place, lead in enumerate(leads, start)], allow_nan=False
    )


def context_json(
    as_of: Moment | None,
    zone: str | tzinfo,
    *,
    strict: bool = False,
    detail: str = "full",
    reasons: int = 5,
) -> str:
    """The options of a scoring; without a moment, now."""
    return json.dumps(
        {
            "as_of": now() if as_of is None else moment(as_of),
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
    if isinstance(value, np.integer):
        plain = int(value)
    elif isinstance(value, (date, np.datetime64)):
        try:
            text = _date_text(value)
        except OverflowError:
            text = None
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


def _record(lead: object) -> object:
    fields = _fields(lead)
    return lead if fields is None else fields


def _fields(value: object) -> dict[str, Any] | None:
    """The fields of something that is a record."""
    if type(value) is dict:
        return value
    if isinstance(value, Mapping):
        return dict(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    for name in ("_asdict", "model_dump"):
        method = getattr(value, name, None)
        if callable(method) and not isinstance(value, type):
            fields = method()
            return dict(fields) if isinstance(fields, Mapping) else None
    return None


def _plain(value: object) -> object:
    """What json does not know, as something it knows."""
    if isinstance(value, date):
        return _date_text(value)
    fields = _fields(value)
    if fields is not None:
        return fields
    if isinstance(value, np.datetime64):
        return _date_text(value)
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, uuid.UUID):
        return str(value)
    if _is_na(value):
        return None
    raise TypeError


_encode = json.JSONEncoder(allow_nan=False, default=_plain, separators=(",", ":")).encode


def _clean(value: object, path: str, depth: int) -> object:
    """The same value for JSON, with an error that names the place of what cannot be one."""
    if depth > _DEEPEST:
        raise LeadscoreError("invalid_lead", path[:200], "nested too deep, or inside itself")
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, enum.Enum):
        return _clean(value.value, path, depth + 1)
    if isinstance(value, int):
        if abs(value) < 2**63:
            return int(value)
        try:
            return float(value)
        except OverflowError:
            raise LeadscoreError("invalid_lead", path, "the number is larger than any float") from None
    if isinstance(value, float):
        # A number that is not finite reaches the library as a text, which no feature reads as a number.
        return None if math.isnan(value) else float(value) if math.isfinite(value) else f"{float(value)}"
    fields = _fields(value)
    if fields is not None:
        clean: dict[str, object] = {}
        for name, inner in fields.items():
            if not isinstance(name, str):
                raise LeadscoreError("invalid_lead", path, f"a field's name is a text, found {shown(name)}")
            clean[name] = _clean(inner, f"{path}.{name}" if path else name, depth + 1)
        return clean
    if isinstance(value, (list, tuple)):
        return [_clean(inner, f"{path}[{place}]", depth + 1) for place, inner in enumerate(value)]
    try:
        plain = _plain(value)
    except (TypeError, ValueError, OverflowError):
        found = type(value).__name__
        message = f"wants a text, a number, a flag or a time, found {found}"
        raise LeadscoreError("invalid_lead", path, message) from None
    return _clean(plain, path, depth + 1)


def _is_na(value: object) -> bool:
    """Whether it is the NA of pandas, which nobody has to have installed."""
    return type(value).__name__ == "NAType" and type(value).__module__.startswith("pandas")


def _date_text(value: date | np.datetime64) -> str | None:
    """A date or a time as ISO text; none for "not a time"."""
    if isinstance(value, np.datetime64):
        return None if np.isnat(value) else _shortened(str(value))
    # pandas' NaT calls itself a datetime, and is not equal to itself.
    if value != value:
        return None
    return _time_text(value) if isinstance(value, datetime) else value.isoformat()


def _time_text(value: datetime) -> str:
    if value.tzinfo is None:
        return _shortened(value.isoformat())
    return _shortened(value.astimezone(timezone.utc).replace(tzinfo=None).isoformat()) + "Z"


def _shortened(text: str) -> str:
    """Without zeros at the end of the fraction of a second."""
    return text.rstrip("0").rstrip(".") if "." in text else text


def chunks(leads: Iterable[object], size: int) -> Iterable[list[object]]:
    """The items in lists of so many."""
    chunk: list[object] = []
    for lead in leads:
        chunk.append(lead)
        if len(chunk) == size:
            yield chunk
            chunk = []
    if chunk:
        yield chunk
