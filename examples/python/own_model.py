"""Your own XGBoost or LightGBM model: exact predictions, and a pipeline around it."""

from pathlib import Path

import numpy as np

from leadscore import Forest, Pipeline

examples = Path(__file__).parents[1]
model = examples / "x_education.ubj"

# By itself: the numbers of the library that wrote it, to the last bit, without that library.
forest = Forest.load(model)
nothing_known = np.full((1, len(forest.feature_names)), np.nan)
print(f"margin of a lead nothing is known of: {forest.margin(nothing_known)[0]}")
shap = forest.shap(nothing_known)
assert np.allclose(shap.sum(axis=1), forest.margin(nothing_known), atol=1e-4)

# With reasons and tiers: names and labels come from a schema file; without one, from the model.
pipeline = Pipeline.import_model(model, id="mine", schema=(examples / "x_education.json").read_text())
lead = {"id": "L-3", "time_on_site": 900, "occupation": "Working Professional", "lead_source": "Reference"}
print(pipeline.score(lead, as_of="2026-11-20").explanation.summary)
for feature in pipeline.importance("gain")[:3]:
    print(f"{feature.importance:5.1%}  {feature.label}")
