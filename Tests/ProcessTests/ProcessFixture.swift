import CProcessLauncher
import FoundationEssentials
import Glibc
import HostProcess
import PluginKit
import Synchronization
import TestSupport

/// Plugins to start in a test, each in a folder of its own that goes away with the fixture.
final class ProcessFixture: Sendable {
    static let root = Repository.root
    /// Whether the kernel has Landlock, which file rules need.
    static let hasFileRules = penstock_landlock_version() > 0
    static let hasPython = FileManager.default.isExecutableFile(atPath: "/usr/bin/python3")
    static let isPythonMissing = "python3 is not in /usr/bin"

    let folder: String
    let states = Mutex<[ProcessState]>([])
    let logs = Mutex<[String]>([])
    /// Everything a log line holds beside its text, by line.
    let tags = Mutex<[[String: String]]>([])

    init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "penstock-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    /// A command for one of the examples.
    func example(_ path: String) -> ProcessCommand {
        command(["/usr/bin/python3", "\(Self.root)/examples/\(path)"])
    }

    /// A command for a Python program that answers by hand: `answer(type, id, **members)` and `read()` are there.
    func script(_ body: String) throws -> ProcessCommand {
        let start = """
            import json, os, signal, sys, time
            def read():
                line = sys.stdin.readline()
                if not line: sys.exit(0)
                return json.loads(line)
            def answer(type, id, **members):
                sys.stdout.write(json.dumps(dict(members, type=type, id=id)) + "\\n"); sys.stdout.flush()
            def greet():
                message = read(); answer("hello", message["id"], version=2, frames_form="json")
                message = read(); answer("result", message["id"], warm_up=0)

            """
        try (start + body).write(toFile: "\(folder)/plugin.py", atomically: true, encoding: .utf8)
        return command(["/usr/bin/python3", "\(folder)/plugin.py"])
    }

    func command(_ arguments: [String]) -> ProcessCommand {
        ProcessCommand(
            arguments: arguments, directory: folder, stateDirectory: folder,
            environment: ["PYTHONPATH": "\(Self.root)/PluginKit/Python"],
            readable: ["\(Self.root)/examples", "\(Self.root)/PluginKit"])
    }

    var context: PluginContext {
        PluginContext(
            baseDirectory: folder, stateDirectory: folder, instruments: Names(),
            log: { [weak self] _, message, data in
                self?.logs.withLock { $0.append(message) }
                self?.tags.withLock { $0.append(data) }
            })
    }

    /// A sink over a command, without describing it first; restarts at once.
    func plugin(_ command: ProcessCommand, budget: Int = 100) -> ProcessPlugin {
        var plugin = ProcessPlugin(command: command)
        plugin.restart.firstDelay = .zero
        plugin.restart.budget = budget
        plugin.deadlines.stop = .milliseconds(200)
        plugin.onLog = { [weak self] _, _, message, _ in self?.logs.withLock { $0.append(message) } }
        plugin.onState = { [weak self] _, _, state in self?.states.withLock { $0.append(state) } }
        return plugin
    }

    /// A sink of a program, without describing it first.
    func sink(_ command: ProcessCommand, _ values: [String: ConfigurationValue] = [:]) throws -> any Sink {
        let descriptor = PluginDescriptor(
            kind: .sink, name: "bad", summary: "", schema: ConfigurationSchema([]), accepts: [.bars])
        guard case .sink(let make) = plugin(command).type(descriptor).maker else {
            throw PluginError(.unsupported, "test: no sink.")
        }
        return try make(Configuration(instance: "sink/bad", values: values), context)
    }

    /// The number of a process that a program wrote to a file.
    func process(_ file: String) throws -> Int32 {
        let text = try String(contentsOfFile: "\(folder)/\(file)", encoding: .utf8)
        guard let number = Int32(text) else { throw PluginError(.malformed, "test: '\(text)' is no number.") }
        return number
    }

    /// Whether no process has this number, or only the record of an ended one is left.
    static func isGone(_ process: Int32) -> Bool {
        guard kill(process, 0) == 0 else { return true }
        let status = (try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8)) ?? ""
        return status.isEmpty || status.contains(") Z ")
    }

    struct Names: InstrumentDirectory {
        func instrument(_ id: InstrumentID) -> Instrument { Instrument(code: "I\(id.rawValue)", venue: "US") }
        func id(of instrument: Instrument) -> InstrumentID? { nil }
    }
}

/// Bars of one instrument with closes that move.
func bars(_ count: Int, from first: Int = 0) -> [Bar] {
    (first..<first + count).map { index in
        let close = 100 + Double(index % 37) / 4
        return Bar(
            time: Int64(index + 1) * 60_000_000_000, open: close, high: close + 1, low: close - 1, close: close,
            volume: 10, instrument: InstrumentID(rawValue: 0))
    }
}

func recordBatch(_ bars: [Bar], sequence: UInt64 = 1) -> RecordBatch {
    RecordBatch(
        pipeline: "p", source: "s", timeframe: Timeframe(1, .minute), sequence: sequence, content: .bars(bars))
}
