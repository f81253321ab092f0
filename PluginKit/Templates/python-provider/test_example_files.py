import unittest

import example_files


class Rows(unittest.TestCase):
    def test_a_row_becomes_a_bar(self):
        rows, defects = example_files.read("1362171600,200.5,202,200,201,3309100\n", 2, "f")
        self.assertEqual(rows[0][:6], (1362171600 * 10**9, 200.5, 202, 200, 201, 3309100))
        self.assertEqual((rows[0][-1], defects), (2, []))

    def test_a_row_that_cannot_be_read_is_a_defect(self):
        for line in ["x,1,2,3,4,5", "1,2,3", "1,1,nan,1,1,1", "99999999999999,1,1,1,1,1"]:
            rows, defects = example_files.read(line, 2, "f")
            self.assertEqual((rows, len(defects)), ([], 1), line)


if __name__ == "__main__":
    unittest.main()
