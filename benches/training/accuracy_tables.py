"""Measures of predictions, their paired intervals, and the tables of `accuracy.py`."""

from statistics import mean, stdev

import numpy as np

LIBRARIES = ["xgboost", "lightgbm", "catboost"]
NAMES = ["leadscore", "XGBoost", "LightGBM", "CatBoost"]
# What is asked for: an AUC at most this much lower, a log loss at most this much higher, as a share.
AUC_GOAL, LOSS_GOAL = 0.002, 0.01
# So many draws at once.
BLOCK = 100


def losses(labels, probabilities):
    """The log loss of each row."""
    own = np.clip(probabilities, 1e-15, 1 - 1e-15)
    return -np.where(labels == 1, np.log(own), np.log1p(-own))


def log_loss(labels, probabilities):
    return losses(labels, probabilities).mean()


def weighted_aucs(labels, scores, weights):
    """AUC by each row of weights: how often each test row was drawn."""
    order = np.argsort(scores, kind="stable")
    starts = np.flatnonzero(np.diff(scores[order], prepend=-np.inf))
    won = np.add.reduceat(weights[:, order] * labels[order], starts, axis=1)
    lost = np.add.reduceat(weights[:, order] * (1 - labels[order]), starts, axis=1)
    below = np.cumsum(lost, axis=1) - lost / 2
    return (won * below).sum(axis=1) / (won.sum(axis=1) * lost.sum(axis=1))


def auc(labels, scores):
    return weighted_aucs(labels, scores, np.ones((1, len(labels))))[0]


def intervals(labels, own, other_auc, other_loss, draws):
    """Where 95 of 100 differences lie, of AUC and of log loss as a share, when the test rows are drawn anew."""
    random, rows = np.random.default_rng(1), len(labels)
    own_losses, other_losses = losses(labels, own), losses(labels, other_loss)
    aucs, shares = [], []
    for start in range(0, draws, BLOCK):
        weights = random.multinomial(rows, np.full(rows, 1 / rows), size=min(BLOCK, draws - start)).astype(
            float
        )
        aucs.append(weighted_aucs(labels, own, weights) - weighted_aucs(labels, other_auc, weights))
        shares.append(weights @ own_losses / (weights @ other_losses) - 1)
    levels = [0.025, 0.975]
    return np.quantile(np.concatenate(aucs), levels), np.quantile(np.concatenate(shares), levels)


def measured(found):
    """AUC and log loss of ours and of each library."""
    return {
        library: (auc(found["labels"], own["probabilities"]), log_loss(found["labels"], own["probabilities"]))
        for library, own in found.items()
        if library != "labels"
    }


def best_of(figures):
    """The libraries of the highest AUC and of the least log loss."""
    return max(LIBRARIES, key=lambda own: figures[own][0]), min(LIBRARIES, key=lambda own: figures[own][1])


def holds(good, settled):
    """Whether a goal holds on the test rows, and whether other draws of them would say the same."""
    return ("yes" if good else "**no**") + ("" if settled else ", not settled")


def print_split(found, draws):
    """Tables of AUC, log loss and calibration error in one split."""
    aucs, logs, errors = [], [], []
    for title, own in found.items():
        labels, figures = own["labels"], measured(own)
        best_auc, best_loss = best_of(figures)
        others = [own[library]["probabilities"] for library in (best_auc, best_loss)]
        (low, high), (least, most) = intervals(labels, own["leadscore"]["probabilities"], *others, draws)
        gain = figures["leadscore"][0] - figures[best_auc][0]
        cells = [f"{figures[library][0]:.4f}" for library in ("leadscore", *LIBRARIES)]
        held = holds(gain >= -AUC_GOAL, low >= -AUC_GOAL or high < -AUC_GOAL)
        aucs.append([title, f"{len(labels):,}", *cells, f"{gain:+.4f} ({low:+.4f} to {high:+.4f})", held])
        share = figures["leadscore"][1] / figures[best_loss][1] - 1
        cells = [short(figures[library][1]) for library in ("leadscore", *LIBRARIES)]
        held = holds(share <= LOSS_GOAL, most <= LOSS_GOAL or least > LOSS_GOAL)
        logs.append([title, *cells, f"{share:+.1%} ({least:+.1%} to {most:+.1%})", held])
        error = own["leadscore"]["calibration_error"]
        limits = [error["perfect_95"], error["perfect_999"]]
        below = ["yes" if error["value"] <= limit else "**no**" for limit in limits]
        errors.append([title, *(short(value) for value in (error["value"], *limits)), *below])
    print_table("AUC", ["", "test rows", *NAMES, "ours less the best (95 %)", "≥ best − 0.002"], aucs)
    print_table("Log loss", ["", *NAMES, "ours beside the least (95 %)", "≤ least × 1.01"], logs)
    head = ["", "found", "perfect, 95 %", "perfect, 99.9 %", "within 95 %", "within 99.9 %"]
    print_table("Calibration error of ours", head, errors)


def print_readme(found, stated):
    """How far the libraries are from what the data's README says of them."""
    rows = []
    for title, own in found.items():
        figures, cells = measured(own), [title]
        for library in LIBRARIES:
            # Empty where the README has no figure.
            told = stated.get((title, library), (np.nan, np.nan))
            cells += [f"{own - said:+.4f}" for own, said in zip(figures[library], told, strict=True)]
        rows.append([cell.replace("+nan", "") for cell in cells])
    head = [f"{library} {figure}" for library in NAMES[1:] for figure in ("AUC", "log loss")]
    print_table("The libraries here, less what the data's README says of them", ["", *head], rows)


def print_splits(found, variants, salts):
    """Differences over several splits."""
    aucs, logs = [], []
    for title in variants:
        figures = [measured(found[salt, title]) for salt in salts]
        best = [best_of(own) for own in figures]
        gains = [
            own["leadscore"][0] - own[library][0] for own, (library, _) in zip(figures, best, strict=True)
        ]
        shares = [
            own["leadscore"][1] / own[library][1] - 1 for own, (_, library) in zip(figures, best, strict=True)
        ]
        each = [mean(own["leadscore"][0] - own[library][0] for own in figures) for library in LIBRARIES]
        own_auc = mean(own["leadscore"][0] for own in figures)
        aucs.append(
            [
                title,
                f"{own_auc:.4f}",
                f"{mean(gains):+.4f} ± {stdev(gains):.4f}",
                *(f"{own:+.4f}" for own in each),
            ]
        )
        each = [mean(own["leadscore"][1] / own[library][1] - 1 for own in figures) for library in LIBRARIES]
        own_loss = mean(own["leadscore"][1] for own in figures)
        errors = [found[salt, title]["leadscore"]["calibration_error"] for salt in salts]
        below = [sum(own["value"] <= own[limit] for own in errors) for limit in ("perfect_95", "perfect_999")]
        logs.append(
            [
                title,
                short(own_loss),
                f"{mean(shares):+.1%} ± {stdev(shares):.1%}",
                *(f"{own:+.1%}" for own in each),
                *map(str, below),
            ]
        )
    count = len(salts)
    head = ["", "ours", "less the best", *(f"less {own}" for own in NAMES[1:])]
    print_table(f"AUC, means over {count} splits and the standard deviation over them", head, aucs)
    head = [
        "",
        "ours",
        "beside the least",
        *(f"beside {own}" for own in NAMES[1:]),
        "ECE within 95 %",
        "within 99.9 %",
    ]
    print_table(
        f"Log loss, means over {count} splits, and in how many the calibration error is low", head, logs
    )


def short(value):
    """Four digits, or two that say something."""
    return f"{value:.4f}" if value >= 0.0005 else f"{value:.1e}"


def print_table(caption, head, rows):
    print(f"\n{caption}:\n\n| {' | '.join(head)} |\n|---|{'---:|' * (len(head) - 1)}")
    for row in rows:
        print(f"| {' | '.join(row)} |")
