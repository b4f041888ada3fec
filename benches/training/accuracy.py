#!/usr/bin/env python3
"""What `leadscore train` with its defaults is worth on real leads, beside tuned XGBoost, LightGBM and CatBoost.

    cargo build --release -p leadscore-cli --no-default-features
    python3 -m venv venv && venv/bin/pip install -r benches/training/requirements.txt
    venv/bin/python benches/training/accuracy.py --data ../shared/data --keep target/accuracy

Row i of a file, from 0, is a test row when crc32 of its decimal text leaves 0 modulo 5. Ours reads the file's own
columns as text, learns from the training rows with defaults only (`--drop` takes away what a variant leaves out,
`--as-of` fixes the day that ages are counted to), and scores the test rows once. The others get the preparation
that the data's README describes, categories as such, and the settings that were tuned there on a part of the
training rows; one thread, seed 0. Their predictions are kept in --keep and made again only where settings or
versions changed, so that the same command measures a changed learner of ours alone.

Every difference is that to the library that is best on these very test rows, with the interval that holds 95 of
100 differences when test rows are drawn anew, ours and theirs together. `--salts` takes other splits, crc32 of
the salt and i.
"""

import argparse
import csv
import gzip
import json
import os
import re
import subprocess
import sys
import tempfile
import time
import zlib
from dataclasses import dataclass, replace
from datetime import date
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd
from accuracy_tables import print_readme, print_split, print_splits

ROOT = Path(__file__).parents[2]
# Ages of dates are counted to this day; all dates of the data lie before it.
AS_OF = "2019-01-01"
# Test rows that a pipeline says nothing of are a finding too.
JUDGED = ["--format", "json", "--allow-worthless"]
STAFF = [
    "Tags",
    "Lead Quality",
    "Lead Profile",
    "Asymmetrique Activity Index",
    "Asymmetrique Profile Index",
    "Asymmetrique Activity Score",
    "Asymmetrique Profile Score",
    "Last Notable Activity",
]
# Numbers that are names.
CODES = ["OperatingSystems", "Browser", "Region", "TrafficType", "Weekend"]
# What of the rows and of the columns XGBoost and LightGBM learn a tree from. The data's README does not say so, but
# with these its figures come out to the digit, and without them not.
SHARE = 0.8
LIBRARIES = ["xgboost", "lightgbm", "catboost"]


@dataclass
class Table:
    """Rows of text with the numbers they have in their file."""

    header: list[str]
    rows: list[list[str]]
    numbers: list[int]
    target: str
    won: str
    separator: str = ","

    def parts(self, salt):
        """Whether a row is a test row."""
        return np.array([zlib.crc32(f"{salt}{number}".encode()) % 5 == 0 for number in self.numbers])

    def labels(self):
        column = self.header.index(self.target)
        return np.array([row[column] == self.won for row in self.rows], dtype=np.float64)


@dataclass
class Variant:
    """A data set without some columns, and how the libraries were tuned for it."""

    drop: list[str]
    # Depth, least weight of a child, learning rate, trees.
    xgboost: tuple
    # Leaves, least rows of a leaf, learning rate, trees.
    lightgbm: tuple
    # Depth, learning rate, trees. The data's README has no such settings for the bank files with all columns; these
    # were found as it says, with depths of 4 to 6.
    catboost: tuple
    # What of the prepared columns is left out too; they have other names than those of the file.
    prepared_drop: tuple = ()
    # Whether ours gets the day of the week and of the month, as the others do, where the date is left out.
    gives_days: bool = False


VARIANTS = {
    "x_education all": Variant([], (6, 1, 0.05, 226), (15, 20, 0.05, 266), (6, 0.08, 579)),
    "x_education no_leak": Variant(STAFF, (3, 10, 0.05, 301), (15, 20, 0.05, 172), (6, 0.08, 193)),
    "x_education strict": Variant(
        [*STAFF, "Last Activity"], (6, 10, 0.05, 115), (15, 20, 0.05, 128), (6, 0.08, 91)
    ),
    "extraalearn all": Variant([], (4, 1, 0.05, 109), (7, 50, 0.05, 120), (6, 0.08, 76)),
    "online_shoppers all": Variant([], (4, 1, 0.05, 174), (7, 50, 0.05, 193), (4, 0.08, 138)),
    "online_shoppers no_leak": Variant(
        ["PageValues"], (4, 10, 0.05, 199), (7, 50, 0.05, 208), (5, 0.08, 170)
    ),
    "olist all": Variant([], (3, 1, 0.05, 63), (7, 50, 0.05, 60), (4, 0.08, 73)),
    "olist no_time": Variant(
        ["first_contact_date"], (3, 1, 0.05, 46), (7, 20, 0.05, 48), (4, 0.08, 70), prepared_drop=("days",)
    ),
    "olist no_time, days given": Variant(
        ["first_contact_date"],
        (3, 1, 0.05, 46),
        (7, 20, 0.05, 48),
        (4, 0.08, 70),
        prepared_drop=("days",),
        gives_days=True,
    ),
    "maven_crm all": Variant([], (3, 1, 0.05, 180), (7, 50, 0.05, 336), (4, 0.08, 399)),
    "maven_crm no_leak": Variant(
        ["close_value", "close_date"],
        (3, 10, 0.05, 7),
        (31, 50, 0.05, 10),
        (6, 0.08, 38),
        prepared_drop=("cycle days",),
    ),
    "bank_full all": Variant([], (6, 1, 0.05, 202), (31, 30, 0.1, 115), (5, 0.1, 513)),
    "bank_full no_leak": Variant(["duration"], (4, 5, 0.1, 116), (15, 30, 0.1, 139), (5, 0.1, 270)),
    "bank_additional all": Variant([], (6, 5, 0.1, 107), (31, 30, 0.1, 56), (6, 0.1, 283)),
    "bank_additional no_leak": Variant(["duration"], (4, 5, 0.1, 40), (31, 30, 0.1, 33), (5, 0.1, 199)),
}
# Columns that say which lead it is.
IDS = {
    "x_education": ["Prospect ID", "Lead Number"],
    "extraalearn": ["ID"],
    "olist": ["mql_id"],
    "maven_crm": ["opportunity_id"],
}


def read(path, separator=","):
    """The header and the rows of a CSV file."""
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8-sig", newline="") as file:
        header, *rows = [row for row in csv.reader(file, delimiter=separator) if row]
    return header, rows


def load(data, name):
    """A data set as a user would have it in one file."""
    if name == "maven_crm":
        return load_maven(data / "maven_crm")
    if name == "olist":
        header, rows = read(data / "olist_funnel/olist_marketing_qualified_leads_dataset.csv")
        deals, closed = read(data / "olist_funnel/olist_closed_deals_dataset.csv")
        won = {row[deals.index("mql_id")] for row in closed}
        rows = [[*row, "1" if row[0] in won else "0"] for row in rows]
        return Table([*header, "won"], rows, list(range(len(rows))), "won", "1")
    file, target, won, separator = {
        "x_education": ("x_education/Leads.csv.gz", "Converted", "1", ","),
        "extraalearn": ("extraalearn/ExtraaLearn.csv", "status", "1", ","),
        "online_shoppers": ("online_shoppers/online_shoppers_intention.csv", "Revenue", "TRUE", ","),
        "bank_full": ("bank_marketing/bank-full.csv.gz", "y", "yes", ";"),
        "bank_additional": ("bank_marketing/bank-additional-full.csv.gz", "y", "yes", ";"),
    }[name]
    header, rows = read(data / file, separator)
    return Table(header, rows, list(range(len(rows))), target, won, separator)


def load_maven(folder):
    """Won and lost deals with what the other tables say of account, product and agent."""
    header, rows = read(folder / "sales_pipeline.csv")
    joined, joins = list(header), []
    for file, key in [("accounts", "account"), ("products", "product"), ("sales_teams", "sales_agent")]:
        columns, found = read(folder / f"{file}.csv")
        at = columns.index(key)
        joined += columns[:at] + columns[at + 1 :]
        joins.append(
            (header.index(key), {row[at]: row[:at] + row[at + 1 :] for row in found}, len(columns) - 1)
        )
    stage, product = header.index("deal_stage"), header.index("product")
    kept, numbers = [], []
    for number, row in enumerate(rows):
        if row[stage] in ("Won", "Lost"):
            row[product] = "GTX Pro" if row[product] == "GTXPro" else row[product]
            kept.append(
                row + [cell for at, known, width in joins for cell in known.get(row[at], [""] * width)]
            )
            numbers.append(number)
    return Table(joined, kept, numbers, "deal_stage", "Won")


def prepare(name, table, variant):
    """The columns that the other libraries learn from: numbers, and categories as such."""
    texts = pd.DataFrame(table.rows, columns=table.header, dtype=object).drop(
        columns=[table.target, *IDS.get(name, [])]
    )
    texts = texts.replace({"": None, "Select": None} if name == "x_education" else {"": None})
    if name.startswith("bank"):
        texts["pdays"] = texts["pdays"].replace({"-1": None, "999": None})
    if name == "olist":
        day = pd.to_datetime(texts.pop("first_contact_date"))
        # The order of columns decides which of them are drawn for a tree.
        texts = texts[["origin", "landing_page_id"]].copy()
        texts["day of week"], texts["day of month"] = day.dt.day_of_week, day.dt.day
        texts["days"] = (day - pd.Timestamp("2017-06-14")).dt.days
    if name == "maven_crm":
        engaged, closed = pd.to_datetime(texts.pop("engage_date")), pd.to_datetime(texts.pop("close_date"))
        texts["engage month"], texts["cycle days"] = engaged.dt.month, (closed - engaged).dt.days
    frame = pd.DataFrame(index=texts.index)
    for column in texts.columns.difference([*variant.drop, *variant.prepared_drop], sort=False):
        try:
            if column in CODES:
                raise ValueError("a code is no number")
            frame[column] = texts[column].astype(np.float64)
        except ValueError:
            frame[column] = texts[column].astype("category")
    return frame


def predict(library, settings, train, labels, test):
    """Probabilities of the test rows by one library, learned with the settings."""
    if library == "xgboost":
        from xgboost import XGBClassifier

        depth, weight, rate, trees = settings
        model = XGBClassifier(
            n_estimators=trees,
            max_depth=depth,
            min_child_weight=weight,
            learning_rate=rate,
            tree_method="hist",
            subsample=SHARE,
            colsample_bytree=SHARE,
            enable_categorical=True,
            n_jobs=1,
            random_state=0,
        )
    elif library == "lightgbm":
        from lightgbm import LGBMClassifier

        leaves, rows, rate, trees = settings
        model = LGBMClassifier(
            n_estimators=trees,
            num_leaves=leaves,
            min_child_samples=rows,
            learning_rate=rate,
            subsample=SHARE,
            subsample_freq=1,
            colsample_bytree=SHARE,
            n_jobs=1,
            random_state=0,
            verbose=-1,
        )
    else:
        from catboost import CatBoostClassifier

        depth, rate, trees = settings
        categories = [column for column in train if train[column].dtype == "category"]
        # CatBoost takes categories as text, and a missing one as a level of its own.
        train, test = (
            rows.assign(**{column: rows[column].astype(object).fillna("") for column in categories})
            for rows in (train, test)
        )
        model = CatBoostClassifier(
            iterations=trees,
            depth=depth,
            learning_rate=rate,
            cat_features=categories,
            thread_count=1,
            random_seed=0,
            verbose=False,
            allow_writing_files=False,
        )
    return model.fit(train, labels).predict_proba(test)[:, 1]


def theirs(library, kept, name, table, variant, salt):
    """The kept probabilities of a library, or new ones where it was another version or had other settings."""
    made_by = {"version": version(library), "settings": list(getattr(variant, library)), "share": SHARE}
    if kept.exists():
        found = json.loads(kept.read_text())
        if found["made_by"] == made_by:
            return found
    is_test, frame = table.parts(salt), prepare(name, table, variant)
    start = time.perf_counter()
    own = predict(
        library, getattr(variant, library), frame[~is_test], table.labels()[~is_test], frame[is_test]
    )
    found = {"made_by": made_by, "seconds": time.perf_counter() - start, "probabilities": own.tolist()}
    kept.write_text(json.dumps(found))
    return found


def ours(leadscore, name, table, variant, salt):
    """Probabilities and calibration error of the test rows by the command, as a user calls it."""
    is_test, table = table.parts(salt), with_days(table) if variant.gives_days else table
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        for part, chosen in (("train", ~is_test), ("test", is_test)):
            with open(folder / f"{part}.csv", "w", encoding="utf-8", newline="") as file:
                writer = csv.writer(file, delimiter=table.separator)
                writer.writerow(table.header)
                writer.writerows(row for row, own in zip(table.rows, chosen, strict=True) if own)
        test, pipeline, scores = folder / "test.csv", folder / "own.json", folder / "scores.csv"
        drop = [*IDS.get(name, []), *variant.drop]
        start = time.perf_counter()
        learn = [folder / "train.csv", "--target", table.target, "--output", pipeline, "--threads", 1]
        run(leadscore, "train", *learn, *(["--drop", ",".join(drop)] if drop else []))
        seconds = time.perf_counter() - start
        run(leadscore, "score", test, "--pipeline", pipeline, "--format", "csv", "--output", scores)
        evaluation = run(
            leadscore, "evaluate", test, "--pipeline", pipeline, "--target", table.target, *JUDGED
        )
        header, rows = read(scores)
        own = [float(row[header.index("probability")]) for row in rows]
        if len(own) != is_test.sum():
            sys.exit(f"{name}: {len(own)} of {is_test.sum()} test rows were scored")
    error = json.loads(evaluation)["pipelines"][0]["measures"]["calibration_error"]
    return {"seconds": seconds, "probabilities": own, "calibration_error": error}


def with_days(table):
    """The table of Olist with the day of the week and of the month of the first contact."""
    at = table.header.index("first_contact_date")
    days = [date.fromisoformat(row[at][:10]) for row in table.rows]
    rows = [[str(day.isoweekday()), str(day.day), *row] for day, row in zip(days, table.rows, strict=True)]
    return replace(table, header=["day of week", "day of month", *table.header], rows=rows)


def run(leadscore, *arguments):
    done = subprocess.run(
        [str(leadscore), "--quiet", *map(str, arguments), "--as-of", AS_OF], capture_output=True, text=True
    )
    if done.returncode:
        sys.exit(f"leadscore {' '.join(map(str, arguments))}: {done.stderr}")
    return done.stdout


def measure(args, salt, title):
    """All predictions for a variant in one split."""
    name = title.split()[0]
    folder = args.keep / (f"split {salt}".rstrip(":") if salt else "split of the README")
    folder.mkdir(parents=True, exist_ok=True)
    table, variant = load(args.data, name), VARIANTS[title]
    found = {"labels": table.labels()[table.parts(salt)]}
    for library in LIBRARIES:
        found[library] = theirs(library, folder / f"{title} {library}.json", name, table, variant, salt)
    kept = folder / f"{title} leadscore.json"
    if not (args.tables and kept.exists()):
        kept.write_text(json.dumps(ours(args.leadscore, name, table, variant, salt)))
    found["leadscore"] = json.loads(kept.read_text())
    for library in ("leadscore", *LIBRARIES):
        found[library]["probabilities"] = np.array(found[library]["probabilities"])
    return found


def readme_figures(data):
    """AUC and log loss of the tuned libraries as the data's README states them."""
    pattern = r"^\| (\w+) \| (\w+) \| (\w+) tuned \| ([\d.]+) \| ([\d.]+) \|"
    found = re.findall(pattern, (data / "README.md").read_text(), re.MULTILINE)
    return {
        (f"{name} {columns}", library): (float(auc), float(loss))
        for name, columns, library, auc, loss in found
    }


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--data", type=Path, default=ROOT.parent / "shared" / "data", help="the folder of the data sets"
    )
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    parser.add_argument("--keep", type=Path, default=target / "accuracy", help="where predictions are kept")
    parser.add_argument(
        "--leadscore", type=Path, default=target / "release" / "leadscore", help="the command"
    )
    parser.add_argument(
        "--variants", nargs="+", default=list(VARIANTS), metavar="VARIANT", help="such as 'olist all'"
    )
    parser.add_argument(
        "--salts", nargs="+", default=[""], help="other splits: crc32 of the salt and the row, such as 1:"
    )
    parser.add_argument(
        "--draws", type=int, default=2000, help="how often test rows are drawn for the intervals"
    )
    parser.add_argument("--tables", action="store_true", help="print what is kept, learn only what is not")
    args = parser.parse_args()
    if unknown := set(args.variants) - set(VARIANTS):
        parser.error(f"--variants: {', '.join(sorted(unknown))} is none of {', '.join(VARIANTS)}")
    if not (args.data / "README.md").exists():
        parser.error(f"--data: no data sets in {args.data}")
    all_found = {}
    for salt in args.salts:
        for title in args.variants:
            all_found[salt, title] = measure(args, salt, title)
            own = all_found[salt, title]["leadscore"]
            print(f"{salt} {title}: {own['seconds']:.1f} s of training", file=sys.stderr, flush=True)
    for salt in args.salts:
        found = {title: all_found[salt, title] for title in args.variants}
        if len(args.salts) == 1:
            print_split(found, args.draws)
        if not salt:
            print_readme(found, readme_figures(args.data))
    if len(args.salts) > 1:
        print_splits(all_found, args.variants, args.salts)


if __name__ == "__main__":
    main()
