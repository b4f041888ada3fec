#!/usr/bin/env python3
"""Starts one server, checks its answers, loads it with wrk, stops it, and appends the figures to a file.

    load.py NAME --work FOLDER --out results.jsonl [--constant] -- COMMAND…

In the command, {port}, {data} and {model} stand for a free port, an empty folder and the model. The server runs on
core 0, this script and wrk on core 1. Of the server: time to its first 200 on /health/ready, and for every shape and
number of connections requests per second, latency, processor time per request, and memory. No figure is written of a
server whose answers are wrong.
"""

import argparse
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import answers

HERE = Path(__file__).resolve().parent
SERVER_CORE, LOAD_CORE = 0, 1
SHAPES = {"single": "/api/v1/score", "batch": "/api/v1/score/batch"}
KEY = "key-of-the-benchmark-which-opens-nothing-else"
START_LIMIT_S, STOP_LIMIT_S = 60, 10
POLL_S = 0.001
TICKS = os.sysconf("SC_CLK_TCK")


def main():
    args = arguments()
    os.sched_setaffinity(0, {LOAD_CORE})
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))  # by way of the server's end
    with tempfile.TemporaryDirectory(prefix="leadscore-http-") as data:
        port = free_port()
        places = {"{port}": str(port), "{data}": data, "{model}": str(args.work / "model.ubj")}
        log = args.work / f"{args.name}.log"
        with Server([filled(word, places) for word in args.command], args.work, log) as server:
            ready_ms = server.wait_until_ready(port)
            start = {"name": args.name, "shape": "start", "ready_ms": ready_ms, **memory(server.pid)}
            found = answers.check(port, KEY, args.work, constant=args.constant)
            if found:
                sys.exit(f"{args.name}: {found}")
            results = [start]
            for shape in SHAPES:
                for connections in args.connections:
                    load(args, port, shape, connections, args.warm_up)
                    results.append(measure(args, server, port, shape, connections))
    with open(args.out, "a", encoding="utf-8") as out:
        out.writelines(json.dumps(result) + "\n" for result in results)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("name")
    parser.add_argument("--work", required=True, type=Path, help="folder with model.ubj and what bodies.py wrote")
    parser.add_argument("--out", required=True, type=Path, help="file to append the figures to")
    parser.add_argument("--constant", action="store_true", help="it answers a constant, so scores are not compared")
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--warm-up", type=int, default=2, help="seconds of load before each measurement")
    parser.add_argument("--connections", type=int, nargs="+", default=[1, 16])
    parser.add_argument("command", nargs="+")
    args = parser.parse_args()
    args.work = args.work.resolve()
    return args


def filled(word, places):
    for place, value in places.items():
        word = word.replace(place, value)
    return word


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Server:
    """The process on its core; left, it is stopped."""

    def __init__(self, command, work, log):
        # XGBoost's threads are told twice, by its own setting and OpenMP's.
        settings = {"API_KEY": KEY, "MODEL": str(work / "model.ubj"), "OMP_NUM_THREADS": "1"}
        self.log = log
        self.started = time.perf_counter()
        with open(log, "w", encoding="utf-8") as out:
            self.process = subprocess.Popen(["taskset", "-c", str(SERVER_CORE), *command], env=os.environ | settings,
                                            stdin=subprocess.DEVNULL, stdout=out, stderr=out)
        self.pid = self.process.pid

    def __enter__(self):
        return self

    def wait_until_ready(self, port):
        """Milliseconds from start to the first 200."""
        while (waited := time.perf_counter() - self.started) < START_LIMIT_S:
            if answers.is_ready(port):
                return round((time.perf_counter() - self.started) * 1e3, 1)
            if self.process.poll() is not None:
                sys.exit(f"the server ended with {self.process.returncode}; its words: {self.log}")
            # Seldom enough not to be load, often enough against starts of tens of milliseconds.
            time.sleep(POLL_S if waited < 1 else 10 * POLL_S)
        sys.exit(f"not ready within {START_LIMIT_S} s; its words: {self.log}")

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(STOP_LIMIT_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def measure(args, server, port, shape, connections):
    spent, busy, since = processor_s(server.pid), core_busy_s(), time.perf_counter()
    done = load(args, port, shape, connections, args.seconds)
    passed = time.perf_counter() - since
    spent, busy = processor_s(server.pid) - spent, core_busy_s() - busy
    return {
        "name": args.name, "shape": shape, "connections": connections, "requests": done["requests"],
        "requests_per_s": done["requests"] / done["seconds"], "p50_us": done["p50_us"], "p99_us": done["p99_us"],
        "cpu_us_per_request": spent / done["requests"] * 1e6,
        "server_share": spent / passed, "others_share": max(0, busy - spent) / passed, **memory(server.pid),
    }


def load(args, port, shape, connections, seconds):
    bodies = args.work / f"{shape}.jsonl"
    return wrk("load.lua", f"http://127.0.0.1:{port}{SHAPES[shape]}", connections, seconds, bodies, KEY)


def wrk(script, url, connections, seconds, *words):
    """What came of a load by a script of this folder; an answer that is not good ends the program."""
    command = ["taskset", "-c", str(LOAD_CORE), "wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-s",
               str(HERE / script), url, "--", *map(str, words)]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=seconds + 60)
    summaries = [line for line in ran.stdout.splitlines() if line.startswith("SUMMARY ")]
    if ran.returncode != 0 or not summaries:
        sys.exit(f"wrk failed: {ran.stdout}{ran.stderr}")
    done = json.loads(summaries[0].removeprefix("SUMMARY "))
    if done["refused"] or done["broken"] or not done["requests"]:
        sys.exit(f"{url}: {done['refused']} of {done['requests']} refused, {done['broken']} broken")
    return done


# --- what the system says ----------------------------------------------------------------------------------------

def processor_s(pid):
    """Processor time of the process and of those it started."""
    own = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return (int(own[11]) + int(own[12])) / TICKS + sum(processor_s(int(child)) for child in children)


def core_busy_s():
    """How long the server's core was busy, with whatever it was; stolen time counts as busy."""
    with open("/proc/stat", encoding="ascii") as file:
        line = next(line for line in file if line.startswith(f"cpu{SERVER_CORE} "))
    user, nice, system, _idle, _waiting, irq, softirq, steal = map(int, line.split()[1:9])
    return (user + nice + system + irq + softirq + steal) / TICKS


def memory(pid):
    lines = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    return {"rss_mib": mib(lines["VmRSS"]), "peak_mib": mib(lines["VmHWM"])}


def mib(text):
    return int(text.split()[0]) / 1024


if __name__ == "__main__":
    main()
