"""A linear regression whose weights drift: each label is learned when it is known, with a Kalman filter.

With `z` a 1 and the standardised features, labels are `z w` plus noise of variance `r`; between two labels each weight takes a
random step of variance `drift * prior * r`. Standard library only; the artifact and what was learned are JSON.
R. E. Kalman, A New Approach to Linear Filtering and Prediction Problems, 1960.
"""
import json
import math

from penstock_plugin import Model, PluginError, run

FORMAT = "drifting_line/1"


def numbers(values, count):
    """The values as so many finite numbers; ValueError where they are something else."""
    read = [float(value) for value in values]
    if len(read) != count or not all(math.isfinite(value) for value in read):
        raise ValueError("other numbers than a fit leaves")
    return read


def moments(values):
    """Mean and deviation."""
    mean = math.fsum(values) / len(values)
    return mean, math.sqrt(math.fsum((value - mean) ** 2 for value in values) / len(values))


class Line:
    """Weights and how sure they are; `means`, `scales`, `noise` and `step` are of the fit and never change."""

    def __init__(self, means, scales, noise, step, weights, spread):
        self.means, self.scales, self.noise, self.step = means, scales, noise, step
        self.weights, self.spread = weights, spread

    def seen(self, row):
        return [1.0] + [(float(value) - mean) * scale for value, mean, scale in zip(row, self.means, self.scales)]

    def predict(self, row):
        z = self.seen(row)
        moved = [sum(a * b for a, b in zip(line, z)) for line in self.spread]
        return sum(a * b for a, b in zip(self.weights, z)), self.noise + sum(a * b for a, b in zip(moved, z))

    def learn(self, row, label):
        """Takes a label; ValueError where it or the row is too large, and nothing changed."""
        z = self.seen(row)
        spread = [list(line) for line in self.spread]
        for place, line in enumerate(spread):
            line[place] += self.step
        moved = [sum(a * b for a, b in zip(line, z)) for line in spread]
        total = self.noise + sum(a * b for a, b in zip(moved, z))
        error = label - sum(a * b for a, b in zip(self.weights, z))
        weights = [weight + gain * error / total for weight, gain in zip(self.weights, moved)]
        for a, line in enumerate(spread):
            for b in range(len(line)):
                line[b] -= moved[a] * moved[b] / total
        if not all(math.isfinite(value) for line in [weights, *spread] for value in line):
            raise ValueError("too large")
        self.weights, self.spread = weights, spread

    def state(self):
        return {"weights": self.weights, "spread": self.spread}

    def with_state(self, state):
        width = len(self.means) + 1
        weights = numbers(state["weights"], width)
        spread = [numbers(line, width) for line in state["spread"]]
        if len(spread) != width:
            raise ValueError("other rows than a fit leaves")
        return Line(self.means, self.scales, self.noise, self.step, weights, spread)


class DriftingLine(Model):
    descriptor = {
        "kind": "model", "name": "drifting_line", "version": "1.0.0", "stability": "stable", "learns": True,
        "summary": "Linear regression whose weights drift, learned label by label with a Kalman filter.",
        "options": [
            {"name": "drift", "type": "number", "minimum": 0, "maximum": 1, "default": 0.0001,
             "summary": "Variance that each weight gains a label, as a share of what it may be before the first; "
                        "0 never forgets."},
            {"name": "prior", "type": "number", "minimum": 1e-6, "maximum": 1e6, "default": 0.01,
             "summary": "Variance of each weight before the first label, as a share of that of labels."},
        ],
        "outputs": [
            {"name": "value", "unit": "", "summary": "The prediction, in the target's unit."},
            {"name": "variance", "unit": "", "role": "variance",
             "summary": "Expected squared distance of what comes from the prediction."},
        ],
    }

    def fit(self, features, values, labels, seed, threads, progress):
        rows, labels = [[float(value) for value in row] for row in values], [float(label) for label in labels]
        if not rows or not all(math.isfinite(value) for row in rows + [labels] for value in row):
            raise PluginError("bad_request", "the set has no rows, or a number that is not finite.")
        try:
            line = self.begun(rows, labels)
            for number, (row, label) in enumerate(zip(rows, labels)):
                if number % 256 == 0:
                    progress(number / len(labels))
                line.learn(row, label)
        except (ValueError, OverflowError) as error:
            raise PluginError("bad_request", "the set has numbers too large to learn from.") from error
        progress(1.0)
        artifact = {"format": FORMAT, "features": features, "means": line.means, "scales": line.scales,
                    "noise": line.noise, "step": line.step, **line.state()}
        return json.dumps(artifact).encode()

    def begun(self, rows, labels):
        """A line that knows how features and labels spread, and no label yet."""
        means, scales = [], []
        for column in zip(*rows):
            mean, deviation = moments(column)
            means.append(mean)
            scales.append(1 / deviation if deviation > 0 else 0.0)
        noise = max(moments(labels)[1] ** 2, 1e-300)
        prior, width = self.options["prior"] * noise, len(means) + 1
        spread = [[prior if a == b else 0.0 for b in range(width)] for a in range(width)]
        return Line(means, scales, noise, self.options["drift"] * prior, [0.0] * width, spread)

    def load(self, artifact, features):
        try:
            read = json.loads(artifact)
            if read["format"] != FORMAT or read["features"] != features:
                raise ValueError("other features")
            noise, step = numbers([read["noise"], read["step"]], 2)
            means, scales = numbers(read["means"], len(features)), numbers(read["scales"], len(features))
            return Line(means, scales, noise, step, [], []).with_state(read)
        except (ValueError, KeyError, TypeError) as error:
            raise PluginError("corrupted", "the artifact is not one of these features. Fit again.") from error

    def predict(self, fitted, values):
        return [fitted.predict(row) for row in values]

    def learner(self, fitted):
        # What a line holds is replaced, never changed, so this shares all but what it learns.
        return fitted.with_state(fitted.state())

    def learn(self, learner, row, label):
        try:
            learner.learn(row, label)
        except (ValueError, OverflowError) as error:
            raise PluginError("quality", "a row or its label is too large to learn from.") from error

    def save(self, learner):
        return json.dumps(learner.state()).encode()

    def restore(self, data, fitted):
        try:
            return fitted.with_state(json.loads(data))
        except (ValueError, KeyError, TypeError) as error:
            raise PluginError("corrupted", "what was learned cannot be read. Learn again from the fit.") from error


if __name__ == "__main__":
    run(DriftingLine)
