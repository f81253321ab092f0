"""Writes golden.csv and metadata.json beside this file: reference values of the indicators on data/history/AAPL.csv;
candles.csv, bars that were made so that each candlestick pattern occurs; expressions.csv, formulas with their values;
recorded.csv, values over recorded trades, quotes and books; and talib.txt, the functions of TA-Lib.

Needs: pip install ta-lib==0.8.2 numpy pandas, and the market data beside the repository.
One command: python make_golden.py DATE
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

import candles
import definitions
import qlib
import recordings

HERE = pathlib.Path(__file__).resolve().parent
HISTORY = HERE.parents[2] / "data" / "history" / "AAPL.csv"
MARKET = HERE.parents[3] / "shared" / "data" / "market"
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
    for options, parameters in {"": (9, 3, 3), "period=14&k_smoothing=5&d_smoothing=2": (14, 5, 2)}.items():
        add("kdj", options, definitions.kdj(frame, *parameters), ("k", "d", "j"))
        add("kdj", f"{options}{'&' if options else ''}seed=first", definitions.kdj(frame, *parameters, None), ("k", "d", "j"))
    add("kdj", "seed=mean", talib.KDJ(h, l, c), ("k", "d", "j"))
    add("kdj", "period=14&k_smoothing=5&d_smoothing=2&seed=mean", talib.KDJ(h, l, c, 14, 5, 13, 2, 13), ("k", "d", "j"))

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
    add("variance", "sample=true", definitions.rolling(c, 20, lambda window: np.var(window, ddof=1)))
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
    for options, (n, p) in {"": (30, 50), "period=8&percent=30": (8, 30)}.items():
        add("percentile", f"interpolation=linear{'&' if options else ''}{options}", definitions.rolling(c, n, lambda window: np.percentile(window, p)))
    for options, n in {"": 100, "period=9": 9}.items():
        add("percent_rank", options, talib.PERCENTRANK(c, n))
    add("percent_rank", "among=within&period=12", 100 * frame["close"].rolling(12).rank(pct=True).to_numpy())
    for options, x in {"": c, "source=typical": fields["typical"]}.items():
        add("mama", options, talib.MAMA(x), ("mama", "fama"))
        add("dominant_cycle", options, (talib.HT_DCPERIOD(x), *talib.HT_PHASOR(x)), ("period", "in_phase", "quadrature"))
        trend, = whole(63, talib.HT_TRENDMODE(x))
        add("cycle_phase", options, (talib.HT_DCPHASE(x), *talib.HT_SINE(x), talib.HT_TRENDLINE(x), trend),
            ("phase", "sine", "lead_sine", "trend_line", "trend"))
    add("cycle_phase", "gives=trend_line", talib.HT_TRENDLINE(c), ("trend_line",))
    add("mama", "fast_limit=0.3&slow_limit=0.1", talib.MAMA(c, 0.3, 0.1), ("mama", "fama"))
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
    cycle = talib.HT_DCPERIOD(c)
    for options, (least, most) in {"": (2, 30), "min_period=8&max_period=45": (8, 45)}.items():
        first = max(32, most - 1)
        average = talib.MAVP(c, np.nan_to_num(cycle, nan=least), least, most, 0)
        add("mavp", options, np.where(rows < first, np.nan, average))
    add("rate_of_change", "form=log", np.log(frame["close"]).diff(10))
    # The bars of the tests end a day apart from the epoch on.
    for options, hours in {"": 0, "utc_offset=-5.5": -5.5}.items():
        add("calendar", options, definitions.calendar(len(c), hours), (
            "minute_of_day", "day_of_week", "day_of_month", "days_to_month_end", "day_of_year", "month", "quarter"))
    for name, values in qlib.alpha158(frame).items():
        add("alpha158", "", values, (name,))
    for name, values in qlib.alpha360(frame).items():
        add("alpha360", "", values, (name,))
    for name, values in candles.patterns(o, h, l, c).items():
        add("candle_pattern", "", values, (name,))
        add("candle_pattern", f"pattern={name}", values)
    add("volume_ratio", "period=30", talib.RVOL(v, 30))
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


def line(key, values, end=","):
    """One line of the table; rows before the first value are left out."""
    found = np.flatnonzero(~np.isnan(values))
    first = int(found[0])
    every = EVERY if not key.startswith("alpha") else 8 * EVERY
    rows = {first, len(values) - 1, *(row for row in range(every - 1, len(values), every) if row > first)}
    if key.startswith("candle_pattern?"):
        rows.update(int(row) for row in np.flatnonzero(np.nan_to_num(values))[:8])
    rows = sorted(rows)
    return key + end + ",".join([str(first), *(f"{row}:{values[row]:.15g}" for row in rows)])


def main():
    frame = pd.read_csv(HISTORY)
    (HERE / "golden.csv").write_text("\n".join(line(*item) for item in sorted(columns(frame).items())) + "\n")
    recorded = recordings.columns(MARKET)
    (HERE / "recorded.csv").write_text("\n".join(line(*item) for item in sorted(recorded.items())) + "\n")
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
        "recorded_inputs": {path: hashlib.sha256((MARKET / path).read_bytes()).hexdigest() for path in recordings.FILES.values()},
        "rows": f"every {EVERY}th, the first with a value of each column, the last; 0 is the first bar",
        "relative_tolerance": 1e-9,
        "smallest_scale": "values nearer to 0 than a thousandth of the column's largest are compared on that scale",
    }
    (HERE / "metadata.json").write_text(json.dumps(metadata, indent=2) + "\n")


if __name__ == "__main__":
    main()
