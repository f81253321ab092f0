package import HostCore
import HummingbirdCore
import NIOCore
import PluginKit

/// How the gateway asks the risk service; the composition root gives it. Each answer is a JSON object.
package struct RiskControl: Sendable {
    /// What is asked or wished.
    package enum Question: Sendable {
        /// What is held.
        case positions
        /// How much is at stake.
        case exposure
        /// What is allowed.
        case limits
        /// The newest alerts in some states; in any where none is named.
        case alerts([AlertState], limit: Int)
        /// Replaces what is held.
        case put([UInt8])
        /// Takes in what was bought and sold.
        case fill([UInt8])
        /// What an order would break.
        case check([UInt8])
        /// Somebody knows of an alert.
        case acknowledge(Int64, by: String)
        /// Tests the way to those who are told.
        case drill(String)
    }

    /// Answers a question.
    package let answer: @Sendable (Question) async throws -> [UInt8]

    /// Creates a control.
    package init(answer: @escaping @Sendable (Question) async throws -> [UInt8]) { self.answer = answer }
}

/// `/api/v2/risk`: what is held, how much is too much, and the alerts.
struct RiskAnswers: Sendable {
    /// The routes begin with it.
    static let path = "/api/v2/risk"
    /// An alert in the path.
    static let alert = Parameter(required: "alert", .count(1...Int.max))
    /// Who says so.
    static let name = Parameter("by", .id, standard: "token")
    /// Which alerts are listed.
    static let filters = [
        Parameter("state", .words(AlertState.allCases.map(\.rawValue)), standard: "every state"),
        Parameter("limit", .count(1...10_000), standard: "100"),
    ]
    /// Most bytes of a body.
    private static let sizeLimit = 16 << 20

    /// Who answers; `nil` where nobody watches risk.
    let control: RiskControl?

    /// Answers a question that a body may belong to.
    func reply(
        _ request: EndpointRequest, _ question: (_ body: [UInt8]) -> RiskControl.Question
    ) async throws -> Reply {
        guard let body = try? await request.request.body.collect(upTo: Self.sizeLimit) else {
            throw GatewayError(
                .badRequest, "gateway: the body is larger than \(Self.sizeLimit) bytes, or was not sent whole.")
        }
        return try await reply(question(Array(body.readableBytesView)))
    }

    /// Answers a question.
    func reply(_ question: RiskControl.Question) async throws -> Reply {
        guard let control else {
            throw GatewayError(
                .noRisk, "gateway: this host watches no risk: it replays, or only fits. Ask one of `penstock run`.")
        }
        do {
            return Reply(contentType: Reply.json, try await control.answer(question))
        } catch let error as PluginError {
            switch error.code {
            case .cancelled: throw CancellationError()
            case .notFound: throw GatewayError(.unknownAlert, error.message)
            case .badRequest: throw GatewayError(.badRequest, error.message)
            case .unsupported: throw GatewayError(.noRisk, error.message)
            default: throw GatewayError.store(error)
            }
        }
    }

    /// Answers with alerts.
    func alerts(_ query: QueryParameters) async throws -> Reply {
        let states = query["state"].map { QueryParameters.parts($0).compactMap { AlertState(rawValue: $0) } } ?? []
        return try await reply(.alerts(states, limit: query["limit"].flatMap { Int($0) } ?? 100))
    }

    /// Notes that somebody knows of an alert.
    func acknowledge(_ request: EndpointRequest) async throws -> Reply {
        guard Self.alert.type.holds(request.name), let id = Int64(request.name) else {
            throw GatewayError.badParameter("alert", request.name, allowed: Self.alert.type.allowed)
        }
        return try await reply(.acknowledge(id, by: request.query["by"] ?? "token"))
    }
}
