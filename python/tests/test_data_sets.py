"""Models that XGBoost and LightGBM train on six public data sets, and a file as users export it: the same margins."""

from __future__ import annotations

import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from leadscore import Forest, Pipeline

from .conftest import shared_data

pytestmark = pytest.mark.third_party

AS_OF = "2026-11-22"
Made = tuple[pd.DataFrame, "pd.Series[bool]"]


def is_test(row: int) -> bool:
    """The split that the data's own README gives."""
    return zlib.crc32(str(row).encode()) % 5 == 0


def ordered(column: pd.Series[Any], levels: list[Any]) -> pd.Series[Any]:
    return column.astype(pd.CategoricalDtype(levels, ordered=True))


def yes_no(X: pd.DataFrame, yes: str, no: str) -> pd.DataFrame:
    """Columns of two words as flags; where there is a third one, as flags that may be missing."""
    for name in X.columns:
        words = set(X[name].dropna())
        if words <= {yes, no}:
            flags = X[name].map({yes: True, no: False})
            X[name] = flags.astype(bool if X[name].notna().all() else "boolean")
    return X


def categories(X: pd.DataFrame) -> pd.DataFrame:
    """Texts as categories."""
    for name in X.columns:
        if pd.api.types.is_string_dtype(X[name]) and not isinstance(X[name].dtype, pd.CategoricalDtype):
            X[name] = X[name].astype("category")
    return X


def x_education(folder: Path) -> Made:
    X = pd.read_csv(folder / "x_education" / "Leads.csv.gz").replace("Select", None)
    y = X.pop("Converted") == 1
    X = yes_no(X.drop(columns=["Prospect ID", "Lead Number"]), "Yes", "No")
    for name in ("Asymmetrique Activity Index", "Asymmetrique Profile Index"):
        X[name] = ordered(X[name], ["03.Low", "02.Medium", "01.High"])
    return categories(X), y


def extraalearn(folder: Path) -> Made:
    X = pd.read_csv(folder / "extraalearn" / "ExtraaLearn.csv").drop(columns="ID")
    y = X.pop("status") == 1
    X["profile_completed"] = ordered(X["profile_completed"], ["Low", "Medium", "High"])
    return categories(yes_no(X, "Yes", "No")), y


def bank_marketing(folder: Path) -> Made:
    X = pd.read_csv(folder / "bank_marketing" / "bank-additional.csv", sep=";")
    y = X.pop("y") == "yes"
    X["pdays"] = X["pdays"].where(X["pdays"] != 999)
    for name in ("default", "housing", "loan"):
        X[name] = X[name].where(X[name] != "unknown")
    X["day_of_week"] = ordered(X["day_of_week"], ["mon", "tue", "wed", "thu", "fri"])
    return categories(yes_no(X, "yes", "no")), y


def online_shoppers(folder: Path) -> Made:
    X = pd.read_csv(folder / "online_shoppers" / "online_shoppers_intention.csv")
    y = X.pop("Revenue")
    for name in ("OperatingSystems", "Browser", "Region", "TrafficType"):
        X[name] = X[name].astype("category")
    X["Month"] = ordered(X["Month"], ["Feb", "Mar", "May", "June", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"])
    return categories(X), y


def maven_crm(folder: Path) -> Made:
    tables = folder / "maven_crm"
    X = pd.read_csv(tables / "sales_pipeline.csv").replace("GTXPro", "GTX Pro")
    for name, key in [("accounts", "account"), ("products", "product"), ("sales_teams", "sales_agent")]:
        X = X.merge(pd.read_csv(tables / f"{name}.csv"), on=key, how="left")
    X = X[X["deal_stage"].isin(["Won", "Lost"])]
    y = X.pop("deal_stage") == "Won"
    engaged, closed = pd.to_datetime(X.pop("engage_date")), pd.to_datetime(X.pop("close_date"))
    X["engage month"] = engaged.dt.month.astype("category")
    X["cycle days"] = (closed - engaged).dt.days
    X["subsidiary"] = X.pop("subsidiary_of").notna()
    X["year_established"] = X["year_established"].astype("category").cat.rename_categories(int)
    return categories(X.drop(columns=["opportunity_id", "close_value"])), y


def olist_funnel(folder: Path) -> Made:
    X = pd.read_csv(folder / "olist_funnel" / "olist_marketing_qualified_leads_dataset.csv")
    deals = pd.read_csv(folder / "olist_funnel" / "olist_closed_deals_dataset.csv")
    y = X.pop("mql_id").isin(deals["mql_id"])
    day = pd.to_datetime(X.pop("first_contact_date"))
    X["weekday"] = ordered(
        day.dt.day_name(), ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
    )
    X["weekend"] = day.dt.day_of_week >= 5
    X["day"] = day.dt.day
    X["days since"] = (day - pd.Timestamp("2017-06-14")).dt.days
    return categories(X), y


DATA_SETS: dict[str, Callable[[Path], Made]] = {
    own.__name__: own
    for own in (x_education, extraalearn, bank_marketing, online_shoppers, maven_crm, olist_funnel)
}


def xgboost_margins(X: pd.DataFrame, y: Any, rows: pd.DataFrame, file: Path) -> np.ndarray[Any, Any]:
    xgboost = pytest.importorskip("xgboost")
    model = xgboost.XGBClassifier(n_estimators=40, max_depth=5, enable_categorical=True, n_jobs=1)
    model.fit(X, y)
    model.get_booster().save_model(file)
    return np.asarray(model.predict(rows, output_margin=True))


def lightgbm_margins(X: pd.DataFrame, y: Any, rows: pd.DataFrame, file: Path) -> np.ndarray[Any, Any]:
    lightgbm = pytest.importorskip("lightgbm")
    model = lightgbm.LGBMClassifier(n_estimators=40, n_jobs=1, verbose=-1)
    model.fit(X, y)
    model.booster_.save_model(file)
    return np.asarray(model.predict(rows, raw_score=True))


TRAIN = {"xgboost": (xgboost_margins, "model.json"), "lightgbm": (lightgbm_margins, "model.txt")}


def run(*args: object) -> str:
    command = [sys.executable, "-m", "leadscore", *map(str, args)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stderr


# LightGBM has no blanks in names: that `Lead Source` is read as `Lead_Source` is said.
@pytest.mark.filterwarnings("ignore:reading `:leadscore.LeadscoreWarning")
@pytest.mark.parametrize("library", TRAIN)
@pytest.mark.parametrize("data_set", DATA_SETS)
def test_the_export_of_a_frame_gets_the_margins_of_its_model(
    library: str, data_set: str, tmp_path: Path
) -> None:
    X, y = DATA_SETS[data_set](shared_data())
    test = np.array([is_test(row) for row in X.index])
    rows = X[test]
    train, name = TRAIN[library]
    model, table = tmp_path / name, tmp_path / "rows.csv"
    wanted = train(X[~test], y[~test], rows, model)
    exact = wanted.astype(np.float64)
    probabilities = 1 / (1 + np.exp(-exact))
    rows.to_csv(table, index=False)

    run("predict", model, table, "--format", "csv", "-o", tmp_path / "margins.csv")
    margins = pd.read_csv(tmp_path / "margins.csv")["margin"]
    # Margins in f32 are written with the digits of f32.
    assert margins.to_numpy().astype(wanted.dtype).tobytes() == wanted.tobytes()

    run("import", model, "-o", tmp_path / "mine.json")
    run(
        "score",
        table,
        "-p",
        tmp_path / "mine.json",
        "--as-of",
        AS_OF,
        "--format",
        "csv",
        "-o",
        tmp_path / "s.csv",
    )
    scored = pd.read_csv(tmp_path / "s.csv")
    assert np.allclose(scored["probability"], probabilities, rtol=1e-12, atol=0)

    assert Forest.load(model).margin(rows).tobytes() == exact.tobytes()
    frame = Pipeline.load(tmp_path / "mine.json").score_frame(rows, as_of=AS_OF)
    assert np.allclose(frame["probability"], probabilities, rtol=1e-12, atol=0)
