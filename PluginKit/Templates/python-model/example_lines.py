"""Learning and predicting. Pure functions."""
import json
import math

from penstock_plugin import PluginError


def fit(features, values, labels):
    """Learns the line of the label over each feature; returns the artifact."""
    rows = [[float(number) for number in row] for row in values]
    labels = [float(label) for label in labels]
    if not rows or not all(map(math.isfinite, [*labels, *(number for row in rows for number in row)])):
        raise PluginError("bad_request", "the training set is empty or has numbers that are not finite. Drop such rows.")
    label = sum(labels) / len(labels)
    means = [sum(column) / len(rows) for column in zip(*rows)]
    slopes = []
    for column, mean in zip(zip(*rows), means):
        square = sum((number - mean) ** 2 for number in column)
        product = sum((number - mean) * (one - label) for number, one in zip(column, labels))
        slopes.append(product / square / len(means) if square > 0 else 0.0)
    return json.dumps({"format": "example_lines/1", "features": features, "label": label, "means": means,
                       "slopes": slopes}).encode()


def loaded(artifact, features):
    """Returns what `predict` needs; raises PluginError("corrupted") for other bytes or features."""
    try:
        read = json.loads(artifact)
        numbers = [read["label"], *read["means"], *read["slopes"]]
        assert read["format"] == "example_lines/1" and read["features"] == features
        assert len(read["means"]) == len(read["slopes"]) == len(features)
        assert all(type(number) is float and math.isfinite(number) for number in numbers)
        return read["label"], read["means"], read["slopes"]
    except (ValueError, KeyError, TypeError, AssertionError) as error:
        raise PluginError("corrupted", "the artifact is damaged or of other features. Fit again.") from error


def predict(fitted, values):
    """Returns one row of outputs for each row."""
    label, means, slopes = fitted
    return [[label + sum((float(number) - mean) * slope for number, mean, slope in zip(row, means, slopes))]
            for row in values]
