#!/usr/bin/env python3
"""Puts small bugs into the code, one at a time, and counts those that some test sees:

    .ci/mutants.py [--seed 13] [--each 12] [--area csv]

The bugs are drawn by the seed, the same number for each area, from what `cargo mutants --list` has for it. It wants
cargo-mutants 27.1.0 (`cargo install --locked cargo-mutants@27.1.0`), works on a copy of the repository, and fails where
fewer than nine of ten bugs are seen. Those that no test sees are listed at the end, and those that only ran too long,
which count as seen: on a busy machine look whether they would have passed.

A bug's name has its line, so that the same seed draws other bugs once the code has changed.
"""

import argparse
import json
import os
import random
import re
import subprocess
import sys
import tempfile
from pathlib import Path

VERSION = "27.1.0"
LEAST_SEEN = 0.9
ROOT = Path(__file__).resolve().parents[1]
# The files of an area, and the packages whose tests should see a bug in it.
AREAS = {
    "csv": ("crates/leadscore-csv/src/**/*.rs", ["leadscore-csv", "leadscore-files"]),
    "files": ("crates/leadscore-files/src/**/*.rs", ["leadscore-files", "leadscore-cli"]),
    "cli": ("crates/leadscore-cli/src/**/*.rs", ["leadscore-cli"]),
    "explain": ("crates/leadscore/src/explain{.rs,/**/*.rs}", ["leadscore"]),
    "scale": ("crates/leadscore/src/scale{.rs,/**/*.rs}", ["leadscore"]),
}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=13)
    parser.add_argument("--each", type=int, default=12, help="bugs for each area")
    parser.add_argument("--area", choices=AREAS, action="append", help="this area alone; may be given more than once")
    args = parser.parse_args()
    found = subprocess.run(["cargo", "mutants", "--version"], capture_output=True, text=True, check=False).stdout.strip()
    if found != f"cargo-mutants {VERSION}":
        sys.exit(f"wants cargo-mutants {VERSION}: cargo install --locked cargo-mutants@{VERSION}")
    seen = missed = 0
    lines = []
    for area in args.area or AREAS:
        drawn = draw(area, args.seed, args.each)
        outcomes = try_out(area, drawn)
        caught = outcomes["caught"] + outcomes["timeout"]
        seen, missed = seen + len(caught), missed + len(outcomes["missed"])
        tried = len(caught) + len(outcomes["missed"])
        print(f"{area}: {len(caught)} of {tried} seen, {len(outcomes['unviable'])} more do not compile", flush=True)
        lines += [f"ran too long: {name}" for name in outcomes["timeout"]]
        lines += [f"not seen: {name}" for name in outcomes["missed"]]
    print(*lines, sep="\n")
    print(f"seed {args.seed}: {seen} of {seen + missed} bugs seen")
    if seen < LEAST_SEEN * (seen + missed):
        sys.exit(1)


def draw(area, seed, count):
    """The names of some mutants of an area, in the order of the list."""
    listed = json.loads(run(["cargo", "mutants", "--list", "--json", "--file", AREAS[area][0]]))
    names = sorted(mutant["name"] for mutant in listed)
    return sorted(random.Random(f"{area} {seed}").sample(names, min(count, len(names))))


def try_out(area, names):
    """The names by outcome."""
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "mutants"
    environment = os.environ | {"CARGO_TARGET_DIR": str(target), "CARGO_INCREMENTAL": "0", "INSTA_UPDATE": "no",
                                "CARGO_PROFILE_DEV_DEBUG": "false"}
    with tempfile.TemporaryDirectory() as folder:
        command = ["cargo", "mutants", "--colors", "never", "--output", folder, "--file", AREAS[area][0],
                   "--baseline", "skip", "--timeout", "600", "--all-features"]
        for name in names:
            command += ["--re", f"^{re.escape(name)}$"]
        for package in AREAS[area][1]:
            command += ["--test-package", package]
        command += ["--", "--lib", "--bins", "--tests"]
        # It ends with 2 where a mutant was missed and with 3 after a timeout.
        done = subprocess.run(command, cwd=ROOT, env=environment, stdout=sys.stderr, check=False).returncode
        if done not in (0, 2, 3):
            sys.exit(f"cargo mutants ended with {done}")
        outcomes = {}
        for outcome in ("caught", "timeout", "missed", "unviable"):
            tried = (Path(folder) / "mutants.out" / f"{outcome}.txt").read_text(encoding="utf-8").splitlines()
            # Deleted fields are tried by this version whatever is asked for.
            outcomes[outcome] = [name for name in tried if name in names]
        if sum(map(len, outcomes.values())) != len(names):
            sys.exit(f"{len(names)} bugs were drawn, and {outcomes} came back")
        return outcomes


def run(command):
    return subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True).stdout


if __name__ == "__main__":
    main()
