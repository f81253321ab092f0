"""Fits scikit-learn, xgboost and lightgbm on the folds that Penstock fits on, one core, and prints what came of it as JSON.

Needs: pip install numpy scikit-learn xgboost-cpu lightgbm. One command: python models_folds.py FEATURES.csv pool|instrument NAME,NAME [FAMILY ...]
FEATURES.csv is what sink/csv writes of a pipeline: time, instrument, price and a column a feature; the names are those of the columns
that are learned from. Target: return over one bar.
Folds: `validation: { folds: 5, embargo: 5, min_train: 250 }`, walk-forward, then one fit on everything, as Penstock does.
"""

import csv
import json
import os
import resource
import sys
import time
import warnings

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(name, "1")

import lightgbm
import numpy as np
import sklearn
import xgboost
from scipy.stats import rankdata
from sklearn.compose import TransformedTargetRegressor
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVR

warnings.filterwarnings("ignore")
FOLDS, EMBARGO, MIN_TRAIN, SVM_ROWS = 5, 5, 250, 5000

FAMILIES = {
    "linear": lambda: make_pipeline(StandardScaler(), Ridge(alpha=1)),
    "random_forest": lambda: RandomForestRegressor(
        100, max_depth=6, min_samples_leaf=20, max_features=0.5, n_jobs=1, random_state=42),
    "gradient_boosting": lambda: lightgbm.LGBMRegressor(
        n_estimators=100, num_leaves=8, learning_rate=0.05, min_child_samples=50, n_jobs=1, verbose=-1, random_state=42),
    "xgboost": lambda: xgboost.XGBRegressor(
        n_estimators=100, max_depth=3, learning_rate=0.05, tree_method="hist", n_jobs=1, random_state=42),
    "svm": lambda: TransformedTargetRegressor(
        make_pipeline(StandardScaler(), SVR(C=0.1, epsilon=0.1, cache_size=100)), transformer=StandardScaler()),
}


def rows(path, names):
    """The labelled rows by instrument: time, features, label, the time at which the label is known."""
    by_instrument = {}
    with open(path, newline="") as file:
        reader = csv.DictReader(file)
        for row in reader:
            values = [float(row[name]) if row[name] else np.nan for name in names]
            by_instrument.setdefault(row["instrument"], []).append((row["time"], float(row["price"]), values))
    table = []
    for instrument, bars in sorted(by_instrument.items()):
        bars.sort(key=lambda bar: bar[0])
        for place in range(1, len(bars) - 1):
            (moment, close, values), after = bars[place], bars[place + 1]
            if all(np.isfinite(values)):
                table.append((moment, instrument, after[0], after[1] / close - 1, values))
    table.sort(key=lambda row: row[:2])
    return table


def folds(moments, ends):
    """Positions to learn from and to be tested on; times are positions among all event times."""
    times, place = np.unique(moments, return_inverse=True)
    size = len(times) // (FOLDS + 1)
    for number in range(1, FOLDS + 1):
        start, stop = number * size, len(times) if number == FOLDS else (number + 1) * size
        train = np.flatnonzero((place < start - EMBARGO) & (ends < times[start]))
        test = np.flatnonzero((place >= start) & (place < stop))
        if len(train) >= MIN_TRAIN and len(test):
            yield train, test


def walk(family, moments, ends, features, labels):
    """Fits and tests each fold, then fits on everything; returns labels and predictions of the tests."""
    tested = []
    parts = list(folds(moments, ends)) + [(np.arange(len(labels)), None)]
    for train, test in parts:
        if family == "svm":
            train = train[-SVM_ROWS:]
        model = FAMILIES[family]().fit(features[train], labels[train])
        if test is not None:
            tested.append((labels[test], model.predict(features[test])))
    return tested


def main():
    path, per, names, *wanted = sys.argv[1:]
    table = rows(path, names.split(","))
    moments, ends = np.array([row[0] for row in table]), np.array([row[2] for row in table])
    owners = np.array([row[1] for row in table])
    features, labels = np.array([row[4] for row in table]), np.array([row[3] for row in table])
    lots = [np.arange(len(table))] if per == "pool" else [np.flatnonzero(owners == one) for one in np.unique(owners)]
    found = {}
    for family in wanted or FAMILIES:
        start, tested = time.perf_counter(), []
        for lot in lots:
            tested += walk(family, moments[lot], ends[lot], features[lot], labels[lot])
        seconds = time.perf_counter() - start
        truth, guess = (np.concatenate(side) for side in zip(*tested))
        found[family] = {
            "seconds": seconds, "rows": len(truth), "ic": float(np.corrcoef(truth, guess)[0, 1]),
            "rank_ic": float(np.corrcoef(rankdata(truth), rankdata(guess))[0, 1]),
            "r2": float(1 - np.sum((truth - guess) ** 2) / np.sum((truth - truth.mean()) ** 2)),
        }
    print(json.dumps({
        "families": found, "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "versions": f"scikit-learn {sklearn.__version__}, xgboost {xgboost.__version__}, lightgbm {lightgbm.__version__}"}))


main()
