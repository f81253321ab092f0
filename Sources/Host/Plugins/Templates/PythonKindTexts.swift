import PluginKit

/// The sources of a new plugin of one kind in Python.
struct PythonKindTexts {
    /// `plugin.py`.
    let plugin: String
    /// `@NAME@.py`: pure functions.
    let parts: String
    /// `test_@NAME@.py`.
    let tests: String

    init(_ kind: PluginKind) {
        switch kind {
        case .provider: (plugin, parts, tests) = (Self.provider, Self.rows, Self.rowTests)
        case .indicator: (plugin, parts, tests) = (Self.indicator, Self.moves, Self.moveTests)
        case .model: (plugin, parts, tests) = (Self.model, Self.lines, Self.lineTests)
        case .sink: (plugin, parts, tests) = (Self.sink, Self.text, Self.textTests)
        }
    }

    private static let provider = #"""
        """Daily bars from CSV files, one for each instrument."""
        import os

        from penstock_plugin import PluginError, Provider, Push, bars, run

        import @NAME@


        class @TYPE@(Provider):
            descriptor = {
                "kind": "provider", "name": "@NAME@", "version": "0.1.0", "stability": "experimental",
                "summary": "@ABOUT@",
                "options": [
                    {"name": "path", "type": "path", "required": True, "summary": "Folder of the files."},
                    {"name": "batch", "type": "integer", "minimum": 1, "maximum": 4096, "default": 256, "unit": "bars",
                     "summary": "Bars pushed at once."},
                ],
                "provider": {"fetches": ["bar"], "streams": ["bar"], "is_replay": True, "needs_network": False},
            }

            def fetch(self, request):
                rows, defects = self.rows(request)
                return bars(row for row in rows if request["from"] <= row[0] <= request["to"]), defects

            def stream(self, subscription):
                rows, defects = self.rows(subscription)
                rows.sort(key=lambda row: (row[0], row[-1]))
                position = subscription.get("resume_after") or "0"
                if not position.isdigit() or int(position) > len(rows):
                    raise PluginError("bad_request", f"{position!r} is no position of it; allowed 0...{len(rows)}.")
                for start in range(int(position), len(rows), self.options["batch"]):
                    chunk = rows[start:start + self.options["batch"]]
                    yield Push(bars(chunk), str(start + len(chunk)), defects)
                    defects = []

            def rows(self, request):
                if request["kind"] != "bar":
                    raise PluginError("unsupported", f"it gives bars, not {request['kind']}s.")
                folder = os.path.join(self.base_directory, self.options["path"])
                rows, defects = [], []
                for item in request["instruments"]:
                    name = item["code"] + ".csv"
                    try:
                        with open(os.path.join(folder, name), encoding="utf-8", errors="replace") as file:
                            read, bad = @NAME@.read(file.read(), item["id"], name)
                    except OSError as error:
                        raise PluginError("not_found", f"'{name}' cannot be read: {error.strerror}. Check 'path'.") from error
                    rows += read
                    defects += bad
                return rows, defects


        if __name__ == "__main__":
            run(@TYPE@)

        """#

    private static let rows = #"""
        """The format of the files: text to rows. Pure functions."""
        import math


        def read(text, instrument, name):
            """Returns rows of bars, and a defect for each line that cannot be one; a header is passed over."""
            rows, defects = [], []
            for number, line in enumerate(text.splitlines(), 1):
                if not line or (number == 1 and line.startswith("seconds,")):
                    continue
                try:
                    fields = line.split(",")
                    open_, high, low, close, volume = numbers = [float(field) for field in fields[1:]]
                    time = int(fields[0]) * 10**9
                    if not all(map(math.isfinite, numbers)) or abs(time) >= 2**63:
                        raise ValueError(line)
                except ValueError:
                    defects.append({"place": f"{name}:{number}", "reason": "unreadable_row", "raw": line[:200],
                                    "message": "it is not seconds,open,high,low,close,volume."})
                else:
                    rows.append((time, open_, high, low, close, volume, math.nan, instrument))
            return rows, defects

        """#

    private static let rowTests = #"""
        import unittest

        import @NAME@


        class Rows(unittest.TestCase):
            def test_a_row_becomes_a_bar(self):
                rows, defects = @NAME@.read("1362171600,200.5,202,200,201,3309100\n", 2, "f")
                self.assertEqual(rows[0][:6], (1362171600 * 10**9, 200.5, 202, 200, 201, 3309100))
                self.assertEqual((rows[0][-1], defects), (2, []))

            def test_a_row_that_cannot_be_read_is_a_defect(self):
                for line in ["x,1,2,3,4,5", "1,2,3", "1,1,nan,1,1,1", "99999999999999,1,1,1,1,1"]:
                    rows, defects = @NAME@.read(line, 2, "f")
                    self.assertEqual((rows, len(defects)), ([], 1), line)


        if __name__ == "__main__":
            unittest.main()

        """#

    private static let indicator = #"""
        """How far the close moved over a number of bars."""
        from penstock_plugin import Indicator, run

        import @NAME@


        class @TYPE@(Indicator):
            descriptor = {
                "kind": "indicator", "name": "@NAME@", "version": "0.1.0", "stability": "experimental",
                "summary": "@ABOUT@",
                "options": [{"name": "period", "type": "integer", "minimum": 1, "maximum": 10000, "default": 10, "unit": "bars",
                             "summary": "Bars the move is measured over."}],
                "outputs": [{"name": "value", "unit": "quote currency",
                             "summary": "Close minus the close that many bars before."}],
            }

            def __init__(self, options, host):
                super().__init__(options, host)
                self.warm_up = options["period"] + 1

            def fresh(self):
                return []

            def update_run(self, state, bars):
                values, refused = @NAME@.moves(state, bars.close.tolist(), self.options["period"])
                return [values], refused

            def restore(self, data):
                return @NAME@.restored(data, self.options["period"])


        if __name__ == "__main__":
            run(@TYPE@)

        """#

    private static let moves = #"""
        """The arithmetic and its state: the last closes. Pure functions."""
        import json
        import math

        from penstock_plugin import PluginError


        def moves(last, closes, period):
            """Takes closes, changes the list of the last ones; returns the moves and the positions refused."""
            values, refused = [], []
            for row, close in enumerate(closes):
                value = math.nan
                if not math.isfinite(close):
                    refused.append(row)
                else:
                    if len(last) == period:
                        value = close - last.pop(0)
                    last.append(close)
                values.append(value)
            return values, refused


        def restored(data, period):
            """Reads a state back; raises PluginError("corrupted") for other bytes."""
            try:
                last = json.loads(data)
                assert isinstance(last, list) and len(last) <= period
                assert all(type(close) is float and math.isfinite(close) for close in last)
                return last
            except (ValueError, AssertionError) as error:
                raise PluginError("corrupted", "the state is damaged. Warm up again.") from error

        """#

    private static let moveTests = #"""
        import math
        import sys
        import types
        import unittest

        try:
            import penstock_plugin  # noqa: F401
        except ImportError:  # the host lends it; here its error class is enough
            sys.modules["penstock_plugin"] = types.SimpleNamespace(PluginError=type("PluginError", (Exception,), {}))

        import @NAME@


        class Moves(unittest.TestCase):
            def test_the_move_is_the_difference_of_two_closes(self):
                values, refused = @NAME@.moves([], [5.0, 7.0, math.nan, 6.0, 10.0], 2)
                self.assertTrue(all(math.isnan(value) for value in values[:3]))
                self.assertEqual((values[3:], refused), ([1.0, 3.0], [2]))


        if __name__ == "__main__":
            unittest.main()

        """#
}
