"""Averages the regressions on each feature alone; the artifact is JSON, so loading it executes nothing."""
from penstock_plugin import Model, run

import example_lines


class ExampleLines(Model):
    descriptor = {
        "kind": "model", "name": "example_lines", "version": "0.1.0", "stability": "experimental",
        "summary": "Averages the regressions on each feature alone.", "options": [],
        "outputs": [{"name": "value", "unit": "", "summary": "The prediction, in the target's unit."}],
    }

    def fit(self, features, values, labels, seed, threads, progress):
        progress(0.0)
        artifact = example_lines.fit(features, values, labels)
        progress(1.0)
        return artifact

    def load(self, artifact, features):
        return example_lines.loaded(artifact, features)

    def predict(self, fitted, values):
        return example_lines.predict(fitted, values)


if __name__ == "__main__":
    run(ExampleLines)
