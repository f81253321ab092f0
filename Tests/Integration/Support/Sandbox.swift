import FoundationEssentials
import Glibc
import Synchronization

/// A temporary folder with a manifest and data, and the program to run in it.
final class Sandbox: Sendable {
    /// The folder, absolute.
    let folder: String
    private let started = Mutex(0)

    private init() {
        folder = "\(FileManager.default.temporaryDirectory.path)/penstock-it-\(UUID().uuidString.prefix(13))"
    }

    /// Gives a folder with the small manifest and two instruments' files for the time of a test.
    static func with(_ manifest: String = SmallManifest.text, _ body: (Sandbox) async throws -> Void) async throws {
        try await empty { box in
            try box.write(manifest, to: "plugins.yaml")
            for symbol in SmallManifest.symbols { try box.copyHistory(symbol) }
            try await body(box)
        }
    }

    /// Gives a folder with what the repository ships: its manifest and its data.
    static func shipped(_ body: (Sandbox) async throws -> Void) async throws {
        try await empty { box in
            try box.copy("\(Program.repository)/plugins.yaml", to: "plugins.yaml")
            try box.copy("\(Program.repository)/data", to: "data")
            try await body(box)
        }
    }

    /// Gives an empty folder.
    static func empty(_ body: (Sandbox) async throws -> Void) async throws {
        await Turns.shared.take()
        let box = Sandbox()
        let outcome: Result<Void, any Error>
        do {
            try FileManager.default.createDirectory(atPath: box.folder, withIntermediateDirectories: true)
            outcome = .success(try await body(box))
        } catch {
            outcome = .failure(error)
        }
        try? FileManager.default.removeItem(atPath: box.folder)
        await Turns.shared.give()
        try outcome.get()
    }

    // MARK: Running

    /// Starts `penstock`.
    func start(
        _ arguments: [String], _ environment: [String: String] = [:], onOneCore: Bool = false,
        program: String = Program.path
    ) throws -> Child {
        let number = started.withLock { number in
            number += 1
            return number
        }
        return try Child(
            arguments, folder: folder, number: number, environment: environment, onOneCore: onOneCore,
            program: program)
    }

    /// Runs `penstock` to its end.
    func run(
        _ arguments: String..., environment: [String: String] = [:]
    ) async throws -> (code: Int32, out: String, err: String) {
        let child = try start(arguments, environment)
        let code = try await child.exitCode()
        return (code, child.out, child.err)
    }

    /// Runs another program to its end, in the folder.
    func runOther(_ program: String, _ arguments: String...) async throws -> (code: Int32, out: String, err: String) {
        let child = try start(arguments, program: program)
        let code = try await child.exitCode()
        return (code, child.out, child.err)
    }

    /// Starts the service on a free port and waits until everything was delivered.
    func service(_ arguments: String...) async throws -> Service {
        let child = try start(["run", "--listen", "127.0.0.1:0"] + arguments)
        let service = Service(child: child, port: try await child.port())
        try await child.waits(for: "Serving on")
        return service
    }

    // MARK: Files

    /// The absolute path of a file of the folder.
    func path(_ name: String) -> String { "\(folder)/\(name)" }

    /// The content of a file.
    func text(_ name: String) -> String { Files.text(path(name)) }

    /// Writes a file.
    func write(_ text: String, to name: String) throws { try Files.write(text, to: path(name)) }

    /// Copies a file or a folder from elsewhere.
    func copy(_ source: String, to name: String) throws {
        try FileManager.default.copyItem(atPath: source, toPath: path(name))
    }

    /// Copies the shipped file of a symbol into a folder of history.
    func copyHistory(_ symbol: String, to target: String = "data") throws {
        try makeFolder(target)
        try copy("\(Program.repository)/data/history/\(symbol).csv", to: "\(target)/\(symbol).csv")
    }

    /// Makes a folder.
    func makeFolder(_ name: String) throws {
        try FileManager.default.createDirectory(atPath: path(name), withIntermediateDirectories: true)
    }

    /// Removes a file or a folder, if it is there.
    func remove(_ name: String) throws {
        if Files.exists(path(name)) { try FileManager.default.removeItem(atPath: path(name)) }
    }

    /// Replaces a text in the manifest that must be there.
    func edit(_ find: String, _ replacement: String, in name: String = "plugins.yaml") throws {
        let old = text(name)
        guard old.contains(find) else { throw Failure("\(name) has no '\(find)'") }
        try write(old.replacing(find, with: replacement), to: name)
    }
}

extension Sandbox {
    /// Adjusts the prices of the small manifest, whose split is a warning else, and takes away the feature that shows their level, of
    /// which the gate tells.
    func adjustPrices() throws {
        try edit("path: data }", "path: data, adjust: ratio }")
        try edit("features: [rsi14, atr14]", "features: [rsi14]")
    }
}

/// A manifest small enough that a run takes part of a second.
enum SmallManifest {
    static let symbols = ["AAPL", "IBM"]

    static let text = """
        version: 1
        host: { listen: "127.0.0.1:0", state: var }
        instruments:
          us: [AAPL, IBM]
        providers:
          history: { plugin: local_history, path: data }
        routes:
          daily: { from: [history] }
        indicators:
          rsi14: { plugin: rsi, period: 14 }
          atr14: { plugin: atr, period: 14 }
        models:
          next_day: { plugin: ridge, target: { return: 1 bar }, features: [rsi14, atr14] }
        sinks:
          keep: { plugin: sqlite, path: var/records.db }
        pipelines:
          main: { instruments: [us], route: daily, timeframe: 1d, indicators: all, models: all, sinks: all }

        """
}
