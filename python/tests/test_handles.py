"""Handles travel between processes and are shared by threads; long work can be interrupted."""

from __future__ import annotations

import copy
import multiprocessing
import os
import pickle
import signal
import subprocess
import sys
import sysconfig
import textwrap
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import joblib
import numpy as np
import pytest

from leadscore import Forest, LeadscoreError, Pipeline

from .conftest import AS_OF, FIXTURES, ROOT

PIPELINE = Pipeline.builtin("b2b")
FOREST = Forest.load(FIXTURES / "golden" / "xgb-3.2.0-binary-ubj" / "model.ubj")
X = np.random.default_rng(1).normal(size=(9000, 50))


MATRICES = [np.random.default_rng(seed).normal(size=(5000, 50)) for seed in range(4)]


def scores_of(pipeline: Pipeline, seed: int) -> bytes:
    return pipeline.score_matrix(MATRICES[seed], threads=2).score.tobytes()


def margins_of(forest: Forest, X: Any) -> bytes:
    return forest.margin(X).tobytes()


def test_pickle_and_copies() -> None:
    values = X[:, : len(FOREST.feature_names)]
    for again in (pickle.loads(pickle.dumps(FOREST)), copy.copy(FOREST), copy.deepcopy(FOREST)):
        assert again == FOREST
        assert margins_of(again, values) == margins_of(FOREST, values)
    for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
        other = pickle.loads(pickle.dumps(PIPELINE, protocol))
        assert other == PIPELINE
        assert scores_of(other, 1) == scores_of(PIPELINE, 1)
    assert copy.deepcopy(PIPELINE) == PIPELINE
    prediction = PIPELINE.score({"company_revenue": 1e6}, as_of=AS_OF)
    assert pickle.loads(pickle.dumps(prediction)) == prediction
    error = pickle.loads(pickle.dumps(LeadscoreError("io", "path", "message")))
    assert (error.code, error.path, error.message) == ("io", "path", "message")


@pytest.mark.parametrize("method", ["fork", "spawn"])
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_multiprocessing(method: str) -> None:
    if method not in multiprocessing.get_all_start_methods():
        pytest.skip(f"{method} is not to be had here")
    # Threads of this process, which a forked one does not have.
    wanted = [scores_of(PIPELINE, seed) for seed in range(4)]
    with multiprocessing.get_context(method).Pool(2) as pool:
        found = pool.map_async(PIPELINE.score_matrix, MATRICES).get(timeout=120)
    assert [scores.score.tobytes() for scores in found] == wanted


@pytest.mark.third_party
def test_joblib() -> None:
    found = joblib.Parallel(n_jobs=2)(joblib.delayed(PIPELINE.score_matrix)(matrix) for matrix in MATRICES)
    assert [scores.score.tobytes() for scores in found] == [scores_of(PIPELINE, seed) for seed in range(4)]


def test_eight_threads_share_a_pipeline() -> None:
    leads = [{"company_revenue": float(at), "company_age_years": at % 30} for at in range(64)]
    wanted = [PIPELINE.score(lead, as_of=AS_OF) for lead in leads]
    matrix = PIPELINE.score_matrix(X).score.tobytes()

    def work(seed: int) -> bool:
        order = np.random.default_rng(seed).permutation(len(leads))
        same = all(PIPELINE.score(leads[at], as_of=AS_OF) == wanted[at] for at in order)
        many = list(PIPELINE.score_many(leads, as_of=AS_OF)) == wanted
        return same and many and PIPELINE.score_matrix(X).score.tobytes() == matrix

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(work, range(16)))


def test_threads_do_not_wait_for_one_another() -> None:
    values = np.tile(X, (16, 1))

    def longest_wait() -> float:
        """The longest this thread stood still while another scored, as a share of that one's time."""
        with ThreadPoolExecutor(1) as pool:
            start = last = time.perf_counter()
            work = pool.submit(PIPELINE.score_matrix, values, threads=1)
            longest = 0.0
            while not work.done():
                now = time.perf_counter()
                longest, last = max(longest, now - last), now
            end = time.perf_counter()
        return max(longest, end - last) / (end - start)

    # Other work on the machine may stop us for a while; the lock, if it were held, would stop us to the end.
    assert min(longest_wait() for _ in range(5)) < 0.5


def test_without_the_lock() -> None:
    if not sysconfig.get_config_var("Py_GIL_DISABLED"):
        pytest.skip("this interpreter has a global lock")
    assert not sys._is_gil_enabled()  # type: ignore[attr-defined, unused-ignore]


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
@pytest.mark.parametrize(
    "work",
    [
        "forest.shap(X, threads=1)",
        "forest.shap(X, threads=2)",
        "pipeline.score_matrix(M)",
        "pipeline.score_frame(frame, reasons=3, threads=2, allow_worthless=True)",
        "pipeline.score_many(({} for _ in range(10**9)), as_of=0)",
        "pipeline.score_file('{leads}', '{out}', as_of=0)",
    ],
)
def test_long_work_can_be_interrupted(work: str, tmp_path: Any) -> None:
    leads = tmp_path / "leads.csv"
    if "score_file" in work:
        leads.write_text("lead_id,company_revenue\n" + "".join(f"{at},{at}\n" for at in range(400_000)))
    work = work.replace("{leads}", str(leads)).replace("{out}", str(tmp_path / "out.csv"))
    script = f"""
        import time, numpy as np, polars as pl, leadscore
        forest = leadscore.Forest.load({str(FIXTURES / "golden/xgb-3.2.0-binary-ubj/model.ubj")!r})
        pipeline = leadscore.Pipeline.builtin("b2b")
        X = np.zeros((3_000_000, len(forest.feature_names)))
        M = np.zeros((1_500_000, 50))
        frame = pl.DataFrame({{"company_revenue": np.zeros(3_000_000)}})
        print("ready", flush=True)
        start = time.perf_counter()
        try:
            {work}
            print("finished", flush=True)
        except KeyboardInterrupt:
            print("interrupted", time.perf_counter() - start, flush=True)
    """
    command = [sys.executable, "-c", textwrap.dedent(script)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    time.sleep(0.3)
    process.send_signal(signal.SIGINT)
    word, *seconds = process.stdout.readline().split()
    process.communicate()
    assert word == "interrupted"
    assert float(seconds[0]) < 3
