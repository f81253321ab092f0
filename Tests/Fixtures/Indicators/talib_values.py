"""Values of TA-Lib's functions under the names of the indicators that give the same, with several sets of options each.

Needs: pip install ta-lib==0.8.2 numpy pandas. One command: python talib_values.py HISTORY FILE
It writes a table like golden.csv over the bars of a CSV file: what `make test` compares with where Python is. A function that the
installed TA-Lib has and nothing here calls is a fault.
"""

import pathlib
import sys

import numpy as np
import pandas as pd
import talib as library

import candles
import definitions

EVERY = 150
called = set()


class Called:
    """TA-Lib, and a note of what was called."""

    def __getattr__(self, name):
        called.add(name)
        return getattr(library, name)


talib = Called()

# Kinds of moving average by TA-Lib's number.
AVERAGES = {
    "sma": 0, "ema": 1, "wma": 2, "dema": 3, "tema": 4, "trima": 5, "kama": 6, "t3": 8, "hma": 9, "zlema": 12, "rma": 13,
}

# Element by element: formulas of `expression`, with an argument that each function has a value of.
ELEMENTS = {
    "close + open": lambda o, c: talib.ADD(c, o), "close - open": lambda o, c: talib.SUB(c, o),
    "close * open": lambda o, c: talib.MULT(c, o), "close / open": lambda o, c: talib.DIV(c, o),
    "log(close)": lambda o, c: talib.LN(c), "log10(close)": lambda o, c: talib.LOG10(c), "sqrt(close)": lambda o, c: talib.SQRT(c),
    "exp(close / 100)": lambda o, c: talib.EXP(c / 100), "floor(close)": lambda o, c: talib.FLOOR(c),
    "ceil(close)": lambda o, c: talib.CEIL(c), "sin(close)": lambda o, c: talib.SIN(c), "cos(close)": lambda o, c: talib.COS(c),
    "tan(close)": lambda o, c: talib.TAN(c), "atan(close)": lambda o, c: talib.ATAN(c),
    "asin(close / 10000)": lambda o, c: talib.ASIN(c / 10_000), "acos(close / 10000)": lambda o, c: talib.ACOS(c / 10_000),
    "sinh(close / 100)": lambda o, c: talib.SINH(c / 100), "cosh(close / 100)": lambda o, c: talib.COSH(c / 100),
    "tanh(close / 100)": lambda o, c: talib.TANH(c / 100),
}


class Columns:
    """(plugin, options, output) -> values, over some bars."""

    def __init__(self, frame):
        self.found = {}
        self.bars = tuple(frame[name].to_numpy(dtype=float) for name in ("open", "high", "low", "close", "volume"))
        o, h, l, c, v = self.bars
        self.fields = {"open": o, "high": h, "low": l, "close": c, "volume": v, "typical": talib.TYPPRICE(h, l, c)}

    def add(self, plugin, options, values, outputs=("value",)):
        values = values if isinstance(values, (tuple, list)) else (values,)
        for output, column in zip(outputs, values, strict=True):
            self.found[f"{plugin}{'?' if options else ''}{options}#{output}"] = np.asarray(column, dtype=float)

    def series(self, plugin, function, sets, default):
        """One source, one period: `sets` has (period, source); the default period takes no option."""
        for period, source in [(default, "close"), *sets]:
            options = "&".join(
                ([f"period={period}"] if period != default else []) + ([f"source={source}"] if source != "close" else []))
            self.add(plugin, options, function(self.fields[source], period))


def line(key, values, end=",", step=EVERY):
    """One line of the table: every so many rows; those before the first value are left out."""
    found = np.flatnonzero(~np.isnan(values))
    first = int(found[0])
    every = step if not key.startswith("alpha") else 8 * step
    rows = {first, len(values) - 1, *(row for row in range(every - 1, len(values), every) if row > first)}
    if key.startswith("candle_pattern?"):
        rows.update(int(row) for row in np.flatnonzero(np.nan_to_num(values))[:8])
    rows = sorted(rows)
    return key + end + ",".join([str(first), *(f"{row}:{values[row]:.15g}" for row in rows)])


def columns(frame):
    """Every reference that TA-Lib gives."""
    out = Columns(frame)
    add, series, fields = out.add, out.series, out.fields
    o, h, l, c, v = out.bars

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
    add("macd", "weights=fixed", talib.MACDFIX(c, 9), macd)
    add("macd", "weights=fixed&signal_period=5&source=typical", talib.MACDFIX(fields["typical"], 5), macd)
    distance, signal, histogram = talib.MACD(c, 12, 26, 9)
    add("macd", "histogram=doubled", (distance, signal, 2 * histogram), macd)
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
    add("kdj", "seed=mean", talib.KDJ(h, l, c), ("k", "d", "j"))
    add("kdj", "period=14&k_smoothing=5&d_smoothing=2&seed=mean", talib.KDJ(h, l, c, 14, 5, 13, 2, 13), ("k", "d", "j"))

    for options, n in {"": 20, "period=7": 7, "period=90": 90}.items():
        add("standard_deviation", options, talib.STDDEV(c, n, 1))
    add("obv", "", talib.OBV(c, v))
    add("vwap", "anchor=start", talib.VWAP(h, l, c, v))
    add("vwap", "anchor=session", fields["typical"])
    for field, values in {
        "typical": fields["typical"], "median": talib.MEDPRICE(h, l), "weighted": talib.WCLPRICE(h, l, c), "average": talib.AVGPRICE(o, h, l, c),
    }.items():
        add("price", "" if field == "typical" else f"source={field}", values)
    add("heikin_ashi", "", talib.HA(o, h, l, c), ("open", "high", "low", "close"))
    add("true_range", "", talib.TRANGE(h, l, c))
    for options, n in {"": 14, "period=2": 2, "period=40": 40}.items():
        add("natr", options, talib.NATR(h, l, c, n))
        add("average_range", options, talib.ADR(h, l, n))
        add("vortex", options, talib.VORTEX(h, l, c, n), ("plus", "minus"))
    add("chaikin_volatility", "", talib.CVI(h, l, 10, 10))
    add("chaikin_volatility", "period=5&lag=20", talib.CVI(h, l, 5, 20))
    add("mass_index", "", talib.MASSI(h, l, 9, 25))
    add("mass_index", "period=5&sum_period=10", talib.MASSI(h, l, 5, 10))
    add("relative_volatility_index", "", talib.RVI(c, 14, 10))
    add("relative_volatility_index", "period=5&deviation_period=20&source=high", talib.RVI(h, 5, 20))
    add("ad", "", talib.AD(h, l, c, v))
    add("ad_oscillator", "", talib.ADOSC(h, l, c, v))
    add("ad_oscillator", "fast_period=20&slow_period=6", talib.ADOSC(h, l, c, v, 20, 6))
    for options, n in {"": 20, "period=5": 5}.items():
        add("cmf", options, talib.CMF(h, l, c, v, n))
    for options, n in {"": 13, "period=2": 2}.items():
        add("force_index", options, talib.EFI(c, v, n))
        add("elder_ray", options, talib.ERI(h, l, c, n), ("bull", "bear"))
    add("market_facilitation_index", "", talib.MARKETFI(h, l, v))
    add("nvi", "", talib.NVI(c, v))
    add("pvi", "", talib.PVI(c, v))
    add("pvt", "", talib.PVT(c, v))
    add("awesome_oscillator", "", talib.AO(h, l))
    add("awesome_oscillator", "fast_period=3&slow_period=10", talib.AO(h, l, 3, 10))
    add("accelerator_oscillator", "", talib.AC(h, l))
    add("accelerator_oscillator", "fast_period=3&slow_period=10&signal_period=8", talib.AC(h, l, 3, 10, 8))
    add("coppock", "", talib.COPPOCK(c))
    add("coppock", "period=5&short_period=20&long_period=7", talib.COPPOCK(c, 5, 20, 7))
    for options, n in {"": 20, "period=5": 5, "period=2": 2}.items():
        add("dpo", options, talib.DPO(c, n))
    for options, n in {"": 10, "period=3": 3, "period=60": 60}.items():
        add("efficiency_ratio", options, talib.ER(c, n))
        add("qstick", options, talib.QSTICK(o, c, n))
    for options, n in {"": 5, "period=20": 20}.items():
        add("forecast_oscillator", options, talib.FOSC(c, n))
        add("beta", options, talib.BETA(h, l, n))
    add("beta", "period=60&source=open&other=close", talib.BETA(o, c, 60))
    swings = ("swing_high", "swing_low")
    rows = np.arange(len(c))

    def whole(first, *columns):
        """TA-Lib has 0 where a whole number has no value yet."""
        return tuple(np.where(rows < first, np.nan, column) for column in columns)

    add("fractal", "", whole(4, *talib.FRACTAL(h, l)), swings)
    add("fractal", "left=5&right=1", whole(6, *talib.FRACTAL(h, l, 5, 1)), swings)
    add("smi", "", talib.SMI(h, l, c, 13, 2, 25, 9), ("smi", "signal"))
    add("smi", "period=5&fast_period=3&slow_period=8&signal_period=4", talib.SMI(h, l, c, 5, 3, 8, 4), ("smi", "signal"))
    for options, n in {"": 28, "period=7": 7}.items():
        add("vhf", options, talib.VHF(c, n))
    add("wad", "", talib.WAD(h, l, c))
    line_outputs = ("value", "slope", "intercept", "angle", "forecast", "r2", "residual")
    for options, n in {"": 14, "period=2": 2, "period=90": 90}.items():
        add("linear_regression", options, (
            talib.LINEARREG(c, n), talib.LINEARREG_SLOPE(c, n), talib.LINEARREG_INTERCEPT(c, n), talib.LINEARREG_ANGLE(c, n), talib.TSF(c, n),
            *definitions.fit(c, n))[: 6 if n == 2 else 7], line_outputs[: 6 if n == 2 else 7])
    for options, n in {"": 20, "period=5": 5}.items():
        add("variance", options, talib.VAR(c, n, 1))
    for options, n in {"": 14, "period=50": 50}.items():
        add("mean_deviation", options, talib.AVGDEV(c, n))
    extremes = ("min", "max", "min_age", "max_age")
    for options, n in {"": 30, "period=5": 5}.items():
        add("rolling_sum", options, talib.SUM(c, n))
        ages = whole(n - 1, *(rows - place for place in talib.MINMAXINDEX(c, n)))
        add("rolling_extremes", options, (talib.MIN(c, n), talib.MAX(c, n), *ages), extremes)
        without = f"ages=false{'&' if options else ''}{options}"
        add("rolling_extremes", without, talib.MINMAX(c, n), extremes[:2])
        add("correlation", options, talib.CORREL(h, l, n))
    add("cumulative_sum", "", talib.CUMSUM(c))
    for options, (n, p) in {"": (30, 50), "period=7&percent=90": (7, 90), "percent=0": (30, 0), "percent=33.5": (30, 33.5)}.items():
        add("percentile", options, talib.PERCENTILE(c, n, p))
    for options, n in {"": 100, "period=9": 9}.items():
        add("percent_rank", options, talib.PERCENTRANK(c, n))
    for options, x in {"": c, "source=typical": fields["typical"]}.items():
        add("mama", options, talib.MAMA(x), ("mama", "fama"))
        add("dominant_cycle", options, (talib.HT_DCPERIOD(x), *talib.HT_PHASOR(x)), ("period", "in_phase", "quadrature"))
        trend, = whole(63, talib.HT_TRENDMODE(x))
        add("cycle_phase", options, (talib.HT_DCPHASE(x), *talib.HT_SINE(x), talib.HT_TRENDLINE(x), trend),
            ("phase", "sine", "lead_sine", "trend_line", "trend"))
    add("cycle_phase", "gives=trend_line", talib.HT_TRENDLINE(c), ("trend_line",))
    add("mama", "fast_limit=0.3&slow_limit=0.1", talib.MAMA(c, 0.3, 0.1), ("mama", "fama"))
    cycle = talib.HT_DCPERIOD(c)
    for options, (least, most) in {"": (2, 30), "min_period=8&max_period=45": (8, 45)}.items():
        first = max(32, most - 1)
        average = talib.MAVP(c, np.nan_to_num(cycle, nan=least), least, most, 0)
        add("mavp", options, np.where(rows < first, np.nan, average))
    for name, values in candles.patterns(o, h, l, c).items():
        add("candle_pattern", "", values, (name,))
        add("candle_pattern", f"pattern={name}", values)
    add("volume_ratio", "period=30", talib.RVOL(v, 30))
    for formula, function in ELEMENTS.items():
        add("expression", f"expr={formula}", function(o, c))
    # What two functions give apart is one column here.
    assert np.array_equal(talib.MAXINDEX(c, 30), talib.MINMAXINDEX(c, 30)[1])
    assert np.array_equal(talib.MININDEX(c, 30), talib.MINMAXINDEX(c, 30)[0])
    called.update(f"CDL{name}" for name in candles.NAMES.values())
    missing = sorted(set(library.get_functions()) - called)
    if missing:
        raise SystemExit(f"talib_values: nothing is compared with {', '.join(missing)} of TA-Lib {library.__version__}.")
    return out.found


def main():
    frame = pd.read_csv(sys.argv[1])
    found = sorted(columns(frame).items())
    pathlib.Path(sys.argv[2]).write_text("\n".join(line(*item, step=10) for item in found) + "\n")
    names = len(set(library.get_functions()))
    print(f"TA-Lib {library.__version__}: {names} functions, {len(found)} columns of {len(frame)} bars", file=sys.stderr)


if __name__ == "__main__":
    main()
