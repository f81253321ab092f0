"""Daily bars from CSV files, one for each instrument."""
import os

from penstock_plugin import PluginError, Provider, Push, bars, run

import example_files


class ExampleFiles(Provider):
    descriptor = {
        "kind": "provider", "name": "example_files", "version": "0.1.0", "stability": "experimental",
        "summary": "Reads daily bars from CSV files, one for each instrument.",
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
                    read, bad = example_files.read(file.read(), item["id"], name)
            except OSError as error:
                raise PluginError("not_found", f"'{name}' cannot be read: {error.strerror}. Check 'path'.") from error
            rows += read
            defects += bad
        return rows, defects


if __name__ == "__main__":
    run(ExampleFiles)
