"""Writes golden.csv and metadata.json beside this file: predictions of reference libraries on data/history/IBM.csv.

Needs: pip install scikit-learn==1.9.1 numpy. One command: python make_golden.py DATE
Features of a day: returns over 1, 5 and 20 days, volume by its mean over 20 days. Label: the next day's return, or whether
it is above 0 ('direction'). Learned from rows 20 ... 419 of the file, predicted at rows 420, 430 ... 610.
A line of golden.csv is `plugin?option=value&...,label,prediction,prediction,...`.
"""

import hashlib
import json
import pathlib
import sys

import numpy as np
import scipy.optimize
import sklearn
from sklearn.linear_model import ElasticNet, HuberRegressor, LinearRegression, LogisticRegression, Ridge
from sklearn.linear_model._huber import _huber_loss_and_gradient

HERE = pathlib.Path(__file__).resolve().parent
HISTORY = HERE.parents[2] / "data" / "history" / "IBM.csv"
TRAIN, TEST = range(20, 420), range(420, 620, 10)


def features_and_returns():
    table = np.genfromtxt(HISTORY, delimiter=",", names=True, dtype=None, encoding="utf-8")
    close, volume = table["close"].astype(float), table["volume"].astype(float)
    rows = [
        [close[t] / close[t - 1] - 1, close[t] / close[t - 5] - 1, close[t] / close[t - 20] - 1,
         volume[t] / volume[t - 19 : t + 1].mean()]
        for t in range(20, 621)
    ]
    returns = np.array([close[t + 1] / close[t] - 1 for t in range(20, 621)])
    return np.array(rows), returns


class Fold:
    """What a model may know: standardised by the training rows."""

    def __init__(self, x, y):
        train, test = np.array(TRAIN) - 20, np.array(TEST) - 20
        self.n = len(train)
        mean, deviation = x[train].mean(0), x[train].std(0)
        self.x, self.probes = (x[train] - mean) / deviation, (x[test] - mean) / deviation
        self.y, self.label = y[train], (y[train] > 0).astype(float)
        self.mean, self.deviation = self.y.mean(), self.y.std()
        self.z = (self.y - self.mean) / self.deviation

    def value(self, fitted):
        """Fits on standardised labels; gives predictions in the labels' own unit."""
        return self.mean + self.deviation * fitted.fit(self.x, self.z).predict(self.probes)

    def probability(self, fitted):
        return fitted.fit(self.x, self.label).predict_proba(self.probes)[:, 1]


class Polished(HuberRegressor):
    """HuberRegressor, whose L-BFGS ends 1e-4 beside its minimum here, taken on to where its own gradient is 0."""

    def fit(self, x, y):
        super().fit(x, y)
        weight = np.ones(len(y))
        gradient = lambda w: _huber_loss_and_gradient(w, x, y, self.epsilon, self.alpha, weight)[1]
        start = np.concatenate([self.coef_, [self.intercept_, self.scale_]])
        found = scipy.optimize.root(gradient, start, tol=1e-13).x
        assert np.abs(gradient(found)).max() < 1e-9 * len(y), gradient(found)
        self.coef_, self.intercept_, self.scale_ = found[:-2], found[-2], found[-1]
        return self


def linear(fold):
    yield "loss=squared&l1=0&l2=0", "return", fold.value(LinearRegression())
    for l2 in (1, 200):
        yield f"loss=squared&l1=0&l2={l2}", "return", fold.value(Ridge(alpha=l2, solver="cholesky"))
    for l1, l2 in ((10, 0), (10, 100), (40, 0)):
        strict = ElasticNet(
            alpha=(l1 + l2) / fold.n, l1_ratio=l1 / (l1 + l2), tol=1e-14, max_iter=1_000_000)
        yield f"loss=squared&l1={l1}&l2={l2}", "return", fold.value(strict)
    for epsilon, l2 in ((1.35, 0), (1.1, 50)):
        yield f"loss=huber&epsilon={epsilon}&l2={l2}", "return", fold.value(Polished(epsilon=epsilon, alpha=l2))
    for l2 in (0, 1, 50):
        strict = LogisticRegression(
            C=np.inf if l2 == 0 else 1 / (2 * l2), tol=1e-14, max_iter=10_000, solver="newton-cholesky")
        yield f"loss=logistic&l2={l2}", "direction", fold.probability(strict)


def main():
    fold = Fold(*features_and_returns())
    lines = [
        f"{plugin}?{options},{label}," + ",".join(repr(float(v)) for v in values)
        for plugin, made in (("linear", linear),) for options, label, values in made(fold)
    ]
    text = "\n".join(lines) + "\n"
    (HERE / "golden.csv").write_text(text)
    metadata = {
        "origin": "make_golden.py with scikit-learn",
        "version": f"scikit-learn {sklearn.__version__}, numpy {np.__version__}",
        "date": sys.argv[1],
        "kind": "computed from recorded bars",
        "licence": "numbers computed by the project; scikit-learn is BSD-3-Clause, the bars are public domain",
        "input": "data/history/IBM.csv",
        "input_sha256": hashlib.sha256(HISTORY.read_bytes()).hexdigest(),
        "sha256": hashlib.sha256(text.encode()).hexdigest(),
        "tolerance": 1e-6,
        "scale": "the largest value of a line",
    }
    (HERE / "metadata.json").write_text(json.dumps(metadata, indent=2) + "\n")


main()
