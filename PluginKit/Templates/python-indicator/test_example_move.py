import math
import sys
import types
import unittest

try:
    import penstock_plugin  # noqa: F401
except ImportError:  # the host lends it; here its error class is enough
    sys.modules["penstock_plugin"] = types.SimpleNamespace(PluginError=type("PluginError", (Exception,), {}))

import example_move


class Moves(unittest.TestCase):
    def test_the_move_is_the_difference_of_two_closes(self):
        values, refused = example_move.moves([], [5.0, 7.0, math.nan, 6.0, 10.0], 2)
        self.assertTrue(all(math.isnan(value) for value in values[:3]))
        self.assertEqual((values[3:], refused), ([1.0, 3.0], [2]))


if __name__ == "__main__":
    unittest.main()
