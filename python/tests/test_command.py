"""`python -m leadscore` is the command."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from leadscore import Pipeline, __version__

from .conftest import ROOT


def run(*args: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "leadscore", *args]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_command() -> None:
    assert __version__ in run("--version").stdout
    names = run("pipelines").stdout
    assert all(name in names for name in Pipeline.builtin_names())
    assert run("nothing").returncode == 2


def test_it_writes_what_the_package_writes(tmp_path: Path) -> None:
    leads = ROOT / "examples" / "leads.csv"
    by_command, by_package = tmp_path / "a.csv", tmp_path / "b.csv"
    done = run(
        "score", str(leads), "--format", "csv", "-o", str(by_command), "--as-of", "2026-11-20T12:00:00Z"
    )
    assert done.returncode == 0, done.stderr
    Pipeline.builtin("conversion").score_file(leads, by_package, as_of="2026-11-20T12:00:00Z")
    assert by_command.read_bytes() == by_package.read_bytes()
