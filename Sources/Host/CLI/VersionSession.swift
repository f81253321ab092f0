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

    /// Answers a question.
    func answer(_ question: VersionQuestion) async throws -> VersionReport {
        guard let host else {
            return try await onFolder { (desk) throws(PluginError) in try await desk.answer(question) }
        }
        let body = try asked(host, question.method, question.target)
        guard let report = VersionReport.read(body) else {
            throw HostError(exitCode: 1, "models: the host's answer cannot be read. Is it of the same version?")
        }
        return report
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

    private func asked(_ host: RunningHost, _ method: String, _ target: String) throws -> [UInt8] {
        let answer = try LocalClient.ask(host, method, target)
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
