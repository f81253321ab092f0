"""Appends records as comma-separated lines; a record written twice is written once, one with other values once more."""
import os

from penstock_plugin import PluginError, Sink, run


class Lines(Sink):
    descriptor = {
        "kind": "sink", "name": "python_lines", "version": "1.0.0", "stability": "stable",
        "summary": "Appends bars as lines to a file of its own folder.",
        "options": [{"name": "file", "type": "text", "default": "bars.csv",
                     "summary": "Name of the file in the plugin's state folder."}],
        "accepts": ["bars"],
    }

    @classmethod
    def validate(cls, options):
        return [("file", "is a path; allowed is a bare name.")] if "/" in options["file"] else []

    def __init__(self, options, host):
        super().__init__(options, host)
        self.file, self.seen, self.rows = None, set(), 0

    def open(self):
        if self.file is None:
            path = os.path.join(self.state_directory, self.options["file"])
            if os.path.exists(path):
                with open(path, encoding="utf-8") as old:
                    self.seen = set(old)
            try:
                self.file = open(path, "a", encoding="utf-8")
            except OSError as error:
                raise PluginError("environment", f"the file cannot be opened: {error.strerror}") from error

    def write(self, batch, frames):
        self.open()
        bars = frames[0]
        for row in range(len(bars)):
            symbol = batch["symbols"].get(str(bars.instrument[row]), str(bars.instrument[row]))
            values = [bars.open[row], bars.high[row], bars.low[row], bars.close[row], bars.volume[row]]
            identity = [batch["source"], symbol, str(bars.time[row])]
            line = ",".join([*identity, *(repr(float(value)) for value in values)]) + "\n"
            if line not in self.seen:
                self.seen.add(line)
                self.rows += 1
                self.file.write(line)
        self.host.metric("rows", self.rows)
        return None

    def checkpoint(self):
        if self.file is not None:
            self.file.flush()
            os.fsync(self.file.fileno())

    def stop(self):
        if self.file is not None:
            self.checkpoint()
            self.file.close()
            self.file = None


if __name__ == "__main__":
    run(Lines)
