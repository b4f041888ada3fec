"""Frames of pandas, polars and pyarrow from Python: time and memory, against the goals of the package.

    python benches/python_frames.py [--rows 1000000] [--runs 3]

Scores with three reasons of a million made-up leads, by rules, by the built-in model `b2b`, and by 100 trees that are
trained here; what 200,000 activities add; and a model's margins from each kind of frame. Needs leadscore (a release
build), pandas, polars, pyarrow and xgboost. Every figure is the median of several runs that take turns; `CPU` is the
processor time of all threads together, which says what the time is where other programs are at work. The memory is the
most that a process of its own grows by while it scores, the frame being there before.
"""

from __future__ import annotations

import argparse
import ctypes
import gc
import json
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

import leadscore

AS_OF = "2026-11-22T09:30:00Z"
KINDS: dict[str, Callable[[pl.DataFrame], Any]] = {
    "pandas": lambda df: df.to_pandas(),
    "polars": lambda df: df,
    "pyarrow": lambda df: df.to_arrow(),
}
FEATURES = [f"x{at}" for at in range(50)]
SECONDS, MEBIBYTES, LOG_SECONDS, RATIO = 3.0, 150.0, 0.8, 1.2
"""The goals."""


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--rows", type=int, default=1_000_000)
    options.add_argument("--runs", type=int, default=3)
    options.add_argument("--grow", nargs=2, metavar=("PIPELINE", "KIND"), help=argparse.SUPPRESS)
    options.add_argument("--model", type=Path, help=argparse.SUPPRESS)
    args = options.parse_args()
    if args.grow:
        print(json.dumps(growth(*args.grow, args.rows, args.model)))
        return 0
    with tempfile.TemporaryDirectory() as folder:
        model = trained(Path(folder) / "model.ubj")
        good = all([reasons(args, model), activities(args), margins(args, model)])
    return 0 if good else 1


def reasons(args: argparse.Namespace, model: Path) -> bool:
    """Scores with three reasons, from each kind of frame."""
    good = True
    for name in ("conversion", "b2b", "forest"):
        pipeline, df = pipeline_of(name, model), leads(name, args.rows)
        frames = {kind: make(df) for kind, make in KINDS.items()}
        print(f"{args.rows:,} rows, three reasons, {name} ({len(df.columns)} columns)")
        times = alternate(
            {kind: partial(score, pipeline, frame) for kind, frame in frames.items()}, args.runs
        )
        for kind, own in times.items():
            del frames[kind]
            grown = grows(name, kind, args.rows, model)
            good &= check(f"{kind}, seconds", own.seconds, SECONDS, f"CPU {own.cpu:.2f}")
            good &= check(f"{kind}, MiB beyond the frame", grown, MEBIBYTES)
    return good


def activities(args: argparse.Namespace) -> bool:
    """What a log of 200,000 activities adds to 100,000 leads."""
    pipeline, df = leadscore.Pipeline.builtin("conversion"), leads("conversion", 100_000)
    rng = np.random.default_rng(2)
    count = 200_000
    kinds = np.array(["email_open", "email_click", "page_view", "meeting", "call"])
    begin = np.datetime64("2026-08-01T00:00:00", "ms").astype(np.int64)
    log = pl.DataFrame(
        {
            "lead_id": [f"L-{at}" for at in rng.integers(0, len(df), count)],
            "kind": kinds[rng.integers(0, len(kinds), count)],
            "at": pl.Series(begin + rng.integers(0, 110 * 86_400_000, count)).cast(pl.Datetime("ms", "UTC")),
        }
    )
    good = True
    print(f"{count:,} activities of {len(df):,} leads, conversion")
    for kind, make in KINDS.items():
        own, events = make(df), make(log)
        times = alternate(
            {
                "alone": partial(score, pipeline, own),
                "with": partial(score, pipeline, own, activities=events),
            },
            max(args.runs, 5),
        )
        added = times["with"].seconds - times["alone"].seconds
        cpu = times["with"].cpu - times["alone"].cpu
        good &= check(f"{kind}, seconds more", added, LOG_SECONDS, f"CPU {cpu:.2f} more")
    return good


def margins(args: argparse.Namespace, model: Path) -> bool:
    """A model's margins and predictions from each kind of frame."""
    forest, df = leadscore.Forest.load(model), leads("forest", args.rows)
    frames = {kind: make(df) for kind, make in KINDS.items()}
    good = True
    for what, call in (("margin", forest.margin), ("predict", forest.predict)):
        print(f"{args.rows:,} rows of {len(df.columns)} columns, Forest.{what}")
        times = alternate({kind: partial(call, frame) for kind, frame in frames.items()}, args.runs)
        for kind, own in times.items():
            share = own.seconds / times["pandas"].seconds
            good &= check(f"{kind}, of pandas' time", share, RATIO, f"{own.seconds:.2f} s, CPU {own.cpu:.2f}")
    return good


def pipeline_of(name: str, model: Path) -> leadscore.Pipeline:
    if name == "forest":
        return leadscore.Pipeline.import_model(model, id="forest")
    return leadscore.Pipeline.builtin(name)


def leads(name: str, rows: int) -> pl.DataFrame:
    """Made-up leads for a pipeline, the same ones in every run."""
    rng = np.random.default_rng(1)
    if name == "forest":
        values = rng.normal(size=(rows, len(FEATURES)))
        values[rng.random(values.shape) < 0.1] = np.nan
        return pl.DataFrame(values, schema=FEATURES)
    if name == "b2b":
        columns = {}
        for column in leadscore.Pipeline.builtin(name).columns:
            if column.type == "flag":
                columns[column.name] = rng.integers(0, 2, rows).astype(np.float64)
            elif any(word in column.name for word in ("rate", "score", "quality", "alignment")):
                columns[column.name] = rng.random(rows)
            elif "tier" in column.name:
                columns[column.name] = rng.integers(1, 4, rows).astype(np.float64)
            elif column.name == "deployment_preference":
                columns[column.name] = rng.integers(0, 3, rows).astype(np.float64)
            else:
                columns[column.name] = np.floor(rng.exponential(20, rows)) + 1
        return pl.DataFrame(columns)
    titles = np.array(["VP Sales", "Head of Marketing", "Clerk", "CEO", "Student", "Engineer"])
    companies = np.array([f"Company {at} {kind}" for at in range(500) for kind in ("LLC", "Inc.", "GmbH")])
    domains = np.array(["acme.example", "gmail.com", "mit.edu", "agency.gov"])
    day = np.datetime64("2026-11-22T00:00:00", "ms").astype(np.int64)
    moment = pl.Datetime("ms", "UTC")
    created = day - rng.integers(1, 200 * 86_400_000, rows)
    counts = ("email_sent", "email_open", "email_click", "page_view", "form_submit", "meeting", "call")
    return pl.DataFrame(
        {
            "lead_id": [f"L-{at}" for at in range(rows)],
            "title": titles[rng.integers(0, len(titles), rows)],
            "company": companies[rng.integers(0, len(companies), rows)],
            "email": pl.Series([f"a{at}@" for at in range(rows)])
            + domains[rng.integers(0, len(domains), rows)],
            "phone": pl.Series(np.where(rng.random(rows) < 0.5, "+1 555 0100", "")),
            "created_at": pl.Series(created).cast(moment),
            "last_activity_at": pl.Series(
                np.minimum(created + rng.integers(0, 9_000_000_000, rows), day)
            ).cast(moment),
            **{f"{kind}_count": rng.poisson(2, rows).astype(np.float64) for kind in counts},
        }
    )


def trained(file: Path) -> Path:
    """100 trees of depth 6."""
    import xgboost

    rng = np.random.default_rng(3)
    X = rng.normal(size=(50_000, len(FEATURES)))
    X[rng.random(X.shape) < 0.1] = np.nan
    y = (np.nansum(X[:, :5], axis=1) + rng.normal(size=len(X)) > 0).astype(float)
    params = {"max_depth": 6, "objective": "binary:logistic", "seed": 1}
    xgboost.train(params, xgboost.DMatrix(X, y, feature_names=FEATURES), 100).save_model(file)
    return file


def score(pipeline: leadscore.Pipeline, frame: Any, **more: Any) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", leadscore.LeadscoreWarning)
        return pipeline.score_frame(frame, as_of=AS_OF, reasons=3, **more)


class Times:
    """What the runs of one call took."""

    def __init__(self) -> None:
        self.all: list[tuple[float, float]] = []

    @property
    def seconds(self) -> float:
        return statistics.median([seconds for seconds, _ in self.all])

    @property
    def cpu(self) -> float:
        return statistics.median([cpu for _, cpu in self.all])


def alternate(work: dict[str, Callable[[], Any]], runs: int) -> dict[str, Times]:
    """Each so many times, in turns."""
    times = {name: Times() for name in work}
    for _ in range(runs):
        for name, call in work.items():
            began, cpu = time.perf_counter(), time.process_time()
            call()
            times[name].all.append((time.perf_counter() - began, time.process_time() - cpu))
    return times


def grows(name: str, kind: str, rows: int, model: Path) -> float:
    """By how many MiB a process grows that scores such a frame."""
    command = [sys.executable, __file__, "--grow", name, kind, "--rows", str(rows), "--model", str(model)]
    return float(json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout))


def growth(name: str, kind: str, rows: int, model: Path) -> float:
    frame = KINDS[kind](leads(name, rows))
    pipeline = pipeline_of(name, model)
    score(pipeline, frame[:10] if kind != "pyarrow" else frame.slice(0, 10))
    # What making the frame took at its most is given back and forgotten.
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    Path("/proc/self/clear_refs").write_text("5")
    before = resident("VmRSS")
    kept = score(pipeline, frame)
    assert len(kept) == rows
    return (resident("VmHWM") - before) / 1024


def resident(what: str) -> int:
    """A size of this process in KiB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{what}:"))


def check(what: str, found: float, most: float, remark: str = "") -> bool:
    is_met = found <= most
    said = f" ({remark})" if remark else ""
    print(f"  {'met' if is_met else 'NOT MET'}: {what}: {found:.2f} ≤ {most:g}{said}", flush=True)
    return is_met


if __name__ == "__main__":
    sys.exit(main())
