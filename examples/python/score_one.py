"""One lead: its score, its tier, and what to do."""

from leadscore import Activity, Lead, Pipeline

pipeline = Pipeline.builtin("conversion")
lead = Lead(
    "L-1",
    {
        "company": "Acme Ltd",
        "title": "VP Engineering",
        "email": "ann@acme.example",
        "created_at": "2026-11-01",
    },
    [Activity("meeting", "2026-11-19T10:00:00Z"), Activity("email_open", "2026-11-18T08:12:00Z")],
)
prediction = pipeline.score(lead, as_of="2026-11-20")
print(f"{prediction.score:.0f} {prediction.tier}: {prediction.action}")

# A dictionary does as well; what is not known is left out, None or NaN.
print(f"{pipeline.score({'title': 'Student', 'company': None}, as_of='2026-11-20').score:.0f}")
