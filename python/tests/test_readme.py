"""Every block of the README runs, and prints what it is said to print."""

from __future__ import annotations

import contextlib
import io
import re
import warnings
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd

from leadscore import LeadscoreWarning

from .conftest import FIXTURES, ROOT

README = ROOT / "python" / "README.md"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```\n", re.MULTILINE | re.DOTALL)
ANSWER = (
    '{"action":"Call the VP Engineering","rationale":"They decide.","priority":"high","timeframe":"Today"}'
)


def stand_ins() -> dict[str, Any]:
    """What the blocks take for granted: a model with its rows, and a vendor's client."""
    model = next((FIXTURES / "golden").glob("lgb-*-binary/model.txt"))
    width = len(re.search(r"^feature_names=(.*)$", model.read_text(), re.MULTILINE)[1].split())  # type: ignore[index]
    chat = SimpleNamespace(message=SimpleNamespace(content=ANSWER))
    return {
        "model": model,
        "X": np.zeros((2, width)),
        "past": pd.read_csv(ROOT / "examples" / "past_leads.csv"),
        "ollama": SimpleNamespace(chat=lambda *args, **options: chat),
    }


def test_every_block_runs() -> None:
    blocks = BLOCK.findall(README.read_text())
    assert [language for language, _ in blocks[:3]] == ["sh", "python", "text"]
    names = stand_ins()
    outputs = []
    for at, (language, block) in enumerate(blocks):
        if language != "python":
            continue
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed), warnings.catch_warnings():
            warnings.simplefilter("ignore", LeadscoreWarning)
            exec(compile(block, f"README block {at}", "exec"), names)
        wanted = blocks[at + 1][1] if at + 1 < len(blocks) and blocks[at + 1][0] == "text" else None
        outputs.append((printed.getvalue(), wanted))
    # The text after a block is what it prints.
    assert [(found, found) for found, wanted in outputs if wanted is not None] == [
        (found, wanted) for found, wanted in outputs if wanted is not None
    ]
    assert sum(wanted is not None for _, wanted in outputs) == 3
