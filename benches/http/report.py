#!/usr/bin/env python3
"""Prints what load.py wrote as Markdown: medians over the rounds, and every server against the first, the
reference, and the last, the ceiling.

    python3 benches/http/report.py results.jsonl
"""

import json
import sys
from collections import defaultdict
from statistics import median

TITLES = {"single": "One lead a request", "batch": "100 leads a request"}
HEAD = ["server", "requests/s", "× reference", "p50 ms", "p99 ms", "CPU µs/request", "from–to", "reference ÷ it",
        "it ÷ ceiling", "RSS MiB", "peak MiB", "core: it / others"]


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    with open(sys.argv[1], encoding="utf-8") as file:
        runs = [json.loads(line) for line in file]
    if not runs:
        sys.exit("no figures")
    names = list(dict.fromkeys(run["name"] for run in runs))
    measured = defaultdict(list)
    for run in runs:
        measured[run["shape"], run.get("connections"), run["name"]].append(run)

    rounds = len(measured["start", None, names[0]])
    print(f"{'One round' if rounds == 1 else f'Medians of {rounds} rounds'}; from–to are the least and the most.\n")
    for shape, connections in dict.fromkeys(key[:2] for key in measured):
        by_server = {name: measured[shape, connections, name] for name in names}
        if shape == "start":
            print_start(by_server)
        else:
            print_load(f"{TITLES[shape]}, {counted(connections)}", by_server)


def print_start(servers):
    reference, _ = ends(servers, "ready_ms")
    print("### From the start of the process to the first 200 on /health/ready\n")
    print_head(["server", "ms", "from–to", "reference ÷ it", "RSS MiB then"])
    for name, runs in servers.items():
        ready = middle(runs, "ready_ms")
        print_row([name, f"{ready:,.0f}", spread(runs, "ready_ms"), ratio(reference, ready),
                   f"{middle(runs, 'rss_mib'):.0f}"])


def print_load(title, servers):
    reference_speed, _ = ends(servers, "requests_per_s")
    reference_spent, ceiling_spent = ends(servers, "cpu_us_per_request")
    print(f"\n### {title}\n")
    print_head(HEAD)
    for name, runs in servers.items():
        speed, spent = middle(runs, "requests_per_s"), middle(runs, "cpu_us_per_request")
        print_row([
            name, f"{speed:,.0f}", ratio(speed, reference_speed),
            f"{middle(runs, 'p50_us') / 1e3:.2f}", f"{middle(runs, 'p99_us') / 1e3:.2f}",
            f"{spent:,.1f}", spread(runs, "cpu_us_per_request"),
            ratio(reference_spent, spent), ratio(spent, ceiling_spent),
            f"{middle(runs, 'rss_mib'):.0f}", f"{max(run['peak_mib'] for run in runs):.0f}",
            f"{middle(runs, 'server_share'):.0%} / {middle(runs, 'others_share'):.0%}",
        ])


def ends(servers, key):
    """The medians of the first server and of the last."""
    runs = list(servers.values())
    return middle(runs[0], key), middle(runs[-1], key)


def counted(connections):
    return "1 connection" if connections == 1 else f"{connections} connections"


def middle(runs, key):
    return median(run[key] for run in runs)


def spread(runs, key):
    values = [run[key] for run in runs]
    return f"{min(values):,.0f}–{max(values):,.0f}"


def ratio(value, base):
    return f"{value / base:.2f}"


def print_head(names):
    print_row(names)
    print_row(["---"] + ["---:"] * (len(names) - 1))


def print_row(cells):
    print("| " + " | ".join(map(str, cells)) + " |")


if __name__ == "__main__":
    main()
