package import HostCore
import PluginKit

/// How the gateway reads and changes what was refused; the composition root gives it.
package struct QuarantineControl: Sendable {
    /// What can be done with refused rows.
    package enum Action: Sendable {
        /// They are accepted after all.
        case release
        /// They are forgotten.
        case delete
    }

    /// A page of rows as a JSON object, with the cursor of the next one.
    package typealias Page = (body: [UInt8], next: String?)

    /// Returns the rows that match; `cursor` makes the text of the one after a row's number.
    package let list: @Sendable (QuarantineQuery, _ cursor: (Int64) -> String) async throws -> Page
    /// Does something with rows by their numbers; returns a JSON object about each.
    package let act: @Sendable (Action, _ ids: [Int64]) async throws -> [UInt8]

    /// Creates a control.
    package init(
        list: @escaping @Sendable (QuarantineQuery, (Int64) -> String) async throws -> Page,
        act: @escaping @Sendable (Action, [Int64]) async throws -> [UInt8]
    ) {
        self.list = list
        self.act = act
    }
}

/// `/api/v2/quarantine`: what was refused, and what becomes of it.
struct QuarantineAnswers: Sendable {
    /// The route.
    static let path = "/api/v2/quarantine"
    /// Most rows of a request.
    private static let most = 10_000
    /// The rows that are acted on.
    static let rows = Parameter(required: "ids", .numbers(most))
    /// Which rows are listed.
    static let filters = [
        Parameter("ids", .numbers(most), standard: "every row"),
        Parameter("pipelines", .names(1_000), standard: "every pipeline"),
        Parameter("source", .id, standard: "every provider"),
        Parameter("instrument", .symbols(1), standard: "every instrument"),
        Parameter("reason", .names(1), standard: "every reason"),
        Parameter("from", .time, standard: "any event time, or none"),
        Parameter("to", .time, standard: "any event time, or none"),
        Parameter("released", .word(["true", "false"]), standard: "false"),
        Parameter("limit", .count(1...most), standard: "100"), Cursor.parameter,
    ]

    /// What reads and changes them; `nil` where nothing is kept.
    let control: QuarantineControl?

    /// Answers with the rows that match.
    func list(_ request: EndpointRequest) async throws -> Reply {
        let control = try found()
        var asked = Self.read(request.query)
        asked.before = try Cursor(request)?.position
        var next: String?
        var reply = try await Self.reply {
            let page = try await control.list(asked) { Cursor.text($0, of: request) }
            next = page.next
            return page.body
        }
        reply.next = next
        return reply
    }

    /// Acts on rows, and answers with what became of each.
    func act(_ action: QuarantineControl.Action, _ query: QueryParameters) async throws -> Reply {
        let control = try found()
        let ids = Self.numbers(query["ids"])
        return try await Self.reply { try await control.act(action, ids) }
    }

    private func found() throws(GatewayError) -> QuarantineControl {
        guard let control else {
            throw GatewayError(.noQuarantine, "gateway: this host keeps nothing that was refused. Ask another.")
        }
        return control
    }

    private static func reply(_ body: () async throws -> [UInt8]) async throws -> Reply {
        do {
            return Reply(contentType: Reply.json, try await body())
        } catch let error as PluginError {
            throw error.code == .cancelled ? CancellationError() : GatewayError.store(error)
        }
    }

    private static func read(_ query: QueryParameters) -> QuarantineQuery {
        var asked = QuarantineQuery()
        asked.ids = numbers(query["ids"])
        asked.pipelines = query["pipelines"].map { QueryParameters.parts($0) } ?? []
        asked.source = query["source"]
        asked.instrument = query["instrument"]
        asked.reason = query["reason"]
        let from = query["from"].flatMap { ParameterType.times($0) }?.lowerBound ?? .min
        let to = query["to"].flatMap { ParameterType.times($0) }?.upperBound ?? .max
        asked.range = from <= to ? from...to : from...from
        asked.hasReleased = query["released"] == "true"
        asked.limit = query["limit"].flatMap { Int($0) } ?? asked.limit
        return asked
    }

    private static func numbers(_ text: String?) -> [Int64] {
        text.map { QueryParameters.parts($0).compactMap { Int64($0) } } ?? []
    }
}
