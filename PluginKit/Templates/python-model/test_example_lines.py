import sys
import types
import unittest

try:
    import penstock_plugin  # noqa: F401
except ImportError:  # the host lends it; here its error class is enough
    sys.modules["penstock_plugin"] = types.SimpleNamespace(PluginError=type("PluginError", (Exception,), {}))

import example_lines


class Lines(unittest.TestCase):
    def test_learns_a_line(self):
        values = [[float(x)] for x in range(20)]
        artifact = example_lines.fit(["x"], values, [2 * row[0] + 1 for row in values])
        self.assertAlmostEqual(example_lines.predict(example_lines.loaded(artifact, ["x"]), [[30.0]])[0][0], 61)

    def test_refuses_other_features(self):
        artifact = example_lines.fit(["x"], [[1.0], [2.0]], [1.0, 2.0])
        with self.assertRaises(Exception):
            example_lines.loaded(artifact, ["y"])


if __name__ == "__main__":
    unittest.main()
