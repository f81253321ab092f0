// Models and sinks in Python.
extension PythonKindTexts {
    static let model = #"""
        """Averages the regressions on each feature alone; the artifact is JSON, so loading it executes nothing."""
        from penstock_plugin import Model, run

        import @NAME@


        class @TYPE@(Model):
            descriptor = {
                "kind": "model", "name": "@NAME@", "version": "0.1.0", "stability": "experimental",
                "summary": "@ABOUT@", "options": [],
                "outputs": [{"name": "value", "unit": "", "summary": "The prediction, in the target's unit."}],
            }

            def fit(self, features, values, labels, seed, threads, progress):
                progress(0.0)
                artifact = @NAME@.fit(features, values, labels)
                progress(1.0)
                return artifact

            def load(self, artifact, features):
                return @NAME@.loaded(artifact, features)

            def predict(self, fitted, values):
                return @NAME@.predict(fitted, values)


        if __name__ == "__main__":
            run(@TYPE@)

        """#

    static let lines = #"""
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
            return json.dumps({"format": "@NAME@/1", "features": features, "label": label, "means": means,
                               "slopes": slopes}).encode()


        def loaded(artifact, features):
            """Returns what `predict` needs; raises PluginError("corrupted") for other bytes or features."""
            try:
                read = json.loads(artifact)
                numbers = [read["label"], *read["means"], *read["slopes"]]
                assert read["format"] == "@NAME@/1" and read["features"] == features
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

        """#

    static let lineTests = #"""
        import sys
        import types
        import unittest

        try:
            import penstock_plugin  # noqa: F401
        except ImportError:  # the host lends it; here its error class is enough
            sys.modules["penstock_plugin"] = types.SimpleNamespace(PluginError=type("PluginError", (Exception,), {}))

        import @NAME@


        class Lines(unittest.TestCase):
            def test_learns_a_line(self):
                values = [[float(x)] for x in range(20)]
                artifact = @NAME@.fit(["x"], values, [2 * row[0] + 1 for row in values])
                self.assertAlmostEqual(@NAME@.predict(@NAME@.loaded(artifact, ["x"]), [[30.0]])[0][0], 61)

            def test_refuses_other_features(self):
                artifact = @NAME@.fit(["x"], [[1.0], [2.0]], [1.0, 2.0])
                with self.assertRaises(Exception):
                    @NAME@.loaded(artifact, ["y"])


        if __name__ == "__main__":
            unittest.main()

        """#

    static let sink = #"""
        """Appends bars as lines to a file of its own folder."""
        import os

        from penstock_plugin import PluginError, Sink, run

        import @NAME@


        class @TYPE@(Sink):
            descriptor = {
                "kind": "sink", "name": "@NAME@", "version": "0.1.0", "stability": "experimental",
                "summary": "@ABOUT@",
                "options": [{"name": "file", "type": "text", "default": "bars.csv",
                             "summary": "Name of the file in the plugin's state folder."}],
                "accepts": ["bars"],
            }
            file = None

            def probe(self):
                self.opened()

            def write(self, batch, frames):
                self.opened().writelines(@NAME@.lines(frames[0], batch["symbols"]))

            def checkpoint(self):
                if self.file is not None:
                    self.file.flush()
                    os.fsync(self.file.fileno())

            def stop(self):
                if self.file is not None:
                    self.checkpoint()
                    self.file.close()
                    self.file = None

            def opened(self):
                if self.file is None:
                    try:
                        self.file = open(os.path.join(self.state_directory, self.options["file"]), "a", encoding="utf-8")
                    except OSError as error:
                        raise PluginError("environment", f"the file cannot be opened: {error.strerror}. Check 'file'.") from error
                return self.file


        if __name__ == "__main__":
            run(@TYPE@)

        """#

    static let text = #"""
        """A bar as a line. Pure functions."""


        def lines(bars, symbols):
            """Gives one line a bar: instrument,seconds,open,high,low,close,volume."""
            for row in range(len(bars)):
                number = int(bars.instrument[row])
                values = [bars.open[row], bars.high[row], bars.low[row], bars.close[row], bars.volume[row]]
                start = [symbols.get(str(number), str(number)), str(int(bars.time[row]) // 10**9)]
                yield ",".join([*start, *(repr(float(value)) for value in values)]) + "\n"

        """#

    static let textTests = #"""
        import types
        import unittest

        import @NAME@


        class Bars(types.SimpleNamespace):
            def __len__(self):
                return len(self.time)


        class Lines(unittest.TestCase):
            def test_a_bar_is_a_line(self):
                bars = Bars(time=[60 * 10**9], open=[1], high=[2], low=[0.5], close=[1.5], volume=[10], instrument=[7])
                self.assertEqual(list(@NAME@.lines(bars, {"7": "IBM.US"})), ["IBM.US,60,1.0,2.0,0.5,1.5,10.0\n"])


        if __name__ == "__main__":
            unittest.main()

        """#
}
