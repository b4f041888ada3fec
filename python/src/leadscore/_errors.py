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
