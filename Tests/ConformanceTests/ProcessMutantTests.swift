import FoundationEssentials
import Glibc
import HostProcess
import PluginKit
import PluginKitTesting
import TestSupport
import Testing

/// Broken plugins in Python, in a process of their own: the same suite finds them.
@Suite(.serialized, .enabled(if: PythonMutant.isPossible, "python3 is not in /usr/bin"))
struct ProcessMutantTests {
    /// What is wrong, and the checks that should say so, all and no others.
    static let mutants: [PythonMutant] = [
        PythonMutant("sound indicator", .indicator, "", [:], []),
        PythonMutant(
            "shares its state", .indicator,
            "class Mutant(Sound):\n    def fresh(self): return self.__class__.shared\n    shared = {'count': 0, 'sum': 0.0}",
            [:],
            [
                "freshEquality", "warmUp", "spoiledFuture", "damagedSnapshot", "extremeInput", "constantInput",
                "chunking", "causality", "snapshot", "peek", "copies", "refusal",
                "ownRows",
            ], atLeast: ["freshEquality"]),
        PythonMutant(
            "looks ahead", .indicator,
            """
            class Mutant(Sound):
                def update_run(self, state, run):
                    columns, refused = super().update_run(state, run)
                    finite = [value for value in columns[0] if math.isfinite(value)]
                    last = finite[-1] if finite else math.nan
                    return [[value if not math.isfinite(value) else value + last * 0.5 for value in columns[0]]], refused
            """, [:],
            ["causality", "chunking", "spoiledFuture", "snapshot", "refusal", "peek", "constantInput", "extremeInput"],
            atLeast: ["causality", "chunking"]),
        PythonMutant(
            "forgets in its snapshot", .indicator,
            "class Mutant(Sound):\n    def save(self, state): return json.dumps({'count': state['count'], 'sum': 0.0}).encode()",
            [:], ["snapshot", "peek", "copies", "damagedSnapshot", "chunking"], atLeast: ["snapshot"]),
        PythonMutant("sound sink", .sink, "", [:], []),
        PythonMutant(
            "prints its secret", .sink,
            "class Mutant(Sound):\n    def probe(self): print('key is', self.options.get('key'))", [:], ["secrets"]),
        PythonMutant(
            "ignores stop", .sink,
            """
            class Mutant(Sound):
                def stop(self):
                    signal.signal(signal.SIGTERM, signal.SIG_IGN)
                    while True: signal.pause()
            """, ["patience": 0.4], ["stopTwice"], only: ["stopUnused", "stopTwice", "flush", "receipts"]),
        PythonMutant(
            "writes in the wrong order", .sink,
            "class Mutant(Sound):\n    def rows(self, bars): return list(reversed(bars.close))", [:], ["order"]),
        PythonMutant("sound provider", .provider, "", [:], []),
        PythonMutant(
            "answers in the wrong order", .provider,
            "class Mutant(Sound):\n    def ordered(self, rows): return list(reversed(rows))",
            [:], ["order"], only: ["capabilities", "order", "duplicates", "numbers", "range", "resume"]),
        PythonMutant(
            "resumes one back", .provider,
            "class Mutant(Sound):\n    def resumed(self, place): return max(0, place - 1)", [:],
            ["resume"]),
    ]

    @Test(arguments: mutants) func findsWhatIsWrong(mutant: PythonMutant) async throws {
        let folders = try TemporaryFolders()
        let report = try await mutant.report(folders)
        let found = Set(report.failedChecks)
        #expect(found.isSubset(of: mutant.found), "\(report.text)")
        #expect(found.isSuperset(of: mutant.atLeast), "\(report.text)")
    }
}

/// A plugin in Python that is sound but for one class.
struct PythonMutant: Sendable, CustomTestStringConvertible {
    static let isPossible = access("/usr/bin/python3", X_OK) == 0

    let name: String
    let kind: PluginKind
    /// Python that defines `Mutant`; empty for the sound plugin.
    let body: String
    let settings: [String: Double]
    /// Checks that may fail of it.
    let found: Set<String>
    /// Checks that must.
    let atLeast: Set<String>
    /// Checks to run; all where empty.
    let only: Set<String>
    var testDescription: String { name }

    init(
        _ name: String, _ kind: PluginKind, _ body: String, _ settings: [String: Double], _ found: Set<String>,
        atLeast: Set<String>? = nil, only: Set<String> = []
    ) {
        (self.name, self.kind, self.body, self.settings) = (name, kind, body, settings)
        (self.found, self.atLeast, self.only) = (found, atLeast ?? found, only)
    }

    /// Runs the suite on it.
    func report(_ folders: TemporaryFolders) async throws -> ConformanceReport {
        let path = "\(folders.root)/mutant.py"
        let sound = ["indicator": Self.indicator, "sink": Self.sink, "provider": Self.provider][kind.rawValue] ?? ""
        let mutant = body.isEmpty ? "class Mutant(Sound): pass" : body
        try "\(Self.start)\n\(sound)\n\(mutant)\nrun(Mutant)\n".write(toFile: path, atomically: true, encoding: .utf8)
        var plugin = ProcessPlugin(
            command: ProcessCommand(
                arguments: ["/usr/bin/python3", path], directory: folders.root, stateDirectory: folders.root,
                environment: ["PYTHONPATH": "\(Repository.root)/PluginKit/Python"],
                readable: ["\(Repository.root)/PluginKit"], writable: [folders.root]))
        plugin.restart.firstDelay = .zero
        plugin.restart.budget = 1_000
        var sample = try Samples.sample(in: folders)
        if let patience = settings["patience"] { sample.patience = .seconds(patience) }
        if kind == .sink {
            sample.isIdempotent = false
            sample.keptCloses = { outside in
                let text = (try? String(contentsOfFile: "\(outside.folder)/closes", encoding: .utf8)) ?? ""
                return text.split(separator: "\n").map { Double($0) ?? .nan }
            }
        }
        if kind == .provider { sample.instruments = [Instrument(code: "IBM", venue: "US")] }
        return await Conformance(try plugin.describe(), sample: sample).report(only: only.isEmpty ? nil : only)
    }

    private static let start = """
        import json, math, os, signal
        from penstock_plugin import Indicator, PluginError, Provider, Push, Sink, bars, run
        """

    /// A mean of all closes.
    private static let indicator = """
        class Sound(Indicator):
            descriptor = {"kind": "indicator", "name": "mutant", "version": "1.0.0", "summary": "Mean of all closes.",
                          "options": [], "outputs": [{"name": "value", "unit": "", "summary": "The mean."}]}
            warm_up = 3
            def fresh(self): return {"count": 0, "sum": 0.0}
            def update(self, state, bar):
                if not all(math.isfinite(bar[name]) for name in ("open", "high", "low", "close")): return None
                state["count"] += 1; state["sum"] += bar["close"] / 1e3
                mean = state["sum"] / state["count"] * 1e3
                return [mean if state["count"] >= 3 else math.nan]
            def restore(self, data):
                try:
                    state = json.loads(data)
                    assert set(state) == {"count", "sum"} and type(state["count"]) is int and 0 <= state["count"] < 1 << 60
                    assert type(state["sum"]) is float and math.isfinite(state["sum"])
                    return state
                except (ValueError, AssertionError, TypeError, UnicodeDecodeError) as error:
                    raise PluginError("corrupted", "the state is damaged. Warm up again.") from error
        """

    /// Closes in a file, one a line.
    private static let sink = """
        class Sound(Sink):
            descriptor = {"kind": "sink", "name": "mutant", "version": "1.0.0", "summary": "Keeps closes in a file.",
                          "options": [{"name": "key", "type": "secret", "summary": "A key."}], "accepts": ["bars"]}
            file = None
            def rows(self, bars): return list(bars.close)
            def write(self, batch, frames):
                if self.file is None: self.file = open(os.path.join(self.state_directory, "closes"), "a")
                self.file.writelines(f"{float(close)!r}\\n" for close in self.rows(frames[0]))
            def checkpoint(self):
                if self.file is not None: self.file.flush(); os.fsync(self.file.fileno())
            def stop(self):
                if self.file is not None: self.file.close()
        """

    /// Forty bars.
    private static let provider = """
        class Sound(Provider):
            descriptor = {"kind": "provider", "name": "mutant", "version": "1.0.0", "summary": "Forty bars.", "options": [],
                          "provider": {"fetches": ["bar"], "streams": ["bar"], "is_replay": True, "needs_network": False}}
            def ordered(self, rows): return rows
            def resumed(self, place): return place
            def all(self, request):
                return [(step * 10**9, 1.0 + step, 2.0 + step, 0.5 + step, 1.5 + step, 1.0, math.nan, item["id"])
                        for item in request["instruments"] for step in range(1, 41)]
            def fetch(self, request):
                if request["kind"] != "bar": raise PluginError("unsupported", "it gives bars.")
                kept = [row for row in self.all(request) if request["from"] <= row[0] <= request["to"]]
                return bars(self.ordered(kept)), []
            def stream(self, subscription):
                if subscription["kind"] != "bar": raise PluginError("unsupported", "it gives bars.")
                place = subscription["resume_after"]
                if place is not None and not place.isdigit(): raise PluginError("bad_request", "no position of mine.")
                rows = self.all(subscription)
                for start in range(self.resumed(int(place)) if place else 0, len(rows), 8):
                    yield Push(bars(rows[start:start + 8]), str(min(start + 8, len(rows))))
        """
}
