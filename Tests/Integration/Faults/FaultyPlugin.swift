/// Sinks, indicators and models in Python that break as their options say: at the first call, at the fourth, or at the prediction after
/// those that judge a fit.
enum FaultyPlugin {
    /// What each file begins with: knows whether it broke before, and breaks before it says hello where that is asked.
    static let beginning = #"""
        import json, math, os, signal, sys, time

        HOME = os.environ.get("HOME", ".")

        def is_first():
            try:
                os.close(os.open(os.path.join(HOME, "broken"), os.O_CREAT | os.O_EXCL))
                return True
            except FileExistsError:
                return False

        name = os.path.basename(HOME)
        if "-hello_" in name and ("_once" not in name or is_first()):
            if "_exit_" in name:
                os._exit(7)
            time.sleep(3600)
        """#

    /// Its folder.
    static func source(_ kind: String) -> (manifest: String, file: String, code: String) {
        let own = kind == "sink" ? sink : kind == "indicator" ? indicator : model
        return (
            manifest.replacing("KIND", with: kind).replacing("MORE", with: own.manifest), "plugin.py",
            (beginning + "\n" + breaking + "\n" + own.code).replacing("KIND", with: kind)
                .replacing("MORE", with: own.descriptor)
        )
    }

    private static let manifest = """
        id: KIND/faulty
        version: 1.0.0
        summary: Breaks as it is told.
        tier: process
        command: [python3, plugin.py]
        options:
          call: { type: text, required: true, summary: Which call breaks. }
          fault: { type: text, required: true, summary: How. }
          when: { type: text, required: true, summary: When. }
        MORE

        """

    private static let breaking = #"""
        from penstock_plugin import Indicator, Model, PluginError, Sink, run

        class Breaking:
            DESCRIPTOR = {
                "kind": "KIND", "name": "faulty", "version": "1.0.0", "summary": "Breaks as it is told.",
                "options": [{"name": "call", "type": "text", "required": True, "summary": "Which call breaks."},
                            {"name": "fault", "type": "text", "required": True, "summary": "How."},
                            {"name": "when", "type": "text", "required": True, "summary": "When."}],
                MORE
            }
            calls = 0

            def fails(self, call):
                """Breaks, where it is time; returns the fault the caller has to make itself."""
                if self.options["call"] != call:
                    return None
                self.calls += 1
                when = self.options["when"]
                at = 1 if when == "start" or call in ("probe", "fit", "load", "checkpoint") else 16 if call == "predict" else 4
                is_broken = when == "always" and os.path.exists(os.path.join(HOME, "broken"))
                if self.calls < at and not is_broken:
                    return None
                if not is_first() and when != "always":
                    return None
                fault = self.options["fault"]
                if fault == "raise":
                    {}["close"]
                if fault == "exit":
                    os._exit(7)
                if fault == "kill":
                    os.kill(os.getpid(), signal.SIGKILL)
                if fault == "garbage":
                    self.host._target.write(b"\xff\xfe no message\n")
                    self.host._target.flush()
                if fault in ("garbage", "hang"):
                    time.sleep(3600)
                if fault in ("shape", "retry", "nan"):
                    return fault
                raise PluginError(fault, f"told to be {fault}.", 0.1 if fault == "rate_limited" else None)

            def probe(self):
                self.fails("probe")

        """#

    /// Keeps the times of bars, as text, in a file of its own; what it was given since the last checkpoint is in memory.
    private static let sink = (
        manifest: "accepts: [bars]", descriptor: #""accepts": ["bars"]"#,
        code: #"""
        class Faulty(Breaking, Sink):
            descriptor = Breaking.DESCRIPTOR
            held = ()

            def write(self, batch, frames):
                fault = self.fails("write")
                rows = list(frames[0].columns["time"])
                if fault == "retry":
                    self.held = list(self.held) + rows[1:]
                    return {"retry": [0]}
                self.held = list(self.held) + rows

            def checkpoint(self):
                rows, self.held = self.held, ()
                self.fails("checkpoint")
                with open(os.path.join(HOME, "rows.txt"), "a", encoding="ascii") as file:
                    file.writelines(f"{row}\n" for row in rows)

        run(Faulty)

        """#
    )

    /// Counts the bars it has seen.
    private static let indicator = (
        manifest: "outputs: { value: { summary: Bars so far. } }",
        descriptor: #""outputs": [{"name": "value", "unit": "", "summary": "Bars so far."}]"#,
        code: #"""
        class Faulty(Breaking, Indicator):
            descriptor = Breaking.DESCRIPTOR
            warm_up = 1

            def fresh(self):
                return [0]

            def update(self, state, bar):
                fault = self.fails("update")
                state[0] += 1
                return [1.0, 2.0] if fault == "shape" else [float(state[0])]

        run(Faulty)

        """#
    )

    /// Predicts the mean of what it learned from.
    private static let model = (
        manifest: "outputs: { value: { summary: The mean. } }",
        descriptor: #""outputs": [{"name": "value", "unit": "", "summary": "The mean."}]"#,
        code: #"""
        class Faulty(Breaking, Model):
            descriptor = Breaking.DESCRIPTOR

            def fit(self, features, values, labels, seed, threads, progress):
                self.fails("fit")
                labels = [float(label) for label in labels]
                return json.dumps({"mean": math.fsum(labels) / len(labels)}).encode()

            def load(self, artifact, features):
                self.fails("load")
                return json.loads(artifact)["mean"]

            def predict(self, fitted, values):
                fault = self.fails("predict")
                return [[math.nan if fault == "nan" else fitted] for _ in values]

        run(Faulty)

        """#
    )
}
