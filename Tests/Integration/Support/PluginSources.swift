/// Plugins in Python that tests install; standard library only.
enum PluginSources {
    /// A provider over the shipped CSV files: it fetches and pushes them.
    static let provider = (
        manifest: """
        id: provider/csv_files
        version: 1.0.0
        summary: Daily bars from CSV files.
        tier: process
        command: [python3, provider.py]
        options:
          path: { type: path, required: true, summary: Folder of the files. }
        provider: { fetches: [bar], streams: [bar], is_replay: true, needs_network: false }
        permissions: { files: ["read {path}"] }

        """,
        file: "provider.py",
        code: """
        import csv, datetime, math, os
        from penstock_plugin import Provider, PluginError, Push, bars, run

        class Files(Provider):
            descriptor = {
                "kind": "provider", "name": "csv_files", "version": "1.0.0", "summary": "Daily bars from CSV files.",
                "options": [{"name": "path", "type": "path", "required": True, "summary": "Folder of the files."}],
                "provider": {"fetches": ["bar"], "streams": ["bar"], "is_replay": True, "needs_network": False},
            }

            def rows(self, request):
                folder = os.path.join(self.base_directory, self.options["path"])
                for instrument in request["instruments"]:
                    try:
                        with open(os.path.join(folder, instrument["code"] + ".csv"), encoding="ascii") as file:
                            for row in csv.DictReader(file):
                                day = datetime.datetime.fromisoformat(row["date"] + "T21:00:00+00:00")
                                yield (int(day.timestamp()) * 10**9, float(row["open"]), float(row["high"]),
                                       float(row["low"]), float(row["close"]), float(row["volume"]), math.nan,
                                       instrument["id"])
                    except OSError as error:
                        raise PluginError("environment", f"{instrument['code']}.csv: {error.strerror}") from error

            def fetch(self, request):
                return bars(r for r in self.rows(request) if request["from"] <= r[0] <= request["to"]), []

            def stream(self, subscription):
                rows = sorted(self.rows(subscription), key=lambda row: (row[0], row[-1]))
                after = int(subscription.get("resume_after") or 0)
                rows = [row for row in rows if row[0] > after]
                for start in range(0, len(rows), 512):
                    part = rows[start:start + 512]
                    yield Push(bars(part), str(part[-1][0]))

        run(Files)

        """
    )

    /// An indicator that hangs at its first bar, and says so with a file.
    static let hanging = (
        manifest: """
        id: indicator/hanging
        version: 1.0.0
        summary: Hangs.
        tier: process
        command: [python3, hanging.py]
        options:
          name: { type: text, required: true, summary: Tells instances apart. }
        outputs: { value: { summary: None. } }

        """,
        file: "hanging.py",
        code: """
        import os, time
        from penstock_plugin import Indicator, run

        class Hanging(Indicator):
            descriptor = {
                "kind": "indicator", "name": "hanging", "version": "1.0.0", "summary": "Hangs.",
                "options": [{"name": "name", "type": "text", "required": True, "summary": "Tells instances apart."}],
                "outputs": [{"name": "value", "unit": "", "summary": "None."}],
            }

            def fresh(self):
                return {}

            def update(self, state, bar):
                open(os.path.join(self.state_directory, "hangs"), "w").close()
                time.sleep(3600)

        run(Hanging)

        """
    )

    /// A model that predicts the mean of what it learned from.
    static let model = (
        manifest: """
        id: model/mean
        version: 1.0.0
        summary: The mean of the labels.
        tier: process
        command: [python3, model.py]
        outputs: { value: { summary: The mean. } }

        """,
        file: "model.py",
        code: """
        import json, math
        from penstock_plugin import Model, run

        class Mean(Model):
            descriptor = {"kind": "model", "name": "mean", "version": "1.0.0", "summary": "The mean of the labels.",
                          "options": [], "outputs": [{"name": "value", "unit": "", "summary": "The mean."}]}

            def fit(self, features, values, labels, seed, threads, progress):
                progress(0.5)
                labels = [float(label) for label in labels]
                return json.dumps({"mean": math.fsum(labels) / len(labels)}).encode()

            def load(self, artifact, features):
                return json.loads(artifact)["mean"]

            def predict(self, fitted, values):
                return [[fitted] for _ in values]

        run(Mean)

        """
    )

    /// A sink that counts in its log, and exits when it is written to, where `dies` is set.
    static func sink(dies: Bool) -> String {
        """
        import sys
        from penstock_plugin import Sink, run

        class Counting(Sink):
            descriptor = {"kind": "sink", "name": "counting", "version": "1.0.0", "summary": "Counts.",
                          "options": [], "accepts": ["bars"]}
            total = 0

            def write(self, batch, frames):
                if \(dies ? "True" : "False"):
                    print("it hurts", file=sys.stderr)
                    sys.stderr.flush()
                    import os
                    os._exit(3)
                self.total += len(frames[0])
                self.host.metric("rows", self.total)

        run(Counting)

        """
    }

    /// The file of `sink`.
    static let sinkManifest = """
        id: sink/counting
        version: 1.0.0
        summary: Counts.
        tier: process
        command: [python3, sink.py]
        accepts: [bars]

        """
}

extension Sandbox {
    /// Writes the folder of a plugin.
    func writePlugin(_ folder: String, _ source: (manifest: String, file: String, code: String)) throws {
        try makeFolder(folder)
        try write(source.manifest, to: "\(folder)/plugin.yaml")
        try write(source.code, to: "\(folder)/\(source.file)")
    }
}
