import Glibc
import HostApp
import HostCore
import HostManifest
import PluginKit

/// Where questions about versions are answered: by the host that runs, else on the state folder itself.
struct VersionSession {
    private let manifest: Manifest
    private let host: RunningHost?

    init(_ manifest: Manifest) {
        self.manifest = manifest
        host = RunningHost.find(manifest)
    }

    /// Whether a host runs on the state folder.
    var isLive: Bool { host != nil }

    /// Has a model fitted by the host that runs; returns when that has ended, at once where it is not waited for.
    func fit(
        _ model: String, in pipeline: String?, isSearch: Bool, reason: String, isAwaited: Bool
    ) async throws -> FitReport? {
        guard let host else { return nil }
        let path = "/api/v2/ai/models/\(QuarantineSession.escaped(model))/"
        func query(_ parts: [(String, String?)]) -> String {
            parts.compactMap { name, value in value.map { "\(name)=\(QuarantineSession.escaped($0))" } }.joined(
                separator: "&")
        }
        let order = query([("pipeline", pipeline), ("reason", reason), ("by", Self.user)])
        var report = try fit(try asked(host, "POST", path + (isSearch ? "search?" : "fit?") + order))
        while isAwaited, !report.hasEnded {
            try await Task.sleep(for: .milliseconds(300))
            report = try fit(try asked(host, "GET", path + "fit?" + query([("pipeline", report.pipeline)])))
        }
        guard report.state != .failed else { throw HostError(exitCode: 1, report.message) }
        return report
    }

    private func fit(_ body: [UInt8]) throws -> FitReport {
        guard let report = FitReport.read(body) else { throw Self.unreadable }
        return report
    }

    /// Answers a question.
    func answer(_ question: VersionQuestion) async throws -> VersionReport {
        guard let host else {
            return try await onFolder { (desk) throws(PluginError) in try await desk.answer(question) }
        }
        return try report(try asked(host, question.method, question.target))
    }

    /// Returns the card of a version as JSON.
    func card(_ model: String, _ pipeline: String?, _ number: Int) async throws -> [UInt8] {
        guard let host else {
            return try await onFolder { (desk) throws(PluginError) in try await desk.card(model, pipeline, number) }
        }
        let query = pipeline.map { "?pipeline=\(QuarantineSession.escaped($0))" } ?? ""
        return try asked(
            host, "GET", "/api/v2/ai/models/\(QuarantineSession.escaped(model))/versions/\(number)\(query)")
    }

    /// Returns a version as a file.
    func file(_ model: String, _ pipeline: String?, _ number: Int) async throws -> ModelFile {
        guard let host else {
            return try await onFolder { (desk) throws(PluginError) in try await desk.export(model, pipeline, number) }
        }
        let query = pipeline.map { "?pipeline=\(QuarantineSession.escaped($0))" } ?? ""
        let path = "/api/v2/ai/models/\(QuarantineSession.escaped(model))/versions/\(number)/file\(query)"
        return try Self.read(try asked(host, "GET", path), from: "the host's answer")
    }

    /// Takes a version from a file, for a model of this id, the file's own where it is `nil`.
    func take(_ file: ModelFile, as model: String?, in pipeline: String?, reason: String) async throws -> VersionReport
    {
        guard let host else {
            return try await onFolder { (desk) throws(PluginError) in
                try await desk.take(file, as: model, in: pipeline, by: Self.user, reason: reason)
            }
        }
        let parts = [("reason", reason), ("by", Self.user)] + (pipeline.map { [("pipeline", $0)] } ?? [])
        let query = parts.map { "\($0)=\(QuarantineSession.escaped($1))" }.joined(separator: "&")
        let path = "/api/v2/ai/models/\(QuarantineSession.escaped(model ?? file.model))/import?\(query)"
        return try report(try asked(host, "POST", path, body: file.bytes))
    }

    /// Returns how versions share the rows of a model.
    func split(of model: String, in pipeline: String?) async throws -> SplitReport {
        guard let host else {
            return try await onFolder { (desk) throws(PluginError) in try await desk.split(of: model, pipeline) }
        }
        let query = pipeline.map { "?pipeline=\(QuarantineSession.escaped($0))" } ?? ""
        return try split(try asked(host, "GET", "/api/v2/ai/models/\(QuarantineSession.escaped(model))/split\(query)"))
    }

    /// Lets versions share the rows of a model.
    func split(
        _ model: String, in pipeline: String?, _ wish: SplitWish, slot: Timeframe?
    ) async throws -> SplitReport {
        guard let host else {
            return try await onFolder { (desk) throws(PluginError) in try await desk.split(model, pipeline, wish) }
        }
        let shares = wish.shares.map { "\($0.version):\($0.share)" }.joined(separator: ",")
        let parts = [
            ("pipeline", pipeline), ("shares", shares.isEmpty ? nil : shares), ("slot", slot?.description),
            ("reason", wish.reason), ("by", wish.by),
        ]
        let query = parts.compactMap { name, value in value.map { "\(name)=\(QuarantineSession.escaped($0))" } }
        let path = "/api/v2/ai/models/\(QuarantineSession.escaped(model))/split?" + query.joined(separator: "&")
        return try split(try asked(host, "POST", path))
    }

    /// Returns how far the last rows of a model lie from what its fit learned from; needs a host that runs.
    func drift(of model: String) throws -> DriftReport {
        guard let host else {
            throw HostError(
                exitCode: 1,
                "models drift: no host runs on this state folder, and rows are compared while they come. Start one with `penstock run`."
            )
        }
        let path = "/api/v2/ai/models/\(QuarantineSession.escaped(model))/drift"
        guard let report = DriftReport.read(try asked(host, "GET", path)) else { throw Self.unreadable }
        return report
    }

    private func split(_ body: [UInt8]) throws -> SplitReport {
        guard let report = SplitReport.read(body) else { throw Self.unreadable }
        return report
    }

    private static var unreadable: HostError {
        HostError(exitCode: 1, "models: the host's answer cannot be read. Is it of the same version?")
    }

    /// Reads a file of a model; the fault has its exit code.
    static func read(_ bytes: [UInt8], from name: String) throws -> ModelFile {
        do throws(PluginError) { return try ModelFile(bytes, from: name) } catch {
            throw HostError(exitCode: error.exitCode, error.message)
        }
    }

    private func report(_ body: [UInt8]) throws -> VersionReport {
        guard let report = VersionReport.read(body) else { throw Self.unreadable }
        return report
    }

    /// The user this process runs as.
    static var user: String { getpwuid(getuid()).map { String(cString: $0.pointee.pw_name) } ?? "\(getuid())" }

    private func onFolder<Result>(_ body: (VersionDesk) async throws(PluginError) -> Result) async throws -> Result {
        let state = try StateAtRest(manifest, who: "models")
        do throws(PluginError) {
            return try await body(state.versions(manifest) { Output.warning($0) })
        } catch {
            throw HostError(exitCode: error.exitCode, error.message)
        }
    }

    private func asked(
        _ host: RunningHost, _ method: String, _ target: String, body: [UInt8] = []
    ) throws -> [UInt8] {
        let answer = try LocalClient.ask(host, method, target, body: body)
        guard answer.status == 200 else {
            let message = LocalClient.message(answer.body)
            throw HostError(exitCode: 1, message.hasPrefix("models: ") ? message : "models: \(message)")
        }
        return answer.body
    }
}

extension VersionQuestion {
    fileprivate var method: String {
        switch self {
        case .list, .show: "GET"
        case .move, .rollback: "POST"
        }
    }

    /// The request that asks it.
    fileprivate var target: String {
        let escaped = QuarantineSession.escaped
        func query(_ path: String, _ parts: [(String, String?)]) -> String {
            let query = parts.compactMap { name, value in value.map { "\(name)=\(escaped($0))" } }.joined(
                separator: "&")
            return "/api/v2/ai/" + path + (query.isEmpty ? "" : "?\(query)")
        }
        func path(_ model: String, _ rest: String, _ parts: [(String, String?)]) -> String {
            query("models/\(escaped(model))/\(rest)", parts)
        }
        switch self {
        case .list(let asked):
            return query(
                "versions",
                [
                    ("model", asked.model), ("pipeline", asked.pipeline), ("stage", asked.stage?.rawValue),
                    ("limit", asked.limit < .max ? "\(asked.limit)" : nil),
                ])
        case .show(let model, let pipeline, let numbers):
            let versions = numbers.isEmpty ? nil : numbers.map(String.init).joined(separator: ",")
            return path(model, "history", [("pipeline", pipeline), ("versions", versions)])
        case .move(let model, let pipeline, let number, let stage, let champion, let by, let reason):
            let word = stage == .retired ? "retire" : "promote"
            return path(
                model, "versions/\(number)/\(word)",
                [
                    ("pipeline", pipeline), ("champion", "\(champion)"), ("reason", reason), ("by", by),
                    ("stage", stage == .retired ? nil : stage.rawValue),
                ])
        case .rollback(let model, let pipeline, let number, let champion, let by, let reason):
            return path(
                model, "rollback",
                [
                    ("pipeline", pipeline), ("champion", "\(champion)"), ("reason", reason), ("by", by),
                    ("to", number.map(String.init)),
                ])
        }
    }
}
