#!/usr/bin/env python3
"""Keeps a server at half of its maximum load and watches its memory:

    soak.py --work FOLDER [--minutes 10] -- COMMAND…

FOLDER is where run.sh left the model and the bodies; in the command {port}, {data} and {model} are filled in, as there.
The load is a mix (soak.lua) of scores, batches and writes to the store. It fails at the first answer that is not good, or
if the memory at the end is more than a tenth above that after a quarter of the time.
"""

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path

import answers
from load import KEY, Server, filled, free_port, memory, wrk

CONNECTIONS = 64
MOST_GROWTH = 1.1
LEADS = 200
# How many pieces the time is cut into; after each, the figures are printed.
PIECES = 20


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--work", required=True, type=Path)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("command", nargs="+")
    args = parser.parse_args()
    work = args.work.resolve()
    with tempfile.TemporaryDirectory(prefix="leadscore-soak-") as data:
        port = free_port()
        places = {"{port}": str(port), "{data}": data, "{model}": str(work / "model.ubj")}
        with Server([filled(word, places) for word in args.command], work, work / "soak.log") as server:
            server.wait_until_ready(port)
            for lead in range(LEADS):
                made = json.dumps({"id": f"soak-{lead}"})
                status, body = answers.call(port, "POST", "/api/v1/leads", made, KEY)
                if status != 201:
                    sys.exit(f"a lead was not made: {status} {body}")
            most = run(port, work, 5, 0, "warm")
            print(f"maximum: {most['rate']:,.0f} requests/s", flush=True)
            sizes, requests = [], 0
            # A pause of the connections cannot be set exactly; it is set anew from what came of the last one.
            pause, wanted = 2 * CONNECTIONS / most["rate"], most["rate"] / 2
            began = time.monotonic()
            for piece in range(PIECES):
                done = run(port, work, args.minutes * 60 / PIECES, pause * 1e3, f"piece-{piece}")
                pause = max(0, pause + CONNECTIONS / wanted - CONNECTIONS / done["rate"])
                requests += done["requests"]
                sizes.append(memory(server.pid)["rss_mib"])
                print(f"{time.monotonic() - began:5.0f} s: {done['rate']:,.0f} requests/s, p99 "
                      f"{done['p99_us'] / 1e3:.1f} ms, {sizes[-1]:.1f} MiB", flush=True)
            early, late = sizes[PIECES // 4 - 1], sizes[-1]
            print(f"{requests:,} requests, none failed; memory {early:.1f} MiB after a quarter, {late:.1f} MiB at the end")
            if late > MOST_GROWTH * early:
                sys.exit("the memory grows")


def run(port, work, seconds, pause_ms, seed):
    done = wrk("soak.lua", f"http://127.0.0.1:{port}", CONNECTIONS, max(1, round(seconds)), work / "single.jsonl",
               work / "batch.jsonl", KEY, round(pause_ms), seed)
    return done | {"rate": done["requests"] / done["seconds"]}


if __name__ == "__main__":
    main()
