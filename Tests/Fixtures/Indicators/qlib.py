"""References of Qlib's feature sets: its expressions (qlib/contrib/data/loader.py) evaluated with numpy and pandas."""

import numpy as np

SMALL = 1e-12


def alpha158(frame):
    """Values of every feature where its window is full; the volume-weighted price is the typical one."""
    o, h, l, c, v = (frame[name] for name in ("open", "high", "low", "close", "volume"))
    span, top, bottom = h - l + SMALL, np.maximum(o, c), np.minimum(o, c)
    out = {
        "kmid": (c - o) / o, "klen": (h - l) / o, "kmid2": (c - o) / span, "kup": (h - top) / o, "kup2": (h - top) / span,
        "klow": (bottom - l) / o, "klow2": (bottom - l) / span, "ksft": (2 * c - h - l) / o, "ksft2": (2 * c - h - l) / span,
        "open0": o / c, "high0": h / c, "low0": l / c, "vwap0": (h + l + c) / 3 / c,
    }
    for days in (5, 10, 20, 30, 60):
        for name, values in window(h, l, c, v, days).items():
            out[f"{name}{days}"] = values
    return out


def window(h, l, c, v, days):
    """The features over one window."""
    places = np.arange(1, days + 1)
    change, moved = c - c.shift(1), v - v.shift(1)
    weighted = np.abs(c / c.shift(1) - 1) * v

    def each(values, function):
        return values.rolling(days).apply(function, raw=True)

    line = {
        "beta": each(c, lambda w: np.polyfit(places, w, 1)[0]) / c,
        "rsqr": each(c, lambda w: np.corrcoef(places, w)[0, 1] ** 2),
        "resi": each(c, lambda w: w[-1] - np.polyval(np.polyfit(places, w, 1), days)) / c,
    }
    highest, lowest = h.rolling(days).max(), l.rolling(days).min()
    place_high, place_low = (each(h, lambda w: np.argmax(w) + 1) / days, each(l, lambda w: np.argmin(w) + 1) / days)
    risen, fallen = (np.where(change.isna(), np.nan, change > 0), np.where(change.isna(), np.nan, change < 0))
    mean = lambda values: each(values, np.mean)
    up, down = (mean(c * 0 + values) for values in (risen, fallen))
    out = {
        "roc": c.shift(days) / c, "ma": mean(c) / c, "std": each(c, lambda w: np.std(w, ddof=1)) / c, **line,
        "max": highest / c, "min": lowest / c,
        "qtlu": each(c, lambda w: np.quantile(w, 0.8)) / c, "qtld": each(c, lambda w: np.quantile(w, 0.2)) / c,
        "rank": c.rolling(days).rank(pct=True), "rsv": (c - lowest) / (highest - lowest + SMALL),
        "imax": place_high, "imin": place_low, "imxd": place_high - place_low,
        "corr": pairs(c, np.log(v + 1), days), "cord": pairs(c / c.shift(1), np.log(v / v.shift(1) + 1), days),
        "cntp": up, "cntn": down, "cntd": up - down, **shares("sum", change, days),
        "vma": mean(v) / (v + SMALL), "vstd": each(v, lambda w: np.std(w, ddof=1)) / (v + SMALL),
        "wvma": each(weighted, lambda w: np.std(w, ddof=1)) / (mean(weighted) + SMALL), **shares("vsum", moved, days),
    }
    return out


def shares(name, change, days):
    """Sums of rises and of falls over the sum of both."""
    rises, falls = (each.rolling(days).apply(np.sum, raw=True) for each in (change.clip(lower=0), (-change).clip(lower=0)))
    total = rises + falls + SMALL
    return {f"{name}p": rises / total, f"{name}n": falls / total, f"{name}d": (rises - falls) / total}


def pairs(x, y, days):
    """Pearson's correlation, each window anew."""
    out = np.full(len(x), np.nan)
    for end in range(days - 1, len(x)):
        a, b = x.to_numpy()[end + 1 - days : end + 1], y.to_numpy()[end + 1 - days : end + 1]
        if not np.isnan(a).any():
            out[end] = np.corrcoef(a, b)[0, 1]
    return out


def alpha360(frame):
    """The last 60 bars over the close and the volume of the newest."""
    typical = (frame["high"] + frame["low"] + frame["close"]) / 3
    out = {}
    for name in ("close", "open", "high", "low", "vwap", "volume"):
        values = typical if name == "vwap" else frame[name]
        divisor = frame["volume"] + SMALL if name == "volume" else frame["close"]
        for days in range(60):
            column = values.shift(days) / divisor
            # Values begin with the window: earlier ones have no reference.
            column[:59] = np.nan
            out[f"{name}{days}"] = column
    return out
