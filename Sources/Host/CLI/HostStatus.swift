import FoundationEssentials
import HostApp
import HostTelemetry

/// What a running host says of itself: `/api/v2/system/status`.
struct HostStatus: Decodable {
    struct Instance: Decodable {
        let kind: String
        let id: String
        let plugin: String
        let state: String
        let message: String
        let since: String

        var name: String { "\(kind)/\(id)" }
    }

    /// A provider and how it answers.
    struct Provider: Codable {
        let provider: String
        let breaker: String
        let health: Double
        let answerSeconds: Double?
        let answered: Int
        let failed: Int
        let leftToday: Int?
        let opensAt: String?
        var state: String?
        var message: String?
    }

    let status: String
    let version: String
    let uptimeSeconds: Int
    let instances: [Instance]
    let providers: [Provider]

    /// Asks a host; `who` is the command that wants to know.
    static func ask(_ host: RunningHost, who: String) throws -> HostStatus {
        let body = try body(host, "/api/v2/system/status", who: who)
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        do { return try decoder.decode(HostStatus.self, from: Data(body)) } catch {
            throw HostError(
                exitCode: 3,
                "\(who): the host (process \(host.pid)) is of another version: its status cannot be read. Use its own `penstock`."
            )
        }
    }

    /// Returns the numbers of a host.
    static func metrics(_ host: RunningHost, who: String) throws -> [MetricText.Series] {
        MetricText.read(try body(host, "/metrics", who: who))
    }

    /// Returns the body of an answer with 200.
    static func body(_ host: RunningHost, _ path: String, who: String) throws -> [UInt8] {
        let answer = try LocalClient.ask(host, "GET", path, patience: .seconds(10))
        guard answer.status == 200 else {
            throw HostError(
                exitCode: answer.status < 500 ? 1 : 3,
                "\(who): the host (process \(host.pid)) answered \(answer.status): \(LocalClient.message(answer.body))")
        }
        return answer.body
    }
}

extension SharedOptions {
    /// The host that runs the manifest; `hint` says what to do where none does.
    func runningHost(_ who: String, hint: String = "Start it with `penstock run`.") throws -> RunningHost {
        guard let host = RunningHost.find(try manifest(runsCode: false)) else {
            throw HostError(exitCode: 3, "\(who): no host runs \(config). \(hint)")
        }
        return host
    }
}
