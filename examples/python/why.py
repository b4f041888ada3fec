"""Why a lead has its score: lines that add up to it."""

from leadscore import Pipeline

pipeline = Pipeline.builtin("conversion")
lead = {
    "company": "Acme Ltd",
    "title": "VP Engineering",
    "email": "ann@acme.example",
    "created_at": "2026-11-01",
}
prediction = pipeline.score(lead, as_of="2026-11-20")
why = prediction.explanation
assert why.baseline is not None
print(f"{why.baseline:6.1f}  baseline")
for line in why.contributions:
    print(f"{line.points:+6.1f}  {line.text}")
print(f"{prediction.score:6.1f}  score")
print(why.summary)

total = why.baseline + sum(line.points for line in why.contributions) + why.rest
assert abs(total - prediction.score) <= 1e-9
# In a notebook, `prediction` alone shows the same as a picture.
