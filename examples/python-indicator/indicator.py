"""An exponential average of closes, in Python."""
import math

from penstock_plugin import Indicator, run


class Average(Indicator):
    descriptor = {
        "kind": "indicator", "name": "python_average", "version": "1.0.0", "stability": "stable",
        "summary": "Exponential average of closes, computed in Python.",
        "options": [{"name": "period", "type": "integer", "minimum": 1, "maximum": 100000, "default": 14,
                     "unit": "bars", "summary": "Bars the average weighs."}],
        "outputs": [{"name": "value", "unit": "quote currency", "summary": "The average."}],
    }

    def __init__(self, options, host):
        super().__init__(options, host)
        self.period = options["period"]
        self.warm_up = self.period

    def fresh(self):
        return {"count": 0, "value": 0.0}

    def update_run(self, state, bars):
        weight, count, value = 2 / (self.period + 1), state["count"], state["value"]
        out, refused = [], []
        for row, close in enumerate(bars.close.tolist()):
            if not math.isfinite(close):
                refused.append(row)
                out.append(math.nan)
                continue
            count += 1
            value = close if count == 1 else value + weight * (close - value)
            out.append(value if count >= self.period else math.nan)
        state["count"], state["value"] = count, value
        return [out], refused


if __name__ == "__main__":
    run(Average)
