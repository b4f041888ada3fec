"""The one exception of the library."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Issue:
    """One thing that strict mode refuses in a lead: the code, the feature, where, why, and what the record said."""

    code: str
    feature: str
    path: str
    message: str
    found: str | None = None


class LeadscoreError(Exception):
    """Anything leadscore refuses, with a stable `code` and the `path` of what is wrong in the input.

    The path reads like the input, `leads[3].activities[0].at`; it is empty where the whole input is meant.
    `error_codes()` lists the codes there are. `issues` are all the things that strict mode found wrong with a lead, of
    which the error tells the first; empty for errors of other kinds.
    """

    code: str
    path: str
    message: str
    issues: tuple[Issue, ...]

    def __init__(
        self, code: str, path: str, message: str, issues: Iterable[Issue | Mapping[str, str]] = ()
    ) -> None:
        super().__init__(code, path, message)
        self.code = code
        self.path = path
        self.message = message
        self.issues = tuple([item if isinstance(item, Issue) else Issue(**item) for item in issues])

    def __str__(self) -> str:
        return f"{self.path}: {self.message}" if self.path else self.message


def os_error(path: str, error: Exception) -> LeadscoreError:
    """What the operating system says of a file."""
    code = "not_found" if isinstance(error, FileNotFoundError) else "io"
    return LeadscoreError(code, path, getattr(error, "strerror", None) or str(error))


def shown(value: object) -> str:
    """A value in a message, cut to a sensible length."""
    try:
        text = repr(value)
    except Exception:
        # Whatever it is, it cannot even be shown: a number of many thousand digits, or worse.
        text = f"a value of type {type(value).__name__}"
    return text if len(text) <= 60 else text[:59] + "…"
