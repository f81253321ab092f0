import JSONReading
import PluginKit
import TestSupport
import Testing

@testable import WebhookSink

/// What a receiver is sent of an alert.
@Suite struct WebhookTests {
    private static let nasty = Alert(
        time: 1_362_171_600_000_000_000, rule: "gross_exposure", severity: .critical,
        instrument: InstrumentID(rawValue: 0),
        message: "alert 7 opened: <b>&\"x\"</b> <at user_id=\"all\"> @everyone\r\nBcc: x")

    private func sink(
        _ server: ReplayServer, _ more: [String: ConfigurationValue] = [:], in folder: TemporaryFolder,
        _ recorder: Recorder = Recorder()
    ) throws -> Webhook {
        var values: [String: ConfigurationValue] = ["url": .secret(Secret("\(server.url)/hook/TOKEN"))]
        values.merge(more) { $1 }
        return try Webhook(options(Webhook.self, values), context: recorder.context(in: folder))
    }

    private func bodies(_ server: ReplayServer) throws -> [JSONNode] {
        try server.asked().map { try JSONNode(Array($0.body.utf8), JSONSubject("a request")) }
    }

    @Test func everyFieldIsSentOnceAndInOrder() async throws {
        let (server, folder) = (try ReplayServer(.any(.init("ok"))), try TemporaryFolder())
        let sink = try sink(server, ["headers": .map(["Authorization": .secret(Secret("Bearer s3cret"))])], in: folder)
        let receipt = try await sink.write(batch(.alerts([alert, Self.nasty])))
        await sink.stop()
        #expect(receipt.rejected.isEmpty && receipt.retry.isEmpty)
        let asked = try server.asked()
        #expect(
            asked.map(\.path) == ["/hook/TOKEN", "/hook/TOKEN"] && asked[0].header("authorization") == "Bearer s3cret")
        let body = try bodies(server)[1]
        #expect(
            body["kind"].text == "alerts" && body["level"].text == "critical" && body["instrument"].text == "AAPL.US")
        #expect(body["message"].text == Self.nasty.message && body["time"].text == "2013-03-01T21:00:00Z")
    }

    @Test(arguments: [
        ("slack", ["text"]), ("discord", ["content"]), ("dingtalk", ["text", "content"]),
        ("wecom", ["text", "content"]),
        ("feishu", ["content", "text"]), ("telegram", ["text"]),
    ])
    func eachServiceGetsItsFormAndTextStaysText(_ template: String, _ path: [String]) async throws {
        let (server, folder) = (try ReplayServer(.any(.init("{\"errcode\":0,\"code\":0}"))), try TemporaryFolder())
        let chat: [String: ConfigurationValue] = template == "telegram" ? ["chat": .text("-100")] : [:]
        let sink = try sink(server, chat.merging(["template": .text(template)]) { $1 }, in: folder)
        _ = try await sink.write(batch(.alerts([Self.nasty])))
        await sink.stop()
        let body = try bodies(server)[0]
        let text = try #require(path.reduce(body) { $0[$1] }.text)
        #expect(text.hasPrefix("CRITICAL gross_exposure AAPL.US: alert 7 opened: ") && !text.contains("\n"))
        if ["slack", "feishu"].contains(template) { #expect(text.contains("&lt;b&gt;&amp;") && !text.contains("<")) }
        if template == "discord" { #expect(body["allowed_mentions"]["parse"].elements.isEmpty) }
        if template == "telegram" { #expect(body["chat_id"].text == "-100" && body["parse_mode"].isNull) }
    }

    @Test func aBodyOfOnesOwnIsFilledInAndStaysJSON() async throws {
        let (server, folder) = (try ReplayServer(.any(.init("ok"))), try TemporaryFolder())
        let sink = try sink(
            server, ["template": .text("custom"), "body": .text(#"{"a": "{message}", "b": {"c": "{name}"}}"#)],
            in: folder)
        _ = try await sink.write(batch(.alerts([Self.nasty])))
        await sink.stop()
        let body = try bodies(server)[0]
        #expect(body["a"].text == Self.nasty.message && body["b"]["c"].text == "gross_exposure")
    }

    @Test func whatDoesNotGetThroughIsOfferedAgainAndNoSecretIsShown() async throws {
        let folder = try TemporaryFolder()
        let server = try ReplayServer(.any(.init("ok"), .init("no", status: 500), .init("ok")))
        let sink = try sink(server, in: folder)
        let receipt = try await sink.write(batch(.alerts([alert, Self.nasty, alert])))
        #expect(receipt.retry == [1, 2], "the first got through and is not sent twice")
        try server.take([.any(.init("no", status: 503, headers: ["Retry-After": "7"]))])
        let error = await #expect(throws: PluginError.self) { _ = try await sink.write(batch(.alerts([alert]))) }
        #expect(error?.isTransient == true && error?.retryAfter == .seconds(7))
        #expect(
            error?.message.contains("TOKEN") == false && error?.message.contains("HTTP 503") == true,
            "\(error?.message ?? "")")
        await sink.stop()
    }

    @Test func aMessageThatIsRefusedAsSuchStandsInNobodysWay() async throws {
        let (folder, recorder) = (try TemporaryFolder(), Recorder())
        let server = try ReplayServer(.any(.init("bad", status: 400), .init("ok")))
        let sink = try sink(server, in: folder, recorder)
        let receipt = try await sink.write(batch(.alerts([alert, alert])))
        #expect(receipt.rejected.map(\.row) == [0] && receipt.retry.isEmpty)
        #expect(recorder.logs.count { $0.hasPrefix("a message was refused ") } == 1)
        await sink.stop()
    }

    @Test(arguments: [("dingtalk", 130_101, "rate_limited"), ("feishu", 19_024, "permission")])
    func a200ThatIsNoneIsAFault(_ template: String, _ code: Int, _ kind: String) async throws {
        let member = template == "feishu" ? "code" : "errcode"
        let (server, folder) = (
            try ReplayServer(.any(.init("{\"\(member)\":\(code),\"msg\":\"no\"}"))), try TemporaryFolder()
        )
        let sink = try sink(server, ["template": .text(template)], in: folder)
        let error = await #expect(throws: PluginError.self) { _ = try await sink.write(batch(.alerts([alert]))) }
        #expect(error?.code.description == kind)
        await sink.stop()
    }

    @Test func aReceiverThatHangsIsLeftInTime() async throws {
        let server = try ReplayServer(.any(ReplayServer.Reply().with { $0.hold = true }))
        let sink = try sink(server, ["timeout": .duration(.milliseconds(200))], in: try TemporaryFolder())
        let error = await #expect(throws: PluginError.self) { _ = try await sink.write(batch(.alerts([alert]))) }
        #expect(error?.isTransient == true)
        await sink.stop()
    }

    @Test func faultsInOptionsAreFound() {
        func faults(_ values: [String: ConfigurationValue]) -> [String] {
            Webhook.validate(options(Webhook.self, values)).map(\.option)
        }
        #expect(faults(["url": .secret(Secret("ftp://x"))]) == ["url"])
        #expect(faults(["url": .secret(Secret("http://x/y")), "template": .text("telegram")]) == ["template"])
        #expect(faults(["url": .secret(Secret("http://x/y")), "body": .text("x")]) == ["body"])
        #expect(faults(["url": .secret(Secret("http://x/y"))]).isEmpty)
    }
}
