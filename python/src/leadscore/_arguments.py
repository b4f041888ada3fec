"""Arguments of a pipeline's methods, and the errors about them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from leadscore._encode import Times
from leadscore._errors import Issue, LeadscoreError, shown


def check_errors(errors: object) -> None:
    if errors not in ("raise", "return"):
        raise LeadscoreError("invalid_context", "errors", f'wants "raise" or "return", found {shown(errors)}')


def of_lead(error: LeadscoreError, index: int) -> LeadscoreError:
    """The error of a lead by itself as that of a lead of a list."""

    def within(path: str) -> str:
        return f"leads[{index}].{path}" if path else f"leads[{index}]"

    issues = [Issue(own.code, own.feature, within(own.path), own.message, own.found) for own in error.issues]
    return LeadscoreError(error.code, within(error.path), error.message, issues)


def leads_of(leads: Any, times: object) -> Iterable[object]:
    """A list of records, with as many moments as records where there is one for each."""
    records = iterable(leads)
    if not isinstance(times, Times):
        return records
    records = list(records)
    if len(times) != len(records):
        message = f"{len(times)} times for {len(records)} leads; give one for each"
        raise LeadscoreError("invalid_context", "as_of", message)
    return records


def iterable(leads: Any) -> Iterable[object]:
    if isinstance(leads, (str, bytes, Mapping)) or not isinstance(leads, Iterable):
        raise LeadscoreError(
            "invalid_lead", "leads", f"wants a list of records, found {type(leads).__name__}"
        )
    if hasattr(leads, "columns"):
        raise LeadscoreError("invalid_lead", "leads", "wants a list of records; score_frame takes frames")
    return leads


def reason_count(value: Any) -> int:
    if isinstance(value, (bool,)) or not isinstance(value, (int, np.integer)) or not 0 <= value <= 100:
        raise LeadscoreError(
            "invalid_context", "reasons", f"wants a whole number from 0 to 100, found {shown(value)}"
        )
    return int(value)


def json_of(options: Mapping[str, Any]) -> str:
    plain: Callable[[Any], Any] = lambda value: dict(value) if isinstance(value, Mapping) else value.item()  # noqa: E731
    try:
        return json.dumps(options, default=plain)
    except (TypeError, ValueError, AttributeError, RecursionError) as error:
        raise LeadscoreError(
            "invalid_context", "options", f"cannot be written as JSON: {error}"[:200]
        ) from None
