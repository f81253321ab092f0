"""Fits an LSTM in plain PyTorch on the folds that Penstock fits on, one core, and prints what came of it as JSON.

Needs .venv-torch (make bench-peers). One command: python torch_folds.py FEATURES.csv NAME,NAME WINDOW EPOCHS
FEATURES.csv is what sink/csv writes of a pipeline. The same as `plugin: torch, family: lstm, batch: 512, patience: 2` with
`validation: { folds: 5, embargo: 5, min_train: 250 }`, written as one would by hand: nothing of the plugin is imported.
"""
import csv
import json
import resource
import sys
import time

import numpy as np
import torch
from torch import nn

FOLDS, EMBARGO, MIN_TRAIN, BATCH, PATIENCE, SEED = 5, 5, 250, 512, 2, 42
path, names, window, epochs = sys.argv[1], sys.argv[2].split(","), int(sys.argv[3]), int(sys.argv[4])
torch.set_num_threads(1)


def load():
    """Windows of bars in a row with every feature, the next bar's return, and the event times of row and label."""
    series = {}
    with open(path, newline="") as file:
        for row in csv.DictReader(file):
            values = [float(row[name]) if row[name] else np.nan for name in names]
            series.setdefault(row["instrument"], []).append((row["time"], float(row["price"]), values))
    table = []
    for instrument, bars in sorted(series.items()):
        bars.sort(key=lambda bar: bar[0])
        values = np.array([bar[2] for bar in bars])
        whole = np.isfinite(values).all(axis=1)
        for place in range(max(1, window - 1), len(bars) - 1):
            if whole[place + 1 - window:place + 1].all():
                label = bars[place + 1][1] / bars[place][1] - 1
                table.append((bars[place][0], instrument, bars[place + 1][0], label, values[place + 1 - window:place + 1]))
    table.sort(key=lambda row: row[:2])
    return ([row[0] for row in table], [row[2] for row in table], np.array([row[3] for row in table]),
            np.array([row[4] for row in table]))


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm, self.out = nn.LSTM(len(names), 32, batch_first=True), nn.Linear(32, 1)

    def forward(self, x):
        return self.out(self.lstm(x)[0][:, -1])[:, 0]


def fit(windows, labels, times):
    """Returns a function that predicts; early stopping on the newest fifth of the event times."""
    groups = np.unique(times, return_inverse=True)[1]
    cut = int(groups[-1] + 1) - int((groups[-1] + 1) * 0.2)
    learned, watched = groups < cut - EMBARGO, groups >= cut
    mean, scale = windows[learned].mean(axis=(0, 1)), windows[learned].std(axis=(0, 1))
    middle, spread = labels[learned].mean(), labels[learned].std()

    def scaled(x):
        return torch.from_numpy(np.clip((x - mean) / scale, -10, 10).astype(np.float32))

    torch.manual_seed(SEED)
    net, best, since, weights = Net(), np.inf, 0, None
    optimiser, loss = torch.optim.AdamW(net.parameters(), 1e-3, weight_decay=0), nn.HuberLoss()
    x, y = scaled(windows[learned]), torch.from_numpy(((labels[learned] - middle) / spread).astype(np.float32))
    xv, yv = scaled(windows[watched]), torch.from_numpy(((labels[watched] - middle) / spread).astype(np.float32))
    for _ in range(epochs):
        net.train()
        for rows in torch.randperm(len(y)).split(BATCH):
            optimiser.zero_grad()
            loss(net(x[rows]), y[rows]).backward()
            nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            optimiser.step()
        net.eval()
        with torch.no_grad():
            now = float(loss(net(xv), yv))
        if now < best:
            best, since, weights = now, 0, {name: value.clone() for name, value in net.state_dict().items()}
        else:
            since += 1
            if since >= PATIENCE:
                break
    net.load_state_dict(weights)
    net.eval()

    def predict(x):
        with torch.no_grad():
            return net(scaled(x)).numpy() * spread + middle
    return predict


def ranks(values):
    return np.argsort(np.argsort(values))


def main():
    moments, ends, labels, windows = load()
    times, place = np.unique(moments, return_inverse=True)
    ends, size, start, tested = np.array(ends), len(times) // (FOLDS + 1), time.perf_counter(), []
    for number in range(1, FOLDS + 1):
        first, stop = number * size, len(times) if number == FOLDS else (number + 1) * size
        train = np.flatnonzero((place < first - EMBARGO) & (ends < times[first]))
        test = np.flatnonzero((place >= first) & (place < stop))
        if len(train) >= MIN_TRAIN:
            tested.append((labels[test], fit(windows[train], labels[train], place[train])(windows[test])))
    fit(windows, labels, place)
    seconds = time.perf_counter() - start
    truth, guess = (np.concatenate(side) for side in zip(*tested))
    print(json.dumps({
        "seconds": seconds, "rows": len(truth), "rank_ic": float(np.corrcoef(ranks(truth), ranks(guess))[0, 1]),
        "r2": float(1 - np.sum((truth - guess) ** 2) / np.sum((truth - truth.mean()) ** 2)),
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, "versions": f"torch {torch.__version__}"}))


main()
