"""Whatever comes in, a result or a `LeadscoreError` comes out.

`LEADSCORE_FUZZ` is the number of inputs; `LEADSCORE_FUZZ_SEED` repeats a run.
"""

from __future__ import annotations

import json
import math
import os
import random
from collections import Counter
from collections.abc import Callable
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from leadscore import Activity, Forest, Lead, LeadscoreError, Pipeline, error_codes

from .conftest import FIXTURES

ROUNDS = int(os.environ.get("LEADSCORE_FUZZ", "100000"))
SEED = int(os.environ.get("LEADSCORE_FUZZ_SEED", "20261122"))
PIPELINES = [Pipeline.builtin(name) for name in Pipeline.builtin_names()]
FORESTS = [
    Forest.load(next((FIXTURES / "golden" / name).glob("model.*")))
    for name in ("xgb-3.2.0-binary-ubj", "xgb-3.2.0-softprob-json", "lgb-4.7.0-codes", "lgb-4.7.0-linear")
]
MODELS = [
    next((FIXTURES / "golden" / name).glob("model.*")).read_bytes()
    for name in ("xgb-2.1.4-gamma-ubj", "xgb-3.2.0-names-json", "lgb-4.7.0-binary")
]
PIPELINE_TEXT = Pipeline.builtin("conversion").to_json()


class Fuzz:
    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.names = sorted({name for pipeline in PIPELINES for name in pipeline.attributes})
        cyclic: list[Any] = []
        cyclic.append(cyclic)
        self.leaves: list[Callable[[], Any]] = [
            lambda: None,
            lambda: self.random.choice([True, False]),
            lambda: self.random.choice([0, -1, 2**31, 2**63, -(2**63), 2**64, 10**30, 10**400, 10**5000]),
            lambda: self.random.uniform(-1e3, 1e3),
            lambda: self.random.choice([math.nan, math.inf, -math.inf, -0.0, 5e-324, 1.7976931348623157e308]),
            self.text,
            lambda: self.text().encode("utf-8", "surrogatepass"),
            lambda: bytearray(b"x"),
            lambda: datetime(2026, 1, 1) + timedelta(seconds=self.random.randint(-(10**9), 10**9)),
            lambda: datetime.max.replace(tzinfo=timezone(timedelta(hours=-14))),
            lambda: datetime.min.replace(tzinfo=timezone(timedelta(hours=14))),
            lambda: date(self.random.randint(1, 9999), 1, 1),
            lambda: self.random.choice(
                [pd.NA, pd.NaT, np.datetime64("NaT"), np.datetime64("2026-11-01", "ns")]
            ),
            lambda: self.random.choice(
                [np.float32(1.5), np.int8(3), np.bool_(True), np.str_("x"), np.complex64(1)]
            ),
            lambda: self.random.choice(
                [Decimal("1.5"), Decimal("NaN"), Decimal("Infinity"), Decimal("1e999")]
            ),
            lambda: self.random.choice(
                [object(), cyclic, lambda: None, int, {1, 2}, range(3), memoryview(b"x"), 1j]
            ),
            lambda: np.zeros(self.random.randint(0, 3)),
        ]

        # The libraries of frames have edges of their own; these are values they can hold.
        self.cells: list[Callable[[], Any]] = [
            *[self.leaves[place] for place in (0, 1, 3, 4, 8, 11)],
            lambda: self.text().encode("utf-8", "replace").decode(),
            lambda: self.text().encode("utf-8", "replace"),
            lambda: self.random.choice([0, -1, 2**31, 2**63 - 1, -(2**63)]),
            lambda: self.random.choice([[1], ["a"], []]),
            lambda: timedelta(self.random.randint(-9, 9)),
            lambda: datetime(2026, 1, 1, tzinfo=timezone.utc),
            lambda: Decimal("1.50"),
        ]

    def text(self) -> str:
        known = [
            "",
            " ",
            "2026-11-01",
            "2026-13-45",
            "yes",
            "VP",
            "é\u202e\0",
            "\ud800",
            "1e999",
            "inf",
            "x" * 300,
        ]
        if self.random.random() < 0.6:
            return self.random.choice(known)
        return "".join(chr(self.random.randrange(0x110000)) for _ in range(self.random.randint(0, 8)))

    def value(self, depth: int = 0) -> Any:
        if depth < 3 and self.random.random() < 0.08:
            inner = [self.value(depth + 1) for _ in range(self.random.randint(0, 3))]
            return self.random.choice([inner, tuple(inner), {self.name(): item for item in inner}])
        return self.random.choice(self.leaves)()

    def name(self) -> Any:
        if self.random.random() < 0.9:
            return self.random.choice(self.names)
        return self.random.choice(
            ["id", "lead_id", "attributes", "activities", self.text(), 7, None, 1.5, (1,)]
        )

    def lead(self) -> Any:
        kind = self.random.random()
        if kind < 0.1:
            return self.value()
        attributes = {self.name(): self.value() for _ in range(self.random.randint(0, 6))}
        if kind < 0.6:
            return attributes
        activities: Any = [
            self.random.choice(
                [Activity(self.value(), self.value(), self.value(), {self.text(): self.value()}), {}]
            )
            for _ in range(self.random.randint(0, 3))
        ]
        if kind < 0.7:
            activities = self.value()
        return Lead(self.value(), attributes, activities)

    def matrix(self) -> Any:
        if self.random.random() < 0.2:
            return self.value()
        shape = (self.random.randint(0, 4), self.random.choice([0, 1, 6, 7, 50]))
        kinds = ["f4", "f8", ">f8", "f2", "i8", "u1", "?", "O", "U3", "M8[s]", "c16", "g"]
        values: Any = np.random.default_rng(self.random.randrange(2**32)).normal(size=shape) * 10**3
        if self.random.random() < 0.2:
            values = np.full(shape, self.random.choice([np.nan, np.inf, -np.inf, 1e308, 1e-320]))
        with np.errstate(all="ignore"):
            values = values.astype(self.random.choice(kinds[:2] * 4 + kinds))
        if self.random.random() < 0.3:
            values = values[::-1, ::-1] if self.random.random() < 0.5 else np.asfortranarray(values)
        return values.tolist() if self.random.random() < 0.1 else values

    def frame(self) -> Any:
        rows = self.random.randint(0, 3)
        columns = {}
        for _ in range(self.random.randint(0, 4)):
            leaf = self.random.choice(self.cells)
            name = self.name()
            columns[name if isinstance(name, str) else str(name)] = [leaf() for _ in range(rows)]
        try:
            build = self.random.choice([pl.DataFrame, pd.DataFrame, pa.table])
            return build(columns)
        except Exception:
            # The frame's own library refuses; that is not ours to test.
            return pl.DataFrame({"company": ["x"] * rows})

    def broken(self, data: bytes) -> bytes:
        data = bytearray(data)
        for _ in range(self.random.randint(1, 4)):
            if not data:
                break
            at = self.random.randrange(len(data))
            kind = self.random.random()
            if kind < 0.5:
                data[at] = self.random.randrange(256)
            elif kind < 0.7:
                del data[at : at + self.random.randint(1, 50)]
            elif kind < 0.9:
                data[at:at] = bytes(self.random.randrange(256) for _ in range(3))
            else:
                del data[at:]
        return bytes(data)

    def once(self) -> str:
        pipeline = self.random.choice(PIPELINES)
        as_of: Any = "2026-11-22" if self.random.random() < 0.9 else self.value()
        options: dict[str, Any] = {"as_of": as_of, "strict": self.random.random() < 0.2}
        if self.random.random() < 0.1:
            options["zone"] = self.random.choice(["Europe/Berlin", self.value()])
        kind = self.random.random()
        if kind < 0.6:
            pipeline.score(self.lead(), **options)
            return "score"
        if kind < 0.7:
            leads = [self.lead() for _ in range(self.random.randint(0, 3))]
            found = pipeline.score_many(leads, errors="return", **options)
            assert len(found) == len(leads)
            return "score_many"
        if kind < 0.85:
            forest = self.random.choice(FORESTS)
            method = self.random.choice([forest.margin, forest.predict, forest.shap])
            method(self.matrix())
            return "forest"
        if kind < 0.88:
            pipeline.score_matrix(self.matrix())
            return "score_matrix"
        if kind < 0.96:
            events = self.frame() if self.random.random() < 0.2 else None
            pipeline.score_frame(
                self.frame(),
                activities=events,
                reasons=self.random.randint(0, 1),
                allow_worthless=True,
                **options,
            )
            return "score_frame"
        if kind < 0.98:
            Forest.from_bytes(self.broken(self.random.choice(MODELS)))
            return "from_bytes"
        Pipeline.from_json(self.broken(PIPELINE_TEXT.encode()).decode("utf-8", "surrogateescape"))
        return "from_json"


@pytest.mark.filterwarnings("ignore::leadscore.LeadscoreWarning")
def test_random_input_gives_a_result_or_an_error_with_a_code() -> None:
    fuzz = Fuzz(SEED)
    known = set(error_codes())
    done: Counter[str] = Counter()
    for at in range(ROUNDS):
        try:
            done[fuzz.once()] += 1
        except LeadscoreError as error:
            json.dumps([error.path, error.message])
            done[error.code] += 1
        except BaseException as error:
            raise AssertionError(
                f"input {at} of seed {SEED} gave {type(error).__name__}: {error!r:.300}"
            ) from error
    assert sum(done.values()) == ROUNDS
    assert done.keys() - known <= {
        "score",
        "score_many",
        "forest",
        "score_matrix",
        "score_frame",
        "from_bytes",
        "from_json",
    }
    assert done["score"] > ROUNDS / 50
    assert done["invalid_lead"] > ROUNDS / 50
