"""Writes golden.csv and metadata.json beside this file: reference values of the indicators on data/history/AAPL.csv.

Needs: pip install ta-lib==0.8.2 numpy pandas. One command: python make_golden.py DATE
TA-Lib computes what it has; the rest is computed in definitions.py from the formulas, window by window, without any code of
this project. A line of golden.csv is `plugin?option=value&...#output,first row,row:value,...`.
"""

import hashlib
import json
import pathlib
import sys

import numpy as np
import pandas as pd
import talib

import definitions

HERE = pathlib.Path(__file__).resolve().parent
HISTORY = HERE.parents[2] / "data" / "history" / "AAPL.csv"
EVERY = 150

# Kinds of moving average by TA-Lib's number.
AVERAGES = {
    "sma": 0, "ema": 1, "wma": 2, "dema": 3, "tema": 4, "trima": 5, "kama": 6, "t3": 8, "hma": 9, "zlema": 12, "rma": 13,
}


class Columns:
    """(plugin, options, output) -> values."""

    def __init__(self):
        self.found = {}

    def add(self, plugin, options, values, outputs=("value",)):
        values = values if isinstance(values, (tuple, list)) else (values,)
        for output, column in zip(outputs, values, strict=True):
            self.found[f"{plugin}{'?' if options else ''}{options}#{output}"] = np.asarray(column, dtype=float)


def columns(frame):
    """Every reference of every indicator."""
    o, h, l, c, v = (frame[name].to_numpy(dtype=float) for name in ("open", "high", "low", "close", "volume"))
    fields = {"open": o, "high": h, "low": l, "close": c, "volume": v, "typical": talib.TYPPRICE(h, l, c)}
    out = Columns()
    add = out.add

    def series(plugin, function, sets, default):
        """One source, one period: `sets` has (period, source); the default period takes no option."""
        for period, source in [(default, "close"), *sets]:
            options = "&".join(
                ([f"period={period}"] if period != default else []) + ([f"source={source}"] if source != "close" else []))
            add(plugin, options, function(fields[source], period))

    averages = {
        "sma": (talib.SMA, 20), "ema": (talib.EMA, 20), "wma": (talib.WMA, 20), "dema": (talib.DEMA, 30),
        "tema": (talib.TEMA, 30), "trima": (talib.TRIMA, 30), "kama": (talib.KAMA, 30), "rma": (talib.RMA, 30),
        "hma": (talib.HMA, 20), "zlema": (talib.ZLEMA, 30), "t3": (talib.T3, 5), "midpoint": (talib.MIDPOINT, 14),
        "momentum": (talib.MOM, 10), "trix": (talib.TRIX, 30), "rsi": (talib.RSI, 14),
    }
    for plugin, (function, default) in averages.items():
        series(plugin, function, [(9, "high"), (64, "typical")], default)
    add("t3", "factor=0.4&period=8", talib.T3(c, 8, 0.4))
    for kind, number in AVERAGES.items():
        add("moving_average", f"average={kind}&period=17", talib.MA(c, 17, number))
    add("moving_average", "", talib.MA(c, 30, 0))
    series("mcginley", definitions.mcginley, [(30, "open")], 14)
    add("alma", "", definitions.alma(c, 9, 0.85, 6))
    add("alma", "period=21&offset=0.5&sigma=4", definitions.alma(c, 21, 0.5, 4))
    add("vwma", "", talib.VWMA(c, v, 30))
    add("vwma", "period=7&source=typical", talib.VWMA(fields["typical"], v, 7))

    bands = ("middle", "upper", "lower", "bandwidth", "percent")
    for options, (period, width, kind) in {
        "": (20, 2.0, "sma"), "period=10&deviations=1.5": (10, 1.5, "sma"), "average=ema&period=15": (15, 2.0, "ema"),
        "average=wma&period=40&deviations=3": (40, 3.0, "wma"), "average=tema&period=8": (8, 2.0, "tema"),
    }.items():
        upper, middle, lower = talib.BBANDS(c, period, width, width, AVERAGES[kind])
        # TA-Lib takes the mean of squares less the square of the mean and loses digits, which a narrow band shows.
        half = width * definitions.rolling(c, period, np.std)
        add("bollinger_bands", options, (middle, upper, lower, 2 * half / middle, (c - middle + half) / (2 * half)), bands)
    channel = ("upper", "middle", "lower")
    for options, period in {"": 20, "period=55": 55}.items():
        add("donchian_channel", options, talib.DONCHIAN(h, l, period), channel)
        add("acceleration_bands", options, talib.ACCBANDS(h, l, c, period), channel)
    add("donchian_channel", "period=14", (talib.MIDPRICE(h, l, 14),), ("middle",))
    add("keltner_channel", "", talib.KC(h, l, c, 20, 10, 2.0), channel)
    add("keltner_channel", "period=30&range_period=14&multiplier=1.5", talib.KC(h, l, c, 30, 14, 1.5), channel)
    add("supertrend", "", talib.SUPERTREND(h, l, c, 10, 3.0), ("value", "trend"))
    add("supertrend", "period=20&multiplier=2", talib.SUPERTREND(h, l, c, 20, 2.0), ("value", "trend"))
    add("ichimoku", "", definitions.ichimoku(frame, 9, 26, 52, 25), ("conversion", "base", "span_a", "span_b"))
    add("parabolic_sar", "", talib.SAR(h, l))
    add("parabolic_sar", "acceleration=0.05&maximum=0.1", talib.SAR(h, l, 0.05, 0.1))
    add("parabolic_sar_extended", "", talib.SAREXT(h, l))
    add("parabolic_sar_extended", "reversal_offset=0.02&long_start=0.03&long_step=0.04&long_limit=0.3&short_start=0.01",
        talib.SAREXT(h, l, 0, 0.02, 0.03, 0.04, 0.3, 0.01, 0.02, 0.2))
    add("parabolic_sar_extended", "start=-140&short_limit=0.1", talib.SAREXT(h, l, -140, 0, 0.02, 0.02, 0.2, 0.02, 0.02, 0.1))

    macd = ("macd", "signal", "histogram")
    add("macd", "", talib.MACD(c, 12, 26, 9), macd)
    add("macd", "fast_period=3&slow_period=10&signal_period=16&source=typical", talib.MACD(fields["typical"], 3, 10, 16), macd)
    add("macd", "fast_average=sma&slow_average=sma&signal_average=sma", talib.MACDEXT(c, 12, 0, 26, 0, 9, 0), macd)
    add("macd", "fast_average=tema&slow_average=wma&signal_average=kama", talib.MACDEXT(c, 12, 4, 26, 2, 9, 6), macd)
    for options, (fast, slow, kind) in {
        "": (12, 26, 1), "fast_period=5&slow_period=50&average=sma": (5, 50, 0), "average=t3&fast_period=4&slow_period=9": (4, 9, 8),
    }.items():
        add("apo", options, talib.APO(c, fast, slow, kind))
        add("ppo", options, talib.PPO(c, fast, slow, kind))
    add("ppo", "source=volume", talib.PVO(v, 12, 26, 1))
    for options, n in {"": 14, "period=5": 5, "period=40": 40}.items():
        add("directional_movement", options, (talib.PLUS_DM(h, l, n), talib.MINUS_DM(h, l, n)), ("plus", "minus"))
        add("directional_index", options,
            (talib.PLUS_DI(h, l, c, n), talib.MINUS_DI(h, l, c, n), talib.DX(h, l, c, n)), ("plus", "minus", "index"))
        add("adx", options, talib.ADX(h, l, c, n))
        add("adxr", options, talib.ADXR(h, l, c, n))
        down, up = talib.AROON(h, l, n)
        add("aroon", options, (up, down, talib.AROONOSC(h, l, n)), ("up", "down", "oscillator"))
        add("cci", options, talib.CCI(h, l, c, n))
        add("cmo", options, talib.CMO(c, n))
        add("imi", options, talib.IMI(o, c, n))
        add("mfi", options, talib.MFI(h, l, c, v, n))
        add("atr", options, talib.ATR(h, l, c, n))
        add("williams_r", options, talib.WILLR(h, l, c, n))
    add("directional_movement", "period=1", (talib.PLUS_DM(h, l, 1), talib.MINUS_DM(h, l, 1)), ("plus", "minus"))
    add("cmo", "smoothing=sum", talib.CMOU(c, 14))
    add("cmo", "smoothing=sum&period=30", talib.CMOU(c, 30))
    add("bop", "", talib.BOP(o, h, l, c))
    for form, function in {
        "percent": talib.ROC, "fraction": talib.ROCP, "ratio": talib.ROCR, "ratio_percent": talib.ROCR100,
    }.items():
        add("rate_of_change", "" if form == "percent" else f"form={form}", function(c, 10))
        add("rate_of_change", f"form={form}&period=3&source=low", function(l, 3))
    stochastic = ("k", "d")
    add("stochastic", "", talib.STOCH(h, l, c), stochastic)
    add("stochastic", "period=14&k_period=5&d_period=7&k_average=ema&d_average=wma",
        talib.STOCH(h, l, c, 14, 5, 1, 7, 2), stochastic)
    add("stochastic", "k_period=1", talib.STOCHF(h, l, c), stochastic)
    add("stochastic_rsi", "", talib.STOCHRSI(c, 14, 5, 3, 0), stochastic)
    add("stochastic_rsi", "period=9&k_period=14&d_period=5&d_average=ema", talib.STOCHRSI(c, 9, 14, 5, 1), stochastic)
    add("tsi", "", talib.TSI(c, 25, 13))
    add("tsi", "long_period=13&short_period=7", talib.TSI(c, 13, 7))
    add("ultimate_oscillator", "", talib.ULTOSC(h, l, c))
    add("ultimate_oscillator", "short_period=30&middle_period=5&long_period=12", talib.ULTOSC(h, l, c, 30, 5, 12))
    for options, parameters in {"": (9, 3, 3), "period=14&k_smoothing=5&d_smoothing=2": (14, 5, 2)}.items():
        add("kdj", options, definitions.kdj(frame, *parameters), ("k", "d", "j"))

    for options, n in {"": 20, "period=7": 7, "period=90": 90}.items():
        add("standard_deviation", options, talib.STDDEV(c, n, 1))
    add("standard_deviation", "sample=true", definitions.rolling(c, 20, lambda window: np.std(window, ddof=1)))
    add("obv", "", talib.OBV(c, v))
    for options, n in {"": 5, "period=20": 20}.items():
        add("volume_ratio", options, definitions.volume_ratio(frame, n))
    add("vwap", "", definitions.vwap(frame, 20))
    add("vwap", "period=5", definitions.vwap(frame, 5))
    add("vwap", "anchor=start", talib.VWAP(h, l, c, v))
    add("vwap", "anchor=session", fields["typical"])
    return out.found


def line(key, values):
    """One line of the table; rows before the first value are left out."""
    found = np.flatnonzero(~np.isnan(values))
    first = int(found[0])
    rows = sorted({first, len(values) - 1, *(row for row in range(EVERY - 1, len(values), EVERY) if row > first)})
    return ",".join([key, str(first), *(f"{row}:{values[row]:.15g}" for row in rows)])


def main():
    frame = pd.read_csv(HISTORY)
    (HERE / "golden.csv").write_text("\n".join(line(*item) for item in sorted(columns(frame).items())) + "\n")
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
        "rows": f"every {EVERY}th, the first with a value of each column, the last; 0 is the first bar",
        "relative_tolerance": 1e-9,
        "smallest_scale": "values nearer to 0 than a thousandth of the column's largest are compared on that scale",
    }
    (HERE / "metadata.json").write_text(json.dumps(metadata, indent=2) + "\n")


if __name__ == "__main__":
    main()
