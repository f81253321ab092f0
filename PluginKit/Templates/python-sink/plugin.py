"""Appends bars as lines to a file of its own folder."""
import os

from penstock_plugin import PluginError, Sink, run

import example_log


class ExampleLog(Sink):
    descriptor = {
        "kind": "sink", "name": "example_log", "version": "0.1.0", "stability": "experimental",
        "summary": "Appends bars as lines to a file of its own folder.",
        "options": [{"name": "file", "type": "text", "default": "bars.csv",
                     "summary": "Name of the file in the plugin's state folder."}],
        "accepts": ["bars"],
    }
    file = None

    def probe(self):
        self.opened()

    def write(self, batch, frames):
        self.opened().writelines(example_log.lines(frames[0], batch["symbols"]))

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
    run(ExampleLog)
