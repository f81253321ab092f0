"""References of the indicators that TA-Lib does not have: from the formulas, window by window, with numpy and pandas."""

import numpy as np


def rolling(values, period, function):
    """A function of each window; NaN before there is one."""
    out = np.full(len(values), np.nan)
    for end in range(period - 1, len(values)):
        out[end] = function(values[end + 1 - period : end + 1])
    return out


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
