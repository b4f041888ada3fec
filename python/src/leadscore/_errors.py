"""The exceptions and the warning of the library."""

from __future__ import annotations

import errno
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, cast

_LONGEST = 2_000
"""Characters of a message or a path; what was refused may be a whole model."""


@dataclass(frozen=True, slots=True)
class Issue:
    """One thing that strict mode refuses in a lead: the code, the feature, where, why, and what the record said."""

    code: str
    feature: str
    path: str
    message: str
    found: str | None = None


class LeadscoreWarning(UserWarning):
    """Something that was read in a way you should know of: a value that counts as missing, a column by another name."""


class LeadscoreError(Exception):
    """Anything leadscore refuses, with a stable `code` and the `path` of what is wrong in the input.

    The path reads like the input, `leads[3].activities[0].at`; it is empty where the whole input is meant.
    `error_codes()` lists the codes there are. `issues` are all the things that strict mode found wrong with a lead, of
    which the error tells the first; empty for errors of other kinds.

    A file that is not there is a `FileNotFoundError` too, other trouble of the operating system an `OSError`, a defect
    of the library a `RuntimeError`, and everything else a `ValueError`.
    """

    code: str
    path: str
    message: str
    issues: tuple[Issue, ...]

    def __new__(cls, code: str, *args: Any, **named: Any) -> LeadscoreError:
        kind: Any = _CLASSES.get(code, LeadscoreValueError) if cls is LeadscoreError else cls
        return cast(LeadscoreError, super(LeadscoreError, kind).__new__(kind))

    def __init__(
        self, code: str, path: str, message: str, issues: Iterable[Issue | Mapping[str, str]] = ()
    ) -> None:
        path, message = _cut(path), _cut(message)
        self.args = (code, path, message)
        self.code = code
        self.path = path
        self.message = message
        self.issues = tuple([item if isinstance(item, Issue) else Issue(**item) for item in issues])

    def __str__(self) -> str:
        return f"{self.path}: {self.message}" if self.path else self.message

    def __reduce__(self) -> tuple[Any, ...]:
        return LeadscoreError, (self.code, self.path, self.message, self.issues)


class LeadscoreValueError(LeadscoreError, ValueError):
    """A `LeadscoreError` about a value."""


class LeadscoreRuntimeError(LeadscoreError, RuntimeError):
    """A `LeadscoreError` about the library itself."""


class LeadscoreOSError(LeadscoreError, OSError):
    """A `LeadscoreError` about a file, with `filename` and `strerror`."""

    def __init__(
        self, code: str, path: str, message: str, issues: Iterable[Issue | Mapping[str, str]] = ()
    ) -> None:
        super().__init__(code, path, message, issues)
        self.filename = self.path
        self.strerror = self.message


class LeadscoreFileNotFoundError(LeadscoreOSError, FileNotFoundError):
    """A `LeadscoreError` about a file that is not there."""

    def __init__(
        self, code: str, path: str, message: str, issues: Iterable[Issue | Mapping[str, str]] = ()
    ) -> None:
        super().__init__(code, path, message, issues)
        self.errno = errno.ENOENT


_CLASSES: dict[str, type[LeadscoreError]] = {
    "not_found": LeadscoreFileNotFoundError,
    "io": LeadscoreOSError,
    "internal": LeadscoreRuntimeError,
    "cancelled": LeadscoreRuntimeError,
}


def os_error(path: str, error: Exception) -> LeadscoreError:
    """What the operating system says of a file."""
    code = "not_found" if isinstance(error, FileNotFoundError) else "io"
    return LeadscoreError(code, path, getattr(error, "strerror", None) or str(error))


def shown(value: object) -> str:
    """A value in a message, cut to a sensible length."""
    try:
        text = repr(value[:100] if isinstance(value, (str, bytes, bytearray)) else value)
    except Exception:
        # Whatever it is, it cannot even be shown: a number of many thousand digits, or worse.
        text = f"a value of type {type(value).__name__}"
    return text if len(text) <= 60 else text[:59] + "…"


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}… ({len(text)} characters)"
