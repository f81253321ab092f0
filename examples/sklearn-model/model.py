"""A ridge regression fitted by scikit-learn; the artifact is JSON, so loading it can execute nothing."""
import json

from penstock_plugin import Model, PluginError, run


class SklearnRidge(Model):
    descriptor = {
        "kind": "model", "name": "sklearn_ridge", "version": "1.0.0", "stability": "stable",
        "summary": "Ridge regression by scikit-learn.",
        "options": [{"name": "alpha", "type": "number", "minimum": 0, "maximum": 1e9, "default": 1.0,
                     "summary": "Strength of the penalty."}],
        "outputs": [{"name": "value", "unit": "", "summary": "The prediction, in the target's unit."}],
    }

    def probe(self):
        try:
            import sklearn  # noqa: F401
        except ImportError as error:
            raise PluginError("environment", "scikit-learn is not installed. Run: pip install scikit-learn") from error

    def fit(self, features, values, labels, seed, threads, progress):
        self.probe()
        from sklearn.linear_model import Ridge
        progress(0.0)
        fitted = Ridge(alpha=self.options["alpha"], solver="cholesky").fit(values, labels)
        progress(1.0)
        artifact = {"format": "sklearn_ridge/1", "features": features, "coefficients": fitted.coef_.tolist(),
                    "intercept": float(fitted.intercept_)}
        return json.dumps(artifact).encode()

    def load(self, artifact, features):
        try:
            read = json.loads(artifact)
            assert read["format"] == "sklearn_ridge/1" and read["features"] == features
            return [float(number) for number in read["coefficients"]], float(read["intercept"])
        except (ValueError, KeyError, TypeError, AssertionError) as error:
            raise PluginError("corrupted", "the artifact is not one of these features. Fit again.") from error

    def predict(self, fitted, values):
        coefficients, intercept = fitted
        return [[intercept + sum(a * b for a, b in zip(coefficients, row))] for row in values]


if __name__ == "__main__":
    run(SklearnRidge)
