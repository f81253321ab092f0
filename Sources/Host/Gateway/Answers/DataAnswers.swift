import PluginKit

/// How the gateway looks at what is stored; the composition root gives it.
package struct DataControl: Sendable {
    /// Returns a JSON object about the series of an instrument, or of all.
    package let report: @Sendable (_ question: String, _ instrument: String?) async throws -> [UInt8]

    /// Creates a control.
    package init(report: @escaping @Sendable (String, String?) async throws -> [UInt8]) { self.report = report }
}

/// `/api/v2/data`: what is stored.
struct DataAnswers: Sendable {
    /// The parameters of the route.
    static let parameters = [
        Parameter(required: "report", .word(["stats", "gaps", "verify"])),
        Parameter("instrument", .symbols(1), standard: "every instrument"),
    ]

    /// What looks at it; `nil` where nothing is stored.
    let control: DataControl?

    /// Answers with a report.
    func reply(_ query: QueryParameters) async throws -> Reply {
        guard let control, let question = query["report"] else {
            throw GatewayError(.noData, "gateway: this host stores nothing. Ask another.")
        }
        do {
            return Reply(contentType: Reply.json, try await control.report(question, query["instrument"]))
        } catch let error as PluginError {
            throw error.code == .cancelled ? CancellationError() : GatewayError.store(error)
        }
    }
}
