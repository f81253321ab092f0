"""Value at risk and expected shortfall of files of daily bars, computed once more and otherwise than the host does.

    risk_loss.py FOLDER WINDOW CONFIDENCE

Every file NAME.csv has columns trade_date and close. The n-th file, by name, is held with (-1)^n * 100 * (n + 1) shares. EWMA goes by the
covariance matrix of RiskMetrics, summed day by day, where the host weighs the portfolio's own profits. Prints one JSON object.
"""

import csv
import json
import math
import pathlib
import statistics
import sys

folder, window, confidence = pathlib.Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
series = {}
for path in sorted(folder.glob("*.csv")):
    with open(path, newline="") as file:
        series[path.name] = {row["trade_date"]: float(row["close"]) for row in csv.DictReader(file)}

days = sorted(set().union(*series.values()))[-(window + 1):]
returns, values = [], []
for number, own in enumerate(series.values()):
    row = []
    earlier = [day for day in own if day < days[0]]
    last = own[max(earlier)] if earlier else None
    filled = []
    for day in days:
        last = own.get(day, last)
        filled.append(last)
    for then, now in zip(filled, filled[1:]):
        row.append(now / then - 1 if then is not None else 0.0)
    returns.append(row)
    values.append((-1) ** number * 100 * (number + 1) * own[max(own)])

profits = [math.fsum(value * row[day] for value, row in zip(values, returns)) for day in range(len(days) - 1)]
ranked = sorted(profits)
place = (1 - confidence) * (len(ranked) - 1)
low = math.floor(place)
quantile = ranked[low] * (1 - (place - low)) + ranked[min(low + 1, len(ranked) - 1)] * (place - low)
tail = [profit for profit in ranked if profit <= quantile]

decay, count = 0.94, len(days) - 1
weights = [decay ** (count - 1 - day) for day in range(count)]
scale = math.fsum(weights)
covariance = [[math.fsum(w * x * y for w, x, y in zip(weights, left, right)) / scale for right in returns] for left in returns]
variance = math.fsum(a * covariance[i][j] * b for i, a in enumerate(values) for j, b in enumerate(values))
deviation = math.sqrt(variance)
normal = statistics.NormalDist()
z = normal.inv_cdf(confidence)

print(json.dumps({
    "positions": len(values), "spans": count, "gross": math.fsum(map(abs, values)), "value_at_risk": -quantile,
    "expected_shortfall": -math.fsum(tail) / len(tail), "ewma_value_at_risk": z * deviation,
    "ewma_expected_shortfall": normal.pdf(z) / (1 - confidence) * deviation,
}))
