#!/usr/bin/env python3
"""Times `leadscore score` against pandas_score.py on the same file, and checks that they say the same.

    cargo build --release
    python3 -m venv venv && venv/bin/pip install pandas numpy
    python3 benches/compare.py --python venv/bin/python

Standard library only; pandas is needed where --python points. Both read one generated CSV and write one CSV, in turn,
as processes: the time is the whole of each, start included. Prints a Markdown table of medians.
"""

import argparse
import csv
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

ROOT = Path(__file__).parents[1]
AS_OF = "2026-11-20T12:00:00Z"
SCORE_TOLERANCE = 1e-9
REASONS_SHARE = 0.999


MIB = 2**20 if sys.platform == "darwin" else 2**10


class Run:
    """What one process took: seconds on the clock, seconds of processor, MiB of memory at the peak."""

    def __init__(self, command):
        with tempfile.TemporaryFile() as notes:
            start = time.perf_counter()
            process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=notes)
            seen = 0.0
            while True:
                ended, status, usage = os.wait4(process.pid, os.WNOHANG)
                self.wall = time.perf_counter() - start
                if ended:
                    break
                seen = peak_so_far(process.pid) or seen
                time.sleep(0.002)
            process.returncode = os.waitstatus_to_exitcode(status)
            if process.returncode:
                notes.seek(0)
                sys.exit(f"{command[0]} ended with {process.returncode}:\n{notes.read().decode(errors='replace')}")
        self.cpu = usage.ru_utime + usage.ru_stime
        # A process starts with the peak of the one that started it; a smaller one of its own shows only while it runs.
        own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        self.peak = usage.ru_maxrss / MIB if usage.ru_maxrss > own or not seen else seen


def peak_so_far(pid):
    """The peak memory of a running process in MiB, where the system tells it."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return None
    lines = [line for line in status.splitlines() if line.startswith("VmHWM:")]
    return int(lines[0].split()[1]) / 2**10 if lines else None


def generate(rows, seed, path):
    print(f"generating {rows:,} leads", file=sys.stderr)
    script = ROOT / "fixtures/generate/leads.py"
    subprocess.run([sys.executable, script, "--leads", str(rows), "--seed", str(seed), "--csv", path], check=True)


def differences(ours, theirs):
    """Rows, other tiers, scores further apart than allowed, the widest gap, other reasons, and the first of them."""
    rows = tiers = scores = reasons = 0
    widest = 0.0
    examples = []
    with open(ours, encoding="utf-8", newline="") as one, open(theirs, encoding="utf-8", newline="") as other:
        for own, its in zip(csv.DictReader(one), csv.DictReader(other), strict=True):
            if (own["lead_id"], own["row"]) != (its["lead_id"], its["row"]):
                sys.exit(f"the rows differ: {own['lead_id']} and {its['lead_id']}")
            rows += 1
            gap = max(abs(float(own["score"]) - float(its["score"])),
                      100 * abs(float(own["probability"]) - float(its["probability"])))
            widest = max(widest, gap)
            scores += not gap <= SCORE_TOLERANCE
            tiers += (own["tier"], own["action"]) != (its["tier"], its["action"])
            if own["reasons"] != its["reasons"]:
                reasons += 1
                if len(examples) < 5:
                    examples.append((own["lead_id"], own["reasons"], its["reasons"]))
    return rows, tiers, scores, widest, reasons, examples


def check(ours, theirs):
    """Says how far the two outputs agree; true if far enough."""
    rows, tiers, scores, widest, reasons, examples = differences(ours, theirs)
    print(f"Agreement over {rows:,} rows: tier and action differ in {tiers}; scores differ by more than "
          f"{SCORE_TOLERANCE:g} in {scores} (at most {widest:.1e}); reasons differ in {reasons} "
          f"({100 * (1 - reasons / rows):.4f} % the same).")
    for lead, own, its in examples:
        print(f"  {lead}\n    leadscore: {own}\n    pandas:    {its}")
    print()
    return not tiers and not scores and reasons <= rows * (1 - REASONS_SHARE)


def row(name, rows, runs):
    wall, cpu, peak = (median(getattr(run, what) for run in runs) for what in ("wall", "cpu", "peak"))
    spread = f"{min(run.wall for run in runs):.2f}–{max(run.wall for run in runs):.2f}"
    print(f"| {name} | {rows / wall:,.0f} | {wall:.2f} | {spread} | {cpu:.2f} | {peak:,.0f} |")
    return rows / wall, peak, cpu


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=3, help="runs of each; the table gives medians")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--binary", default=ROOT / "target/release/leadscore")
    parser.add_argument("--python", default=sys.executable, help="the Python that has pandas")
    parser.add_argument("--pandas-chunk", type=int, metavar="ROWS",
                        help="also time pandas with so many rows at a time")
    parser.add_argument("--leadscore-only", action="store_true", help="no pandas: speed and peak memory alone")
    parser.add_argument("--input", help="this file instead of a generated one, with the columns of examples/leads.csv")
    args = parser.parse_args()

    with tempfile.TemporaryDirectory() as folder:
        leads = args.input or os.path.join(folder, "leads.csv")
        if not args.input:
            generate(args.rows, args.seed, leads)
        out = {name: os.path.join(folder, f"{name}.csv") for name in ("leadscore", "pandas", "chunks")}
        script = ROOT / "benches/pandas_score.py"
        pandas = [args.python, script, leads, out["pandas"], "--as-of", AS_OF]
        jobs = {"leadscore": [args.binary, "score", leads, "--format", "csv", "--as-of", AS_OF,
                              "--output", out["leadscore"]]}
        if not args.leadscore_only:
            jobs["pandas"] = pandas
            if args.pandas_chunk:
                chunk = str(args.pandas_chunk)
                jobs["chunks"] = [args.python, script, leads, out["chunks"], "--as-of", AS_OF, "--chunk", chunk]

        # The file is in the page cache for all of them.
        with open(leads, "rb") as file:
            while file.read(1 << 20):
                pass
        runs = {name: [] for name in jobs}
        for turn in range(args.runs):
            for name, command in jobs.items():
                print(f"run {turn + 1} of {args.runs}: {name}", file=sys.stderr)
                runs[name].append(Run(command))

        with open(out["leadscore"], encoding="utf-8", newline="") as file:
            rows = sum(1 for _ in csv.reader(file)) - 1
        agreed = all([check(out["leadscore"], out[name]) for name in jobs if name != "leadscore"])

    titles = {"leadscore": "leadscore", "pandas": "pandas, whole file",
              "chunks": f"pandas, {args.pandas_chunk or 0:,} rows at a time"}
    print(f"{rows:,} rows, median of {args.runs} runs\n")
    print("| | rows/s | seconds | from–to | CPU seconds | peak MiB |\n|---|---:|---:|---:|---:|---:|")
    figures = {name: row(titles[name], rows, runs[name]) for name in jobs}
    speed, peak, cpu = figures.pop("leadscore")
    for name, (their_speed, their_peak, their_cpu) in figures.items():
        print(f"| leadscore to {titles[name]} | {speed / their_speed:.1f} × | | "
              f"| {cpu / their_cpu:.2f} × | {peak / their_peak:.3f} × |")
    if not agreed:
        sys.exit("leadscore and pandas do not agree")


if __name__ == "__main__":
    main()
