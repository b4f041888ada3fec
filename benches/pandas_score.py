#!/usr/bin/env python3
"""Scores a CSV of leads with pandas by the rules of the built-in pipeline `conversion`; the yardstick of compare.py.

    python3 benches/pandas_score.py leads.csv scores.csv --as-of 2026-11-20T12:00:00Z

The same job as `leadscore score leads.csv --format csv`, for the columns of examples/leads.csv and without an activity
log: features, points in log-odds with their caps, score, probability, tier, action and the three strongest reasons.
Written as one would for speed: columns instead of rows, text rules on distinct values only, reasons from a matrix of
contributions, their texts from tables. With --chunk the file goes through in pieces of so many rows, which saves
memory. Needs pandas 2 or later and numpy.
"""

import argparse
import re
import unicodedata
from pathlib import Path

import numpy as np
import pandas as pd

FREE_MAIL = Path(__file__).parents[1] / "crates/leadscore/src/feature/lists/free_mail@2026-11.txt"
COUNTS = ["email_sent_count", "email_open_count", "email_click_count", "page_view_count", "form_submit_count",
          "meeting_count", "call_count"]
TEXTS = ["lead_id", "company", "title", "phone", "email"]
DATES = ["created_at", "last_activity_at"]
NUMBERS = [*COUNTS, "sequence_step", "sequence_length"]
COLUMNS = [*TEXTS, *DATES, *NUMBERS, "enrolled_in_sequence"]
TIERS = pd.Index(["HOT", "WARM", "COLD", "DEAD"])
ACTIONS = pd.Index(["Offer a demo today", "Get in touch this week",
                    "Nurture without sales time", "No sales time"])
# What a text cell says instead of nothing.
MISSING = ["", "NULL", "\\N", "#N/A", "NaN", "N/A"]
BASE = -1.73

EDU = ["edu", "ac.uk", "edu.au", "ac.jp", "ac.nz", "edu.cn", "ac.in", "edu.in", "edu.sg"]
GOVERNMENT = ["gov", "gov.uk", "gc.ca", "gov.au", "govt.nz", "gouv.fr", "bund.de", "mil"]
SENIORITY = {
    "vp": ["vp", "vice president", "svp", "evp"],
    "c_level": ["ceo", "cto", "cfo", "cio", "coo", "cmo", "chief", "founder", "president"],
    "director": ["director", "head of"],
    "manager": ["manager", "lead", "supervisor", "team lead"],
}
SIZE = {
    "enterprise": ["enterprise", "corporation", "inc.", "corp.", "holdings", "international", "global"],
    "smb": ["llc", "studio", "shop", "consulting", "freelance", "solo"],
}

# Levels with their points and texts; a level that is not named has no points and so is never a reason.
DOMAIN_POINTS = {"corporate": (0.25, "Writes from a company address"),
                 "free": (-0.25, "Writes from a free mail address"),
                 "edu": (0.1, "Writes from a university address"),
                 "government": (0.2, "Writes from a government address")}
SENIORITY_POINTS = {"c_level": (0.5, "Decides at the top (C-level)"), "vp": (0.4, "Decides as a vice president"),
                    "director": (0.3, "Works at director level"), "manager": (0.15, "Works as a manager")}
SIZE_POINTS = {"enterprise": (0.25, "Likely a large company"), "mid_market": (0.15, "Likely a mid-sized company"),
               "smb": (0.05, "Likely a small business"), "startup": (0.1, "Likely a start-up")}


def words(phrases):
    """A pattern for phrases on word boundaries; a boundary is wanted only where the phrase ends in a letter."""
    return "|".join(r"(?<!\w)" + re.escape(p) + (r"(?!\w)" if p[-1].isalnum() else "") for p in phrases)


def ends(domains):
    return r"(?:^|\.)(?:" + "|".join(map(re.escape, domains)) + ")$"


def normalise(text):
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).lower()).strip()


def by_level(column, level_of, points):
    """The points of a text column, its reasons' texts, and where it is filled, worked out on the distinct values."""
    codes, distinct = pd.factorize(column, use_na_sentinel=True)
    clean = pd.Series([normalise(value) for value in distinct], dtype=object)
    levels = np.where(clean == "", "unknown", level_of(clean))
    pairs = [points.get(level, (0.0, "")) for level in levels]
    # The code of a missing value is -1, the last place of the tables.
    own = np.array([pair[0] for pair in pairs] + [0.0])
    texts = np.array([pair[1] for pair in pairs] + [""], dtype=object)
    filled = np.append(clean != "", False)
    return own[codes], texts[codes], filled[codes]


def domain_level(domains):
    free = domains.isin(FREE_MAIL.read_text().split())
    tests = [free, domains.str.contains(ends(EDU)), domains.str.contains(ends(GOVERNMENT))]
    return np.select(tests, ["free", "edu", "government"], "corporate")


def seniority_level(titles):
    titles = titles.str.replace(r"\s+", " ", regex=True)
    tests = [titles.str.contains(words(phrases)) for phrases in SENIORITY.values()]
    return np.select(tests, list(SENIORITY), "individual")


def size_level(companies):
    single = companies.str.replace(r"\s+", " ", regex=True)
    length = companies.str.len()
    tests = [single.str.contains(words(SIZE["enterprise"])), single.str.contains(words(SIZE["smb"])),
             length > 30, length < 10]
    return np.select(tests, ["enterprise", "smb", "mid_market", "startup"], "mid_market")


def plain(number):
    """Up to two decimals, groups of three digits."""
    text = f"{number:,.2f}".rstrip("0").rstrip(".")
    return text if text != "-0" else "0"


def counted(values, one, many, template="{}"):
    """`3 clicks` for every value, formatted once for each distinct one."""
    codes, distinct = pd.factorize(values, use_na_sentinel=False)
    texts = ["unknown" if np.isnan(n) else f"{plain(n)} {one if plain(n) == '1' else many}" for n in distinct]
    return np.array([template.format(text) for text in texts], dtype=object)[codes]


def percent(shares, template):
    codes, distinct = pd.factorize(np.floor(shares * 100 + 0.5))
    return np.array([template.format(f"{n:.0f} %") for n in distinct], dtype=object)[codes]


def sigmoid(margin):
    e = np.exp(-np.abs(margin))
    return np.where(margin >= 0, 1, e) / (1 + e)


def always(text):
    return lambda rows: text


class Ledger:
    """The rules of a scorecard: their points after their own cap, the sums, and how to say each in words."""

    def __init__(self, rows):
        self.points = []
        self.texts = []
        self.group = np.zeros(rows)
        self.total = np.zeros(rows)

    def add(self, points, text, low=None, high=None):
        capped = points if low is None else np.clip(points, low, high)
        self.points.append(capped)
        self.texts.append(text)
        self.group += capped

    def end_group(self, low=None, high=None):
        self.total += self.group if low is None else np.clip(self.group, low, high)
        self.group[:] = 0.0


def score(frame, first_row, as_of):
    count = {name: frame[name].where(frame[name] >= 0).fillna(0).to_numpy(float) for name in COUNTS}
    sent, opens, clicks = count["email_sent_count"], count["email_open_count"], count["email_click_count"]
    views, forms = count["page_view_count"], count["form_submit_count"]
    meetings, calls = count["meeting_count"], count["call_count"]
    total = sent + opens + clicks + views + forms + meetings + calls

    def age(name):
        days = ((as_of - frame[name]) // pd.Timedelta(days=1)).to_numpy(float, na_value=np.nan)
        return np.where(days >= 0, days, np.nan)

    created = age("created_at")
    idle = age("last_activity_at")
    idle = np.where(np.isnan(idle), created, idle)
    recency = np.exp2(-idle / 7)
    velocity = total / np.maximum(1, created)
    channels = ((sent > 0) | (opens > 0) | (clicks > 0)).astype(float)
    for one in (views, forms, meetings, calls):
        channels += one > 0
    with np.errstate(invalid="ignore", divide="ignore"):
        open_rate = np.where(sent > 0, np.minimum(1, opens / sent), 0)
        click_rate = np.where(sent > 0, np.minimum(1, clicks / sent), 0)
    in_sequence = frame["enrolled_in_sequence"].to_numpy(bool)
    step, length = frame["sequence_step"], frame["sequence_length"]
    step = step.where((step >= 0) & (step % 1 == 0)).to_numpy(float)
    length = length.where((length >= 1) & (length % 1 == 0)).to_numpy(float)
    progress = np.where(in_sequence, np.nan_to_num(np.minimum(1, (step + 1) / length)), 0)

    domain = frame["email"].str.split("@", n=1).str[1].str.strip().str.rstrip(">.;,")
    domain_points, domain_text, _ = by_level(domain, domain_level, DOMAIN_POINTS)
    title_points, title_text, has_title = by_level(frame["title"], seniority_level, SENIORITY_POINTS)
    size_points, size_text, has_company = by_level(frame["company"], size_level, SIZE_POINTS)
    has_phone = frame["phone"].notna().to_numpy()

    ledger = Ledger(len(frame))
    add = ledger.add
    add(0.2 * has_company, always("The company is known"))
    add(0.2 * has_title, always("The job title is known"))
    add(0.1 * has_phone, always("There is a phone number"))
    add(domain_points, lambda rows: domain_text[rows])
    add(title_points, lambda rows: title_text[rows])
    add(size_points, lambda rows: size_text[rows])
    ledger.end_group()
    add(0.05 * opens, lambda rows: counted(opens[rows], "e-mail opened", "e-mails opened"), 0, 0.4)
    add(0.12 * clicks, lambda rows: counted(clicks[rows], "click", "clicks", "{} in e-mails"), 0, 0.6)
    add(0.03 * views, lambda rows: counted(views[rows], "page view", "page views", "{} on the website"), 0, 0.4)
    add(0.2 * forms, lambda rows: counted(forms[rows], "form", "forms", "{} sent in"), 0, 0.6)
    add(0.3 * meetings, lambda rows: counted(meetings[rows], "meeting", "meetings", "{} held"), 0, 0.9)
    add(0.15 * calls, lambda rows: counted(calls[rows], "call", "calls"), 0, 0.6)
    ledger.end_group(0, 1.6)
    add(0.25 * (velocity >= 0.5), lambda rows: counted(velocity[rows], "activity", "activities", "{} a day"))
    add(0.2 * (channels >= 3), lambda rows: counted(channels[rows], "channel", "channels", "Active on {}"))
    add(np.nan_to_num(0.4 * recency), lambda rows: np.where(
        idle[rows] < 1, "Active within the last day", counted(idle[rows], "day", "days", "Last active {} ago")))
    add(np.select([idle > 30, idle > 14], [-1.1, -0.6], 0.0),
        lambda rows: counted(idle[rows], "day", "days", "Silent for {}"))
    # The rule of a burst of activities needs a log; without one it never holds.
    ledger.end_group()
    add(0.2 * (open_rate >= 0.3), lambda rows: percent(open_rate[rows], "Opens {} of the e-mails"))
    add(0.25 * (click_rate >= 0.1), lambda rows: percent(click_rate[rows], "Clicks in {} of the e-mails"))
    add(0.3 * progress, lambda rows: percent(progress[rows], "{} through the e-mail sequence"))
    add(0.1 * in_sequence, always("Gets an e-mail sequence now"))
    ledger.end_group()

    margin = ledger.total + BASE
    points = 100 * sigmoid(margin)
    probability = points / 100
    tier = np.select([probability >= 0.7, probability >= 0.4, probability >= 0.15], [0, 1, 2], 3)
    return pd.DataFrame({
        "lead_id": frame["lead_id"],
        "row": np.arange(first_row, first_row + len(frame)),
        "score": points,
        "probability": probability,
        "tier": pd.Categorical.from_codes(tier, TIERS),
        "action": pd.Categorical.from_codes(tier, ACTIONS),
        "reasons": reasons(ledger, margin, points),
    })


def signed(tenths):
    """Points with one decimal and a true minus."""
    return f"{'+' if tenths > 0 else '−' if tenths else ''}{abs(tenths) / 10:.1f}"


def reasons(ledger, margin, score, most=3):
    """The strongest rules in words with their points of score; of equal ones the earlier."""
    way = margin - BASE
    baseline = 100 * sigmoid(BASE)
    step = 1e-3
    slope = 100 * (sigmoid(BASE + step) - sigmoid(BASE - step)) / (2 * step)
    flat = np.abs(way) < step
    per_unit = np.where(flat, slope, (score - baseline) / np.where(flat, 1, way))

    amounts = np.column_stack(ledger.points)
    amounts = np.where(np.abs(amounts * per_unit[:, None]) < 0.05, 0, amounts)
    strongest = np.argsort(-np.abs(amounts), axis=1, kind="stable")[:, :most]
    chosen = np.take_along_axis(amounts, strongest, axis=1)
    reached = np.rint(chosen * per_unit[:, None] * 10).astype(int)
    codes, distinct = pd.factorize(reached.ravel())
    brackets = np.array([f" ({signed(n)})" for n in distinct], dtype=object)[codes].reshape(reached.shape)

    out = np.full(len(margin), "", dtype=object)
    for place in range(most):
        text = np.full(len(margin), "", dtype=object)
        there = chosen[:, place] != 0
        for rule, say in enumerate(ledger.texts):
            rows = np.flatnonzero((strongest[:, place] == rule) & there)
            if len(rows):
                text[rows] = say(rows)
        said = text + np.where(there, brackets[:, place], "")
        out = said if place == 0 else out + np.where(there, "; ", "").astype(object) + said
    return out


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("input")
    parser.add_argument("output")
    parser.add_argument("--as-of", required=True, help="the moment to judge as of, in UTC unless it says otherwise")
    parser.add_argument("--chunk", type=int, help="rows at a time; the whole file when not given")
    args = parser.parse_args()
    as_of = pd.Timestamp(args.as_of)
    as_of = as_of.tz_localize("UTC") if as_of.tz is None else as_of.tz_convert("UTC")

    kinds = dict.fromkeys(TEXTS, "str") | dict.fromkeys(NUMBERS, "float64") | {"enrolled_in_sequence": "bool"}
    read = pd.read_csv(args.input, usecols=COLUMNS, dtype=kinds, keep_default_na=False, na_values=MISSING,
                       chunksize=args.chunk)
    first_row = 1
    with open(args.output, "w", encoding="utf-8", newline="") as out:
        for frame in read if args.chunk else [read]:
            for name in DATES:
                frame[name] = pd.to_datetime(frame[name], format="ISO8601", utc=True)
            scored = score(frame, first_row, as_of)
            scored.to_csv(out, index=False, header=first_row == 1, lineterminator="\n")
            first_row += len(frame)


if __name__ == "__main__":
    main()
