import HTTPTypes
import Hummingbird
import JSONWriting
import NIOCore
import PluginKit

/// How the gateway reads and replaces the manifest of the host; the composition root gives it.
package struct ConfigurationControl: Sendable {
    /// What became of a reload.
    package struct Answer: Sendable {
        /// 200 applied, 409 busy, 422 faults in the manifest, 503 something of it could not be had.
        package let status: Int
        /// A JSON object: outcome, revision, parts.
        package let body: [UInt8]

        /// Creates an answer.
        package init(status: Int, body: [UInt8]) {
            self.status = status
            self.body = body
        }
    }

    /// Returns a JSON object about the manifest that runs.
    package let describe: @Sendable () -> [UInt8]
    /// Returns what a reload of the file would do, and does nothing.
    package let plan: @Sendable () async -> Answer
    /// Reloads: the file, or the manifest given in its place.
    package let reload: @Sendable (_ manifest: [UInt8]?) async -> Answer
    /// Switches an instance on or off in the file, named `kind/id`, and reloads; `nil` where the file names none such.
    package let enable: @Sendable (_ instance: String, _ isEnabled: Bool) async -> Answer?

    /// Creates a control.
    package init(
        describe: @escaping @Sendable () -> [UInt8], plan: @escaping @Sendable () async -> Answer,
        reload: @escaping @Sendable ([UInt8]?) async -> Answer,
        enable: @escaping @Sendable (String, Bool) async -> Answer? = { _, _ in nil }
    ) {
        self.describe = describe
        self.plan = plan
        self.reload = reload
        self.enable = enable
    }
}

/// `/api/v2/config`: the manifest that runs, and going over to another.
struct ConfigurationAnswers: Sendable {
    /// The route.
    static let path = "/api/v2/config"
    /// Most bytes of a manifest in a request.
    static let sizeLimit = 4 << 20

    /// What reads and replaces the manifest; `nil` where the host's cannot be replaced.
    let control: ConfigurationControl?

    /// Answers with the file, the revision and the last reload.
    func describe() throws(GatewayError) -> Reply { Reply(contentType: Reply.json, try found().describe()) }

    /// Reloads; an empty body means the file, any other body is the manifest itself.
    func reload(_ request: Request) async throws -> Reply {
        let control = try found()
        guard let body = try? await request.body.collect(upTo: Self.sizeLimit) else {
            throw GatewayError(
                .badRequest, "gateway: the manifest is larger than \(Self.sizeLimit) bytes, or was not sent whole.")
        }
        let bytes = Array(body.readableBytesView)
        return Self.reply(await control.reload(bytes.isEmpty ? nil : bytes))
    }

    /// Answers with what a reload of the file would do.
    func plan() async throws -> Reply { Self.reply(try await found().plan()) }

    /// Switches an instance on or off, and answers with what the reload did.
    func enable(_ isEnabled: Bool, kind: String, id: String) async throws -> Reply {
        guard let answer = await (try found()).enable("\(kind)/\(id)", isEnabled) else {
            throw GatewayError(
                .unknownInstance,
                "gateway: the manifest names no \(PluginError.quoted("\(kind)/\(id)")). /api/v2/instances lists what runs."
            )
        }
        return Self.reply(answer)
    }

    private func found() throws(GatewayError) -> ConfigurationControl {
        guard let control else {
            throw GatewayError(
                .notReloadable, "gateway: this host ends with its data and takes no other manifest. Start another run.")
        }
        return control
    }

    private static func reply(_ answer: ConfigurationControl.Answer) -> Reply {
        var reply = Reply(contentType: Reply.json, answer.body)
        reply.status = HTTPResponse.Status(code: answer.status)
        return reply
    }
}
