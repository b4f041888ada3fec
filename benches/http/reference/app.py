"""The reference: `/api/v1/score` and `/api/v1/score/batch` in FastAPI and XGBoost, as one would write them by hand.

    API_KEY=… MODEL=model.ubj uvicorn app:app --loop uvloop --http httptools --no-access-log

Written to be fast: handlers and the check of the key are `async`, so that nothing goes through the thread pool, values
are taken from the models in one call, and a batch is one call of XGBoost.
"""

import json
import operator
import os
import secrets
import uuid
from datetime import datetime, timezone
from pathlib import Path
from typing import Annotated

import numpy as np
import xgboost as xgb
from fastapi import Depends, FastAPI, HTTPException
from fastapi.security import APIKeyHeader
from pydantic import BaseModel, Field, create_model

API_KEY = os.environ["API_KEY"].encode()
SCHEMA = Path(__file__).resolve().parents[3] / "crates/leadscore/src/builtin/schema-b2b.json"
MAX_BATCH = 100

booster = xgb.Booster(model_file=os.environ["MODEL"])
booster.set_param({"nthread": 1})


def field(feature):
    """A feature of the schema as a field that pydantic checks: kind, range, and default where it has one."""
    whole = feature.get("whole") or feature["type"] == "flag"
    low, high = feature.get("range", [0, 1] if feature["type"] == "flag" else [None, None])
    return int if whole else float, Field(feature.get("default", ...), ge=low, le=high)


Features = create_model(
    "Features", **{feature["name"]: field(feature) for feature in json.loads(SCHEMA.read_text())["features"]}
)
values_of = operator.attrgetter(*booster.feature_names)


class Lead(BaseModel):
    lead_id: str
    features: Features


class Model(BaseModel):
    name: str
    version: str


class Score(BaseModel):
    raw_score: float
    bucket: int
    tier: str


class Scored(BaseModel):
    request_id: uuid.UUID
    model: Model
    lead_id: str
    score: Score


MODEL = Model(name="xgboost_lead_score_v100", version="1.0.0")
api_key = APIKeyHeader(name="X-API-Key", auto_error=False)


async def authorized(key: Annotated[str | None, Depends(api_key)]):
    if key is None or not secrets.compare_digest(key.encode(), API_KEY):
        raise HTTPException(401, "Invalid or missing API key")


app = FastAPI()


@app.get("/health/ready")
async def ready():
    return {"status": "ready", "model_version": MODEL.version, "timestamp": datetime.now(timezone.utc).isoformat()}


@app.post("/api/v1/score", dependencies=[Depends(authorized)])
async def score(lead: Lead) -> Scored:
    return scored([lead])[0]


@app.post("/api/v1/score/batch", dependencies=[Depends(authorized)])
async def score_batch(leads: list[Lead]) -> list[Scored]:
    if len(leads) > MAX_BATCH:
        raise HTTPException(400, f"Maximum {MAX_BATCH} leads per batch request")
    return scored(leads) if leads else []


def scored(leads):
    rows = np.array([values_of(lead.features) for lead in leads], dtype=np.float32)
    chances = booster.inplace_predict(rows).tolist()
    return [
        Scored(request_id=uuid.uuid4(), model=MODEL, lead_id=lead.lead_id, score=graded(chance))
        for lead, chance in zip(leads, chances)
    ]


def graded(chance):
    bucket = min(max(round(4 * chance + 1), 1), 5)
    return Score(raw_score=chance, bucket=bucket, tier="EDCBA"[bucket - 1])
