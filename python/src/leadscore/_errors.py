"""The one exception of the library."""

from __future__ import annotations


class LeadscoreError(Exception):
    """Anything leadscore refuses, with a stable `code` and the `path` of what is wrong in the input.

    The path reads like the input, `leads[3].activities[0].at`; it is empty where the whole input is meant.
    `error_codes()` lists the codes there are.
    """

    code: str
    path: str
    message: str

    def __init__(self, code: str, path: str, message: str) -> None:
        super().__init__(code, path, message)
        self.code = code
        self.path = path
        self.message = message

    def __str__(self) -> str:
        return f"{self.path}: {self.message}" if self.path else self.message


def shown(value: object) -> str:
    """A value in a message, cut to a sensible length."""
    try:
        text = repr(value)
    except Exception:
        # Whatever it is, it cannot even be shown: a number of many thousand digits, or worse.
        text = f"a value of type {type(value).__name__}"
    return text if len(text) <= 60 else text[:59] + "…"
