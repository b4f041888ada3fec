"""How often chat intents are right on real chats, beside plain substring rules and a TF-IDF + linear SVM.

    python3 -m venv venv && venv/bin/pip install scikit-learn==1.7.2
    venv/bin/python benches/intent.py ../shared/data/hint3          the tables of benches/RESULTS.md, on the test files
    venv/bin/python benches/intent.py ../shared/data/hint3 --tune   on the training files only, in five folds

The data are the second version (v2) of HINT3 (Arora et al. 2020, ODbL 1.0): chats with an Indian mattress maker, a shop
for supplements and a fantasy game. They have no labels for hot and warm: MAPPING below is ours, not the authors'.
Messages of other labels, out of scope among them, are left out of accuracy and F1.

Both classifiers that are trained here see the training file only. The included one has seen neither file: it is
fitted to `fixtures/intent/sentences.jsonl`; its word lists were checked against the training files.
"""

import argparse
import csv
import json
import pathlib
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
CLASSES = ["hot", "warm", "not a lead"]

MAPPING = {
    "sofmattress": {
        "hot": "LEAD_GEN EMI COD MATTRESS_COST OFFERS DISTRIBUTORS CHECK_PINCODE",
        "warm": "PRODUCT_VARIANTS WHAT_SIZE_TO_ORDER SIZE_CUSTOMIZATION ORTHO_FEATURES ERGO_FEATURES COMPARISON PILLOWS "
        "ABOUT_SOF_MATTRESS WARRANTY 100_NIGHT_TRIAL_OFFER",
        "not a lead": "ORDER_STATUS DELAY_IN_DELIVERY CANCEL_ORDER RETURN_EXCHANGE",
    },
    "curekart": {
        "hot": "ORDER_TAKING CHECK_PINCODE MODES_OF_PAYMENTS FRANCHISE STORE_INFORMATION",
        "warm": "RECOMMEND_PRODUCT CONSULT_START ORIGINAL_PRODUCT EXPIRY_DATE SIDE_EFFECT IMMUNITY INTERNATIONAL_SHIPPING",
        "not a lead": "REFUNDS_RETURNS_REPLACEMENTS ORDER_STATUS PAYMENT_AND_BILL DELAY_IN_PARCEL "
        "MODIFY_ADDRESS CANCEL_ORDER ORDER_QUERY PORTAL_ISSUE WORK_FROM_HOME REFER_EARN",
    },
}

# The rules that a documented system falls back to without a language model: the first substring decides.
SUBSTRINGS = {
    "hot": ["buy", "purchase", "order", "price", "cost", "deal", "discount", "now"],
    "warm": ["interested", "maybe", "considering", "tell me more", "info"],
}


def read(folder, name, part):
    """The messages of a file with their class, None for labels without one."""
    classes = {label: c for c, labels in MAPPING.get(name, {}).items() for label in labels.split()}
    with open(folder / f"v2_{name}_{part}.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))[1:]
    return [(row[0], classes.get(row[1])) for row in rows]


def substrings(texts):
    def one(text):
        return next((c for c, words in SUBSTRINGS.items() if any(w in text.lower() for w in words)), "not a lead")

    return [one(text) for text in texts]


def svm(train, texts):
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.pipeline import make_pipeline, make_union
    from sklearn.svm import LinearSVC

    model = make_pipeline(
        make_union(
            TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True),
            TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 4), sublinear_tf=True),
        ),
        LinearSVC(C=0.5, random_state=0),
    )
    return model.fit([t for t, _ in train], [c for _, c in train]).predict(texts)


def intent_model(arguments, lines):
    command = ["cargo", "run", "-q", "--release", "-p", "leadscore", "--example", "intent_model", "--", *arguments]
    text = "".join(json.dumps(line) + "\n" for line in lines)
    return subprocess.run(command, input=text, capture_output=True, text=True, check=True, cwd=ROOT).stdout


def classify(model, texts):
    classes = {"HOT": "hot", "WARM": "warm", "COLD": "not a lead", "NEUTRAL": "not a lead"}
    lines = intent_model(["classify", *model], [{"text": text} for text in texts]).splitlines()
    return [classes[json.loads(line)["intent"]] for line in lines]


def trained(train, texts):
    intents = {"hot": "HOT", "warm": "WARM", "not a lead": "COLD"}
    with tempfile.TemporaryDirectory() as folder:
        data, model = pathlib.Path(folder, "data.jsonl"), pathlib.Path(folder, "model.json")
        lines = [json.dumps({"text": text, "intent": intents[c]}) for text, c in train]
        data.write_text("\n".join(lines), encoding="utf-8")
        model.write_text(intent_model(["train", str(data)], []), encoding="utf-8")
        return classify([str(model)], texts)


def accuracy_and_f1(expected, got):
    right = sum(e == g for e, g in zip(expected, got))
    scores = []
    for c in CLASSES:
        both = sum(e == g == c for e, g in zip(expected, got))
        scores.append(2 * both / max(1, sum(e == c for e in expected) + sum(g == c for g in got)))
    return right / len(expected), sum(scores) / len(scores), scores


METHODS = {
    "substring rules": lambda train, texts: substrings(texts),
    "leadscore, word lists alone": lambda train, texts: classify(["rules"], texts),
    "leadscore, as included": lambda train, texts: classify([], texts),
    "leadscore, trained on the training file": trained,
    "TF-IDF + linear SVM, trained on the training file": svm,
}


def table(name, folds):
    print(f"\n{name}\n")
    print("| classifier | accuracy | macro-F1 | F1 hot | F1 warm | F1 not a lead |\n|---|---|---|---|---|---|")
    for method, run in METHODS.items():
        expected, got = [], []
        for train, test in folds:
            expected += [c for _, c in test]
            got += list(run(train, [text for text, _ in test]))
        accuracy, mean, scores = accuracy_and_f1(expected, got)
        print(f"| {method} | {accuracy:.3f} | {mean:.3f} | " + " | ".join(f"{s:.2f}" for s in scores) + " |", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--tune", action="store_true", help="five folds of the training files, no test file is read")
    options = parser.parse_args()
    for name in MAPPING:
        train = [row for row in read(options.folder, name, "train") if row[1]]
        if options.tune:
            folds = [([r for i, r in enumerate(train) if i % 5 != k], train[k::5]) for k in range(5)]
            table(f"{name}, five folds of {len(train)} training messages", folds)
        else:
            test = [row for row in read(options.folder, name, "test") if row[1]]
            table(f"{name}, {len(test)} test messages", [(train, test)])
    part = "train" if options.tune else "test"
    texts = [text for text, _ in read(options.folder, "powerplay11", part)]
    print(f"\npowerplay11, {len(texts)} {part} messages of people who play and buy nothing: share called hot, warm\n")
    for method, got in {"substring rules": substrings(texts), "leadscore, as included": classify([], texts)}.items():
        print(f"{method}: {got.count('hot') / len(got):.3f}, {got.count('warm') / len(got):.3f}")


if __name__ == "__main__":
    main()
