import types
import unittest

import example_log


class Bars(types.SimpleNamespace):
    def __len__(self):
        return len(self.time)


class Lines(unittest.TestCase):
    def test_a_bar_is_a_line(self):
        bars = Bars(time=[60 * 10**9], open=[1], high=[2], low=[0.5], close=[1.5], volume=[10], instrument=[7])
        self.assertEqual(list(example_log.lines(bars, {"7": "IBM.US"})), ["IBM.US,60,1.0,2.0,0.5,1.5,10.0\n"])


if __name__ == "__main__":
    unittest.main()
