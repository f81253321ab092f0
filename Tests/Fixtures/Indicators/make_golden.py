"""Writes golden.csv and metadata.json beside this file: reference values of the indicators on data/history/AAPL.csv;
candles.csv, bars that were made so that each candlestick pattern occurs; expressions.csv, formulas with their values;
recorded.csv, values over recorded trades, quotes and books; quoted.csv, over trades with the quote beside each; and talib.txt, the functions of TA-Lib.

Needs: pip install ta-lib==0.8.2 numpy pandas, and the market data beside the repository.
One command: python make_golden.py DATE
TA-Lib computes what it has, in talib_values.py; the rest is computed in definitions.py from the formulas, window by window, without any code of
this project. A line of golden.csv is `plugin?option=value&...#output,first row,row:value,...`.
"""

import hashlib
import json
import pathlib
import sys

import numpy as np
import pandas as pd
import talib

import candles
import definitions
import qlib
import recordings
from talib_values import EVERY, Columns, columns, line

HERE = pathlib.Path(__file__).resolve().parent
HISTORY = HERE.parents[2] / "data" / "history" / "AAPL.csv"
MARKET = HERE.parents[3] / "shared" / "data" / "market"


def formulas(frame):
    """References of what TA-Lib does not have, or has otherwise."""
    out = Columns(frame)
    add, series = out.add, out.series
    o, h, l, c, v = out.bars
    rows = np.arange(len(c))
    series("mcginley", definitions.mcginley, [(30, "open")], 14)
    add("alma", "", definitions.alma(c, 9, 0.85, 6))
    add("alma", "period=21&offset=0.5&sigma=4", definitions.alma(c, 21, 0.5, 4))
    add("ichimoku", "", definitions.ichimoku(frame, 9, 26, 52, 25), ("conversion", "base", "span_a", "span_b"))
    for options, parameters in {"": (9, 3, 3), "period=14&k_smoothing=5&d_smoothing=2": (14, 5, 2)}.items():
        add("kdj", options, definitions.kdj(frame, *parameters), ("k", "d", "j"))
        add("kdj", f"{options}{'&' if options else ''}seed=first", definitions.kdj(frame, *parameters, None), ("k", "d", "j"))
    add("standard_deviation", "sample=true", definitions.rolling(c, 20, lambda window: np.std(window, ddof=1)))
    for options, n in {"": 5, "period=20": 20}.items():
        add("volume_ratio", options, definitions.volume_ratio(frame, n))
    add("vwap", "", definitions.vwap(frame, 20))
    add("vwap", "period=5", definitions.vwap(frame, 5))
    add("variance", "sample=true", definitions.rolling(c, 20, lambda window: np.var(window, ddof=1)))
    for options, (n, p) in {"": (30, 50), "period=8&percent=30": (8, 30)}.items():
        add("percentile", f"interpolation=linear{'&' if options else ''}{options}", definitions.rolling(c, n, lambda window: np.percentile(window, p)))
    add("percent_rank", "among=within&period=12", 100 * frame["close"].rolling(12).rank(pct=True).to_numpy())
    for options, n in {"": 14, "period=40": 40}.items():
        add("choppiness", options, definitions.choppiness(h, l, talib.TRANGE(h, l, c), n))
        add("ulcer_index", options, definitions.ulcer_index(frame["close"], n))
    change = frame["close"].pct_change().to_numpy()
    for options, (n, m, k) in {"": (3, 2, 100), "period=5&streak_period=4&rank_period=20": (5, 4, 20)}.items():
        strength = talib.RSI(c, n) + talib.RSI(definitions.streaks(c), m)
        add("connors_rsi", options, (strength + talib.PERCENTRANK(change, k)) / 3)
    for estimator in ("close_to_close", "parkinson", "garman_klass", "rogers_satchell", "yang_zhang"):
        for options, (n, years) in {"": (20, 252), "period=5&annualization=1": (5, 1)}.items():
            key = "&".join(part for part in ("" if estimator == "close_to_close" else f"estimator={estimator}", options) if part)
            add("historical_volatility", key, definitions.volatility(frame, estimator, n, years))
    log_change = np.log(frame["close"]).diff()
    for options, n in {"": 20, "period=3": 3}.items():
        add("realized_volatility", options, np.sqrt((log_change**2).rolling(n).sum()))
        add("z_score", options, (c - definitions.rolling(c, n, np.mean)) / definitions.rolling(c, n, np.std))
    for options, n in {"": 20, "period=3": 3}.items():
        add("amihud", options, definitions.amihud(frame, n))
    for options, parameters in {"": (156, 26, 0.01), "period=16&observations=1000&significance=0.2": (16, 1_000, 0.2)}.items():
        add("price_jump", options, definitions.price_jump(log_change, *parameters), ("statistic", "jump"))
    for options, n in {"": 1, "period=0": 0, "period=30&source=volume": 30}.items():
        add("lag", options, frame["volume" if n == 30 else "close"].shift(n))
    for options, n in {"": 20, "period=5": 5}.items():
        add("skewness", options, definitions.rolling(c, n, lambda window: pd.Series(window).skew()))
        add("kurtosis", options, definitions.rolling(c, n, lambda window: pd.Series(window).kurt()))
    add("skewness", "sample=false", definitions.rolling(c, 20, lambda window: definitions.moment(window, 3)))
    add("kurtosis", "sample=false", definitions.rolling(c, 20, lambda window: definitions.moment(window, 4) - 3))
    for options, (values, n, k) in {
        "": (change, 60, 1), "of=value&period=20&lag=3": (c, 20, 3), "of=absolute_return&period=250&lag=5": (np.abs(change), 250, 5),
    }.items():
        add("autocorrelation", options, definitions.autocorrelation(values, n, k))
    for options, n in {"": 128, "period=50": 50}.items():
        add("hurst", options, definitions.rolling(log_change.to_numpy(), n, definitions.hurst))
    add("rate_of_change", "form=log", np.log(frame["close"]).diff(10))
    # The bars of the tests end a day apart from the epoch on.
    for options, hours in {"": 0, "utc_offset=-5.5": -5.5}.items():
        add("calendar", options, definitions.calendar(len(c), hours), (
            "minute_of_day", "day_of_week", "day_of_month", "days_to_month_end", "day_of_year", "month", "quarter"))
    for name, values in qlib.alpha158(frame).items():
        add("alpha158", "", values, (name,))
    for name, values in qlib.alpha360(frame).items():
        add("alpha360", "", values, (name,))
    add("expression", "", (c - definitions.rolling(c, 20, np.mean)) / definitions.rolling(c, 20, np.std))
    return out.found


def expressions(frame):
    """Formulas as users write them, and their values by pandas and TA-Lib."""
    o, h, l, c, v = (frame[name] for name in ("open", "high", "low", "close", "volume"))
    day = c / c.shift(1) - 1
    rsi = pd.Series(talib.RSI(c, 14))
    log_volume = np.log(v)
    return {
        "close / ref(close, 1) - 1": day,
        "(close - sma(close, 20)) / stddev(close, 20, sample=true)": (c - c.rolling(20).mean()) / c.rolling(20).std(),
        "macd(12, 26, 9).histogram / close": talib.MACD(c, 12, 26, 9)[2] / c,
        "sma(rsi(close, 14), 5)": rsi.rolling(5).mean(),
        "stddev(close / ref(close, 1) - 1, 10, true) * sqrt(252)": day.rolling(10).std() * np.sqrt(252),
        "corr(close / ref(close, 1), log(volume / ref(volume, 1)), period=20)":
            (c / c.shift(1)).rolling(20).corr(log_volume.diff()),
        "where(close > sma(50) and not (volume < sma(volume, 50)), 1, where(close < open, -1, 0))":
            pd.Series(np.where((c > c.rolling(50).mean()) & ~(v < v.rolling(50).mean()), 1, np.where(c < o, -1, 0)),
                dtype=float).where(rows_from(len(c), 49)),
        "max(open, close, ref(high, 3)) - min(open, close) + abs(open - close) * sign(close - open)":
            np.maximum(np.maximum(o, c), h.shift(3)) - np.minimum(o, c) + (c - o),
        "ema(ema(typical, 10), 5) - pow(exp(log(low)), 2) / -low":
            pd.Series(talib.EMA(talib.EMA(np.asarray((h + l + c) / 3), 10), 5)) + l,
        "d = close - ref(close, 1); sum(max(d, 0), 14) / sum(abs(d), 14)":
            c.diff().clip(lower=0).rolling(14).sum() / c.diff().abs().rolling(14).sum(),
        "atr(14) / close": talib.ATR(h, l, c, 14) / c,
    }


def rows_from(count, first):
    """Whether a row is not before the first."""
    return np.arange(count) >= first


def main():
    frame = pd.read_csv(HISTORY)
    (HERE / "golden.csv").write_text("\n".join(line(*item) for item in sorted((columns(frame) | formulas(frame)).items())) + "\n")
    recorded = recordings.columns(MARKET)
    (HERE / "recorded.csv").write_text("\n".join(line(*item) for item in sorted(recorded.items())) + "\n")
    (HERE / "quoted.csv").write_text("\n".join(line(*item) for item in sorted(recordings.quoted(MARKET).items())) + "\n")
    (HERE / "candles.csv").write_text(candles.fixture())
    (HERE / "expressions.csv").write_text(
        "\n".join(line(key, np.asarray(values), "|") for key, values in expressions(frame).items()) + "\n")
    groups = talib.get_function_groups()
    (HERE / "talib.txt").write_text("".join(f"{group}: {' '.join(sorted(groups[group]))}\n" for group in sorted(groups)))
    metadata = {
        "origin": "TA-Lib; what it does not have: definitions.py, from the formulas",
        "version": f"ta-lib {talib.__version__} (C library {talib.__ta_version__.decode().split()[0]}), "
        f"numpy {np.__version__}, pandas {pd.__version__}",
        "date": sys.argv[1],
        "kind": "computed from recorded bars",
        "licence": "numbers computed by the project; TA-Lib is BSD-3-Clause, the bars are public domain",
        "input": "data/history/AAPL.csv",
        "input_sha256": hashlib.sha256(HISTORY.read_bytes()).hexdigest(),
        "sha256": hashlib.sha256((HERE / "golden.csv").read_bytes()).hexdigest(),
        "candles_sha256": hashlib.sha256((HERE / "candles.csv").read_bytes()).hexdigest(),
        "expressions_sha256": hashlib.sha256((HERE / "expressions.csv").read_bytes()).hexdigest(),
        "recorded_sha256": hashlib.sha256((HERE / "recorded.csv").read_bytes()).hexdigest(),
        "quoted_sha256": hashlib.sha256((HERE / "quoted.csv").read_bytes()).hexdigest(),
        "recorded_inputs": {path: hashlib.sha256((MARKET / path).read_bytes()).hexdigest() for path in recordings.FILES.values()},
        "rows": f"every {EVERY}th, the first with a value of each column, the last; 0 is the first bar",
        "relative_tolerance": 1e-9,
        "smallest_scale": "values nearer to 0 than a thousandth of the column's largest are compared on that scale",
    }
    (HERE / "metadata.json").write_text(json.dumps(metadata, indent=2) + "\n")


if __name__ == "__main__":
    main()
