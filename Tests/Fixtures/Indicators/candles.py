"""References of the candlestick patterns: TA-Lib's, on real bars and on bars that were made so that each pattern occurs."""

import numpy as np
import talib
from talib import abstract

# TA-Lib's name of each, without CDL.
NAMES = {
    "abandoned_baby": "ABANDONEDBABY", "advance_block": "ADVANCEBLOCK", "belt_hold": "BELTHOLD",
    "breakaway": "BREAKAWAY", "closing_marubozu": "CLOSINGMARUBOZU", "concealing_baby_swallow": "CONCEALBABYSWALL",
    "counterattack": "COUNTERATTACK", "dark_cloud_cover": "DARKCLOUDCOVER", "doji": "DOJI", "doji_star": "DOJISTAR",
    "dragonfly_doji": "DRAGONFLYDOJI", "engulfing": "ENGULFING", "evening_doji_star": "EVENINGDOJISTAR",
    "evening_star": "EVENINGSTAR", "gap_side_side_white": "GAPSIDESIDEWHITE", "gap_three_methods": "XSIDEGAP3METHODS",
    "gravestone_doji": "GRAVESTONEDOJI", "hammer": "HAMMER", "hanging_man": "HANGINGMAN", "harami": "HARAMI",
    "harami_cross": "HARAMICROSS", "high_wave": "HIGHWAVE", "hikkake": "HIKKAKE", "homing_pigeon": "HOMINGPIGEON",
    "identical_three_crows": "IDENTICAL3CROWS", "in_neck": "INNECK", "inverted_hammer": "INVERTEDHAMMER",
    "kicking": "KICKING", "kicking_by_length": "KICKINGBYLENGTH", "ladder_bottom": "LADDERBOTTOM",
    "long_legged_doji": "LONGLEGGEDDOJI", "long_line": "LONGLINE", "marubozu": "MARUBOZU", "mat_hold": "MATHOLD",
    "matching_low": "MATCHINGLOW", "modified_hikkake": "HIKKAKEMOD", "morning_doji_star": "MORNINGDOJISTAR",
    "morning_star": "MORNINGSTAR", "on_neck": "ONNECK", "piercing": "PIERCING", "rickshaw_man": "RICKSHAWMAN",
    "rise_fall_three_methods": "RISEFALL3METHODS", "separating_lines": "SEPARATINGLINES",
    "shooting_star": "SHOOTINGSTAR", "short_line": "SHORTLINE", "spinning_top": "SPINNINGTOP",
    "stalled_pattern": "STALLEDPATTERN", "stick_sandwich": "STICKSANDWICH", "takuri": "TAKURI",
    "tasuki_gap": "TASUKIGAP", "three_black_crows": "3BLACKCROWS", "three_inside": "3INSIDE",
    "three_line_strike": "3LINESTRIKE", "three_outside": "3OUTSIDE", "three_stars_in_south": "3STARSINSOUTH",
    "three_white_soldiers": "3WHITESOLDIERS", "thrusting": "THRUSTING", "tri_star": "TRISTAR", "two_crows": "2CROWS",
    "unique_three_river": "UNIQUE3RIVER", "upside_gap_two_crows": "UPSIDEGAP2CROWS",
}
# Bars before a pattern that are kept with it.
CONTEXT = 16


def patterns(*prices):
    """Values of every pattern; NaN before the first one."""
    found = {}
    for name, reference in NAMES.items():
        function = abstract.Function("CDL" + reference)
        values = getattr(talib, "CDL" + reference)(*prices).astype(float)
        values[: function.lookback] = np.nan
        found[name] = values
    return found


def made(count, seed):
    """Bars whose bodies, shadows and gaps are tiny, usual or long, each at random."""
    random = np.random.default_rng(seed)
    gaps = random.choice([0, 0.01, 0.2, 0.8, 2], count) * random.normal(0, 1, count)
    bodies = random.choice([0.03, 0.3, 1, 2.5], count) * random.normal(0, 1, count)
    upper = random.choice([0, 0.02, 0.3, 1.5], count) * np.abs(random.normal(0, 1, count))
    lower = random.choice([0, 0.02, 0.3, 1.5], count) * np.abs(random.normal(0, 1, count))
    rows, price = [], 100.0
    for gap, body, above, below in zip(gaps, bodies, upper, lower):
        first, last = price + gap, price + gap + body
        rows.append((first, max(first, last) + above, min(first, last) - below, last))
        price = last + (100 - last) * 0.01
    return np.round(np.array(rows).T, 4)


def fixture():
    """A window around one occurrence of each value of each pattern, one after another, and what TA-Lib finds there."""
    prices = made(600_000, 1)
    ends = []
    for values in patterns(*prices).values():
        for value in np.unique(values[np.abs(values) > 0]):
            ends.append(int(np.flatnonzero(values == value)[0]))
    keep = np.concatenate([np.arange(max(end - CONTEXT, 0), end + 2) for end in sorted(set(ends))])
    prices = np.ascontiguousarray(prices[:, keep])
    found = patterns(*prices)
    lines = []
    for row in range(prices.shape[1]):
        hits = [f"{name}:{values[row]:.0f}" for name, values in found.items() if values[row] not in (0,) and not np.isnan(values[row])]
        lines.append(",".join([f"{price:.7g}" for price in prices[:, row]] + hits))
    return "\n".join(lines) + "\n"
