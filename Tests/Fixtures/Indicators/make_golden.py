"""Writes golden.csv and metadata.json beside this file: reference values of the indicators on data/history/AAPL.csv.

Needs: pip install ta-lib==0.8.2 numpy pandas. One command: python make_golden.py DATE
TA-Lib computes what it has; KDJ, VWAP and the volume ratio are computed here from their definitions, window by window,
without any code of this project.
"""

import hashlib
import json
import pathlib
import sys

import numpy as np
import pandas as pd
import talib

HERE = pathlib.Path(__file__).resolve().parent
HISTORY = HERE.parents[2] / "data" / "history" / "AAPL.csv"
EVERY = 50


def kdj(frame, period, k_smoothing, d_smoothing):
    """K, D, J with both averages starting from 50, bar by bar."""
    k, d = 50.0, 50.0
    rows = []
    for end in range(len(frame)):
        if end + 1 < period:
            rows.append((np.nan, np.nan, np.nan))
            continue
        window = frame.iloc[end + 1 - period : end + 1]
        highest, lowest = window["high"].max(), window["low"].min()
        rsv = 50.0 if highest == lowest else 100 * (frame["close"].iloc[end] - lowest) / (highest - lowest)
        k = (k_smoothing - 1) / k_smoothing * k + rsv / k_smoothing
        d = (d_smoothing - 1) / d_smoothing * d + k / d_smoothing
        rows.append((k, d, 3 * k - 2 * d))
    return np.array(rows).T


def vwap(frame, period):
    """Volume-weighted typical price, each window summed anew."""
    price = (frame["high"] + frame["low"] + frame["close"]) / 3
    value = (price * frame["volume"]).to_numpy()
    volume = frame["volume"].to_numpy()
    out = np.full(len(frame), np.nan)
    for end in range(period - 1, len(frame)):
        out[end] = value[end + 1 - period : end + 1].sum() / volume[end + 1 - period : end + 1].sum()
    return out


def volume_ratio(frame, period):
    """Volume over the mean of the `period` volumes before."""
    volume = frame["volume"].to_numpy()
    out = np.full(len(frame), np.nan)
    for end in range(period, len(frame)):
        out[end] = volume[end] / volume[end - period : end].mean()
    return out


def columns(frame):
    """(plugin, options, output) -> values; the key is `plugin?option=value&...#output`."""
    o, h, l, c, v = (frame[name].to_numpy(dtype=float) for name in ("open", "high", "low", "close", "volume"))
    out = {
        "sma#value": talib.SMA(c, 20),
        "sma?period=200&source=volume#value": talib.SMA(v, 200),
        "ema#value": talib.EMA(c, 20),
        "ema?period=5&source=typical#value": talib.EMA(talib.TYPPRICE(h, l, c), 5),
        "wma#value": talib.WMA(c, 20),
        "wma?period=3&source=open#value": talib.WMA(o, 3),
        "rsi#value": talib.RSI(c, 14),
        "rsi?period=2&source=high#value": talib.RSI(h, 2),
        "williams_r#value": talib.WILLR(h, l, c, 14),
        "williams_r?period=50#value": talib.WILLR(h, l, c, 50),
        "atr#value": talib.ATR(h, l, c, 14),
        "atr?period=3#value": talib.ATR(h, l, c, 3),
        "standard_deviation#value": talib.STDDEV(c, 20, 1),
        "standard_deviation?period=7&source=low#value": talib.STDDEV(l, 7, 1),
        "standard_deviation?period=20&sample=true#value": frame["close"].rolling(20).apply(
            lambda window: np.std(window, ddof=1), raw=True).to_numpy(),
        "obv#value": talib.OBV(c, v),
        "vwap#value": vwap(frame, 20),
        "vwap?period=5#value": vwap(frame, 5),
        "volume_ratio#value": volume_ratio(frame, 5),
        "volume_ratio?period=20#value": volume_ratio(frame, 20),
    }
    for options, periods in {"": (12, 26, 9), "?fast_period=3&slow_period=10&signal_period=16": (3, 10, 16)}.items():
        for name, values in zip(("macd", "signal", "histogram"), talib.MACD(c, *periods)):
            out[f"macd{options}#{name}"] = values
    for options, parameters in {"": (9, 3, 3), "?period=14&k_smoothing=5&d_smoothing=2": (14, 5, 2)}.items():
        for name, values in zip("kdj", kdj(frame, *parameters)):
            out[f"kdj{options}#{name}"] = values
    for options, (period, width) in {"": (20, 2.0), "?period=10&deviations=1.5": (10, 1.5)}.items():
        upper, middle, lower = talib.BBANDS(c, period, width, width, 0)
        named = {"middle": middle, "upper": upper, "lower": lower, "bandwidth": (upper - lower) / middle}
        for name, values in named.items():
            out[f"bollinger_bands{options}#{name}"] = values
    return out


def main():
    frame = pd.read_csv(HISTORY)
    found = columns(frame)
    first = {key: int(np.flatnonzero(~np.isnan(values))[0]) for key, values in found.items()}
    last = len(frame) - 1
    lines = ["row," + ",".join(found)]
    for row in sorted(set(range(0, last + 1, EVERY)) | set(first.values()) | {last}):
        cells = ("" if np.isnan(values[row]) else repr(float(values[row])) for values in found.values())
        lines.append(f"{row}," + ",".join(cells))
    (HERE / "golden.csv").write_text("\n".join(lines) + "\n")
    metadata = {
        "origin": "TA-Lib; KDJ, VWAP, volume ratio and sample deviation: make_golden.py, from the definitions",
        "version": f"ta-lib {talib.__version__} (C library {talib.__ta_version__.decode().split()[0]}), "
        f"numpy {np.__version__}, pandas {pd.__version__}",
        "date": sys.argv[1],
        "kind": "computed from recorded bars",
        "licence": "numbers computed by the project; TA-Lib is BSD-3-Clause, the bars are public domain",
        "input": "data/history/AAPL.csv",
        "input_sha256": hashlib.sha256(HISTORY.read_bytes()).hexdigest(),
        "sha256": hashlib.sha256((HERE / "golden.csv").read_bytes()).hexdigest(),
        "rows": f"every {EVERY}th, the first with a value of each column, the last; 0 is the first bar",
        "relative_tolerance": 1e-12,
        # TA-Lib takes the mean of squares less the square of the mean and loses digits; so the reference is less exact.
        "relative_tolerance_of_plugin": {"bollinger_bands": 1e-9, "standard_deviation": 1e-9},
        "first_row_with_value": first,
    }
    (HERE / "metadata.json").write_text(json.dumps(metadata, indent=2) + "\n")


if __name__ == "__main__":
    main()
