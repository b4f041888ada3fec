"""Paths and bytes."""

from __future__ import annotations

import os

from leadscore._errors import LeadscoreError, os_error, shown


def path_of(path: str | os.PathLike[str]) -> str:
    """A path as text."""
    try:
        text = os.fspath(path)
        if isinstance(text, str):
            text.encode()
            return text
    except (TypeError, UnicodeEncodeError):
        pass
    raise LeadscoreError("io", f"{shown(path)}", "wants the path of a file")


def read(path: str | os.PathLike[str]) -> bytes:
    """The bytes of a file."""
    text = path_of(path)
    try:
        with open(text, "rb") as file:
            return file.read()
    except (OSError, ValueError) as error:
        raise os_error(text, error) from None
