"""Spark in local mode: pipelines and models in functions that its Python processes run on pandas frames."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

from leadscore import Forest, Pipeline

from .conftest import AS_OF, ROOT

pytestmark = [pytest.mark.third_party, pytest.mark.filterwarnings("ignore")]
ROWS = 20_000


@pytest.fixture(scope="module")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    if not shutil.which("java") and not os.environ.get("JAVA_HOME"):
        if os.environ.get("CI") == "true":
            pytest.fail("Java is not installed")
        pytest.skip("Spark needs Java, which is not installed")
    from pyspark.sql import SparkSession

    os.environ["PYSPARK_PYTHON"] = sys.executable
    folder = tmp_path_factory.mktemp("spark")
    options = {
        "spark.ui.enabled": "false",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.sql.shuffle.partitions": "2",
        "spark.sql.warehouse.dir": str(folder / "warehouse"),
        "spark.local.dir": str(folder / "local"),
    }
    builder = SparkSession.builder.master("local[2]").appName("leadscore")
    for name, value in options.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    yield session
    session.stop()


def test_leads_of_a_file_are_scored_by_map_in_pandas(spark: Any, tmp_path: Path) -> None:
    pipeline = Pipeline.builtin("conversion")
    titles = np.array(["VP Sales", "Clerk", None, "Student"], dtype=object)
    leads = pl.DataFrame(
        {
            "lead_id": [f"L-{at}" for at in range(ROWS)],
            "title": [titles[at % 4] for at in range(ROWS)],
            "email_open_count": [at % 29 for at in range(ROWS)],
        }
    )
    leads.write_parquet(tmp_path / "leads.parquet")

    def scored(frames: Iterator[pd.DataFrame]) -> Iterator[pd.DataFrame]:
        for frame in frames:
            scores = pipeline.score_frame(frame, as_of=AS_OF, reasons=1)
            yield pd.DataFrame(
                {
                    "lead_id": frame["lead_id"],
                    "score": scores["score"],
                    "tier": scores["tier"].astype(str),
                    "reason": scores["reason_1"].astype(object),
                }
            )

    read = spark.read.parquet(str(tmp_path / "leads.parquet")).repartition(4)
    found = read.mapInPandas(scored, "lead_id string, score double, tier string, reason string").toPandas()
    found = found.set_index("lead_id").loc[leads["lead_id"].to_list()]
    wanted = pipeline.score_frame(leads, as_of=AS_OF, reasons=1)
    assert len(found) == ROWS
    assert found["score"].tolist() == wanted["score"].to_list()
    assert found["tier"].tolist() == wanted["tier"].to_list()
    reasons = [None if pd.isna(reason) else reason for reason in found["reason"]]
    assert reasons == wanted["reason_1"].to_list()
    assert len(set(wanted["score"])) > 10


def test_a_model_travels_in_a_pandas_function(spark: Any) -> None:
    from pyspark.sql.functions import pandas_udf

    forest = Forest.load(ROOT / "examples" / "x_education.ubj")
    names = list(forest.feature_names)
    codes = [pd.Series(np.arange(2000) % (at + 2), dtype=np.float64) for at in range(len(names))]
    rows = pd.DataFrame(dict(zip(names, codes, strict=True)))

    @pandas_udf("double")  # type: ignore[untyped-decorator]
    def margin(*columns: pd.Series) -> pd.Series:
        return pd.Series(forest.margin(np.column_stack(columns)))

    frame = spark.createDataFrame(rows)
    found = frame.select(margin(*[f"`{name}`" for name in names]).alias("margin")).toPandas()
    assert found["margin"].tolist() == forest.margin(rows.to_numpy()).tolist()
    assert len(set(found["margin"])) > 10
