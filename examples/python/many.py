"""A frame of leads and a frame of what they did: the best first."""

from pathlib import Path

import polars as pl

from leadscore import Pipeline

here = Path(__file__).parent
leads = pl.read_csv(here / "../leads.csv")
activities = pl.read_csv(here / "../activities.csv")
pipeline = Pipeline.builtin("conversion")

scores = pipeline.score_frame(leads, activities=activities, as_of="2026-11-20T12:00:00Z", reasons=2)
ranked = pl.concat([leads.select("lead_id", "company"), scores], how="horizontal")
print(ranked.sort("score", descending=True).select("lead_id", "score", "tier", "reason_1").head(5))

# A column may say as of when each lead is judged: what was known then, for training data without a look ahead.
then = leads.with_columns(when=pl.lit("2026-10-20T12:00:00Z"))
earlier = pipeline.score_frame(then, activities=activities, as_of="when")
print(f"mean score a month before: {earlier['score'].mean():.1f}, now: {scores['score'].mean():.1f}")
