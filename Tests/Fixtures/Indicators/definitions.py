"""References of the indicators that TA-Lib does not have: from the formulas, window by window, with numpy and pandas."""

import numpy as np
import pandas as pd


def rolling(values, period, function):
    """A function of each window; NaN before there is one."""
    out = np.full(len(values), np.nan)
    for end in range(period - 1, len(values)):
        out[end] = function(values[end + 1 - period : end + 1])
    return out


def kdj(frame, period, k_smoothing, d_smoothing, seed=50.0):
    """K, D, J bar by bar, both averages starting from a seed; without one from the first number."""
    k, d = seed, seed
    rows = []
    for end in range(len(frame)):
        if end + 1 < period:
            rows.append((np.nan, np.nan, np.nan))
            continue
        window = frame.iloc[end + 1 - period : end + 1]
        highest, lowest = window["high"].max(), window["low"].min()
        rsv = 50.0 if highest == lowest else 100 * (frame["close"].iloc[end] - lowest) / (highest - lowest)
        k = rsv if k is None else k
        k = (k_smoothing - 1) / k_smoothing * k + rsv / k_smoothing
        d = k if d is None else d
        d = (d_smoothing - 1) / d_smoothing * d + k / d_smoothing
        rows.append((k, d, 3 * k - 2 * d))
    return tuple(np.array(rows).T)


def vwap(frame, period):
    """Volume-weighted typical price, each window summed anew."""
    price = (frame["high"] + frame["low"] + frame["close"]) / 3
    value, volume = (price * frame["volume"]).to_numpy(), frame["volume"].to_numpy()
    return rolling(value, period, np.sum) / rolling(volume, period, np.sum)


def volume_ratio(frame, period):
    """Volume over the mean of the `period` volumes before."""
    volume = frame["volume"].to_numpy()
    out = np.full(len(frame), np.nan)
    for end in range(period, len(frame)):
        out[end] = volume[end] / volume[end - period : end].mean()
    return out


def mcginley(values, period):
    """The recursion from the first value on."""
    out = np.array(values, dtype=float)
    for row in range(1, len(values)):
        divisor = max(0.6 * period * (values[row] / out[row - 1]) ** 4, 1)
        out[row] = out[row - 1] + (values[row] - out[row - 1]) / divisor
    return out


def alma(values, period, offset, sigma):
    """A weighted mean of each window, the weights a bell curve."""
    places = np.arange(period)
    weights = np.exp(-((places - offset * (period - 1)) ** 2) / (2 * (period / sigma) ** 2))
    return rolling(values, period, lambda window: np.dot(window, weights) / weights.sum())


def ichimoku(frame, conversion, base, span, displacement):
    """Midpoints; the spans as they are drawn over each bar."""
    def midpoint(period):
        return (frame["high"].rolling(period).max() + frame["low"].rolling(period).min()) / 2

    first, second = midpoint(conversion), midpoint(base)
    ahead = ((first + second) / 2).shift(displacement)
    return tuple(column.to_numpy() for column in (first, second, ahead, midpoint(span).shift(displacement)))


def fit(values, period):
    """Share of variance that a line through each window explains, and how far its last value is from the line."""
    places = np.arange(period)
    explained, residual = np.full(len(values), np.nan), np.full(len(values), np.nan)
    for end in range(period - 1, len(values)):
        window = values[end + 1 - period : end + 1]
        slope, start = np.polyfit(places, window, 1)
        spread = window.var()
        explained[end] = 0 if spread == 0 else np.corrcoef(places, window)[0, 1] ** 2
        residual[end] = window[-1] - (start + slope * (period - 1))
    return explained, residual


def choppiness(high, low, ranges, period):
    """Share of the way in the range, in logarithms."""
    way = pd.Series(ranges).rolling(period).sum()
    span = pd.Series(high).rolling(period).max() - pd.Series(low).rolling(period).min()
    return 100 * np.log10(way / span) / np.log10(period)


def ulcer_index(values, period):
    """Root of the mean square of the distance from the recent high, in percent."""
    highest = values.rolling(period).max()
    return np.sqrt(((100 * (values - highest) / highest) ** 2).rolling(period).mean())


def streaks(values):
    """Rises or falls in a row up to each value."""
    out = np.zeros(len(values))
    for row in range(1, len(values)):
        step = np.sign(values[row] - values[row - 1])
        out[row] = out[row - 1] + step if step * out[row - 1] > 0 else step
    return out


def volatility(frame, estimator, period, years):
    """The five estimators from their papers."""
    o, h, l, c = (np.log(frame[name]) for name in ("open", "high", "low", "close"))
    before = c.shift(1)
    satchell = ((h - c) * (h - o) + (l - c) * (l - o)).rolling(period).mean()
    if estimator == "close_to_close":
        variance = (c - before).rolling(period).apply(lambda window: np.var(window, ddof=1), raw=True)
    elif estimator == "parkinson":
        variance = ((h - l) ** 2).rolling(period).mean() / (4 * np.log(2))
    elif estimator == "garman_klass":
        variance = ((h - l) ** 2 / 2 - (2 * np.log(2) - 1) * (c - o) ** 2).rolling(period).mean()
    elif estimator == "rogers_satchell":
        variance = satchell
    else:
        k = 0.34 / (1.34 + (period + 1) / (period - 1))
        gaps, bodies = ((x).rolling(period).apply(lambda window: np.var(window, ddof=1), raw=True) for x in (o - before, c - o))
        variance = gaps + k * bodies + (1 - k) * satchell
    out = np.sqrt(years * variance)
    out[:period] = np.nan
    return out


def moment(window, power):
    """A central moment over that power of the deviation."""
    distance = window - window.mean()
    return np.mean(distance**power) / np.mean(distance**2) ** (power / 2)


def autocorrelation(values, period, lag):
    """Pearson's correlation of each window with the one some values before."""
    out = np.full(len(values), np.nan)
    for end in range(period + lag - 1, len(values)):
        now, old = values[end + 1 - period : end + 1], values[end + 1 - period - lag : end + 1 - lag]
        out[end] = np.corrcoef(now, old)[0, 1]
    return out


def hurst(returns):
    """Slope of the logarithm of the mean rescaled range over that of the length."""
    lengths, ratios = [], []
    length = len(returns)
    while length >= 8:
        pieces = [returns[end - length : end] for end in range(len(returns), length - 1, -length)]
        found = []
        for piece in pieces:
            running = np.concatenate([[0], np.cumsum(piece - piece.mean())])
            found.append((running.max() - running.min()) / piece.std())
        lengths.append(np.log(length))
        ratios.append(np.log(np.mean(found)))
        length //= 2
    return np.polyfit(lengths, ratios, 1)[0] if not np.isnan(returns).any() else np.nan


def calendar(count, hours):
    """Places in the calendar of days from the epoch on, shifted by hours."""
    time = pd.DatetimeIndex(pd.to_datetime(np.arange(count), unit="D") + pd.Timedelta(hours=hours))
    return (
        time.hour * 60 + time.minute, time.dayofweek, time.day, time.days_in_month - time.day, time.dayofyear, time.month,
        time.quarter,
    )


def amihud(frame, period):
    """A million times the mean of return over value traded, of the bars with volume."""
    change, value = frame["close"].pct_change().abs(), frame["close"] * frame["volume"]
    return 1e6 * (change / value.where(value > 0)).rolling(period).mean()


def price_jump(log_change, period, observations, significance):
    """Lee and Mykland's statistic and the jumps it shows: bipower variation of the window before, and Gumbel's bound."""
    products = log_change.abs() * log_change.abs().shift()
    statistic = log_change / np.sqrt(products.rolling(period - 2).mean().shift())
    c, logarithm = np.sqrt(2 / np.pi), np.log(observations)
    root = np.sqrt(2 * logarithm)
    middle = root / c - (np.log(np.pi) + np.log(logarithm)) / (2 * c * root)
    bound = middle - np.log(-np.log(1 - significance)) / (c * root)
    return statistic, np.sign(statistic).where(statistic.isna() | (statistic.abs() > bound), 0)
