"""Where things lie."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FIXTURES = ROOT / "fixtures"
AS_OF = "2026-11-22T09:30:00Z"


def shared_data() -> Path:
    """The folder of real data beside the repository; skips, or fails where it has to be there."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        if os.environ.get("LEADSCORE_REQUIRE_SHARED") == "1":
            pytest.fail(f"{folder} is missing")
        pytest.skip("../shared/data is not here")
    return folder


def shared_models() -> Path:
    """The folder of real models in it."""
    return shared_data() / "models"
