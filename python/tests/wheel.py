"""What the wheel must do in an environment that holds numpy alone; run by `make wheel`."""

import importlib.util
import sys

import numpy as np

import leadscore

others = [
    name for name in ("pandas", "polars", "pyarrow", "sklearn", "shap") if importlib.util.find_spec(name)
]
assert not others, others
pipeline = leadscore.Pipeline.builtin("b2b")
prediction = pipeline.score({"id": "L-1", "company_revenue": 5e6}, as_of="2026-11-22")
scores = pipeline.score_matrix(np.full((2, len(pipeline.columns)), np.nan, dtype=np.float32))
assert 0 <= prediction.score <= 100
assert scores.tier[0] in {tier.tier for tier in pipeline.tiers}
assert len(pipeline.score_many([{}] * 1000, as_of=0)) == 1000
print(
    f"leadscore {leadscore.__version__} works on Python {sys.version.split()[0]} with numpy {np.__version__}"
)
