#!/usr/bin/env python3
"""Makes the bodies that are posted, and what XGBoost itself says of their leads.

    python3 benches/http/bodies.py model.ubj FOLDER

Writes single.jsonl (200 leads, a body a line), batch.jsonl (10 arrays of 100 leads) and expected.json (the chance of
every lead by its id). Many different leads, because a forest that sees the same one over and over is faster than it
is in service: the processor learns its branches by heart.
"""

import argparse
import json
from pathlib import Path

import numpy as np
import xgboost as xgb

import synthetic

SINGLES, BATCHES, BATCH = 200, 10, 100


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", type=Path, help="the model, of which the expected scores come")
    parser.add_argument("folder", type=Path, help="folder to write to")
    parser.add_argument("--seed", type=int, default=7)
    args = parser.parse_args()

    table = synthetic.columns(max(SINGLES, BATCHES * BATCH), args.seed)
    rows = [dict(zip(table, row)) for row in zip(*(values.tolist() for values in table.values()))]
    leads = [{"lead_id": f"LEAD-{k:05}", "features": row} for k, row in enumerate(rows)]
    batches = [leads[k * BATCH:(k + 1) * BATCH] for k in range(BATCHES)]
    args.folder.mkdir(parents=True, exist_ok=True)
    write_lines(args.folder / "single.jsonl", leads[:SINGLES])
    write_lines(args.folder / "batch.jsonl", batches)

    booster = xgb.Booster(model_file=args.model)
    matrix = np.column_stack(list(table.values())).astype(np.float32)
    chances = booster.predict(xgb.DMatrix(matrix, feature_names=list(table), nthread=1)).tolist()
    expected = {lead["lead_id"]: chance for lead, chance in zip(leads, chances)}
    (args.folder / "expected.json").write_text(json.dumps(expected), encoding="utf-8")

    for name in ("single.jsonl", "batch.jsonl"):
        sizes = [len(line) for line in (args.folder / name).read_text(encoding="utf-8").splitlines()]
        print(f"{name}: {len(sizes)} bodies, {np.median(sizes):,.0f} bytes")
    print(f"chances from {min(chances):.3f} to {max(chances):.3f}, mean {np.mean(chances):.3f}")


def write_lines(path, bodies):
    lines = [json.dumps(body, separators=(",", ":")) + "\n" for body in bodies]
    path.write_text("".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main()
