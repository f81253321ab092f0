import HTTPFetch
import JSONReading
import Notices
public import PluginKit

/// Sends each alert to a URL: a program of your own, or a group in Slack, Discord, Telegram, DingTalk, Feishu or WeCom.
///
/// - Takes: alerts, and states where they are asked for.
/// - Time: when it happened, UTC, ISO 8601.
/// - Limits: one message a record, one at a time; the host sends again what was not taken.
/// - Needs: the network.
public final class Webhook: Sink {
    /// What the plugin is.
    public static let descriptor = PluginDescriptor(
        kind: .sink, name: "webhook", summary: "Sends each alert to a URL, as JSON or as a chat message.",
        schema: ConfigurationSchema(
            [
                .secret("url", isRequired: true, "Where to; whoever has it can post there, so it is never shown."),
                .choice(
                    "template", WebhookTemplate.allCases.map(\.rawValue), default: WebhookTemplate.json.rawValue,
                    "Whose message it is; json has every field, custom is what body says."),
                .text(
                    "body",
                    "With template custom: the body, where {kind} {time} {name} {level} {instrument} {message} {title} "
                        + "{text} are filled in, escaped for a JSON string."),
                .text("chat", "With template telegram: the chat's id."),
                ConfigurationOption(
                    "headers", .map(.secret), default: .map([:]), "Further headers, as Authorization; never shown."),
            ] + HTTPOptions.schema()),
        accepts: [.alerts, .status])

    private let client: HTTPClient
    private let address: HTTPAddress
    private let headers: [HTTPRequest.Header]
    private let template: WebhookTemplate
    private let custom: String
    private let chat: String
    private let context: PluginContext
    private let instance: String

    /// Returns a fault for a URL that is none, and for options that another template needs.
    public static func validate(_ configuration: Configuration) -> [ConfigurationFault] {
        var faults: [ConfigurationFault] = []
        if case .secret(let url) = configuration.values["url"], HTTPAddress(url.reveal()) == nil {
            faults.append(
                ConfigurationFault(
                    option: "url", "'url' is no absolute http:// or https:// URL. Write it as the service shows it."))
        }
        let template = (try? configuration.text("template")) ?? ""
        for (option, needed) in [("body", WebhookTemplate.custom), ("chat", .telegram)] {
            let isThere = !((try? configuration.text(option)) ?? "").isEmpty
            guard isThere != (template == needed.rawValue) else { continue }
            let what = isThere ? "means nothing with" : "is missing with"
            faults.append(
                ConfigurationFault(
                    option: isThere ? option : "template",
                    "'\(option)' \(what) template \(PluginError.quoted(template)); it belongs to \(needed.rawValue)."))
        }
        return faults
    }

    /// Builds an instance; nothing is sent yet.
    public init(_ configuration: Configuration, context: PluginContext) throws(PluginError) {
        let url = try configuration.secret("url")
        guard let address = HTTPAddress(url.reveal()) else {
            throw PluginError(.configuration, "\(configuration.instance): 'url' is no URL.")
        }
        var headers = [HTTPRequest.Header("Content-Type", "application/json; charset=utf-8")]
        var secrets = [url]
        if address.path.utf8.count > 1 { secrets.append(Secret(address.path)) }
        for (name, value) in try configuration.nested("headers").values.sorted(by: { $0.key < $1.key }) {
            guard case .secret(let text) = value else { continue }
            headers.append(HTTPRequest.Header(name, text.reveal()))
            secrets.append(text)
        }
        client = try HTTPClient(
            HTTPOptions(configuration), owner: configuration.instance, secrets: secrets, log: context.log)
        self.address = address
        self.headers = headers
        template = WebhookTemplate(rawValue: try configuration.text("template")) ?? .json
        custom = (try? configuration.text("body")) ?? ""
        chat = (try? configuration.text("chat")) ?? ""
        self.context = context
        instance = configuration.instance
    }

    /// Sends a message a row, in order; from the first that does not get through on, rows are to be offered again.
    ///
    /// A message that is refused as such (400, 413, 422) is given up, so that it does not stand in the way of others.
    public func write(_ batch: RecordBatch) async throws(PluginError) -> WriteReceipt {
        var rejected: [WriteReceipt.Rejection] = []
        for (row, notice) in Notice.all(of: batch, context.instruments).enumerated() {
            do throws(PluginError) {
                try await send(notice)
            } catch {
                if error.code == .badRequest {
                    context.log(.warning, "a message was refused", ["reason": error.message])
                    rejected.append(WriteReceipt.Rejection(row: row, reason: "refused_by_receiver"))
                    continue
                }
                guard row > 0 else { throw error }
                return WriteReceipt(rejected: rejected, retry: Array(row..<batch.count))
            }
        }
        return WriteReceipt(rejected: rejected)
    }

    /// Calls off what is under way.
    public func stop() async { client.stop() }

    private func send(_ notice: Notice) async throws(PluginError) {
        let body = template.body(notice, chat: chat, custom: custom)
        let response = try await client.fetch(HTTPRequest(post: address, headers: headers, body: body))
        if let fault = response.fault(instance, for: "a message") {
            let code: PluginError.Code = response.status == 413 ? .badRequest : fault.code
            throw PluginError(code, client.redacted(fault.message), retryAfter: fault.retryAfter)
        }
        try check(response)
    }

    /// Some services answer 200 whatever they did, and say in the body what that was.
    private func check(_ response: HTTPResponse) throws(PluginError) {
        guard let member = template.codeMember else { return }
        let answer = try? JSONNode(response.body, JSONSubject("\(instance): the answer"))
        guard let code = answer?[member].integer, code != 0 else { return }
        let words = client.redacted(PluginError.shown(response.text))
        guard WebhookTemplate.tooMany.contains(code) else {
            throw PluginError(
                .permission, "\(instance): the service did not take a message: \(words). Check the robot's rules.")
        }
        throw PluginError(.rateLimited, "\(instance): too many messages: \(words).", retryAfter: .seconds(60))
    }
}
