import PluginKit
import Testing

struct PluginErrorTests {
    @Test func quotedTextIsCutAtTwoHundredCharacters() {
        #expect(PluginError.quoted("abc") == "'abc'")
        #expect(PluginError.quoted(String(repeating: "x", count: 200)) == "'\(String(repeating: "x", count: 200))'")
        #expect(PluginError.quoted(String(repeating: "x", count: 201)) == "'\(String(repeating: "x", count: 200))...'")
    }

    @Test(arguments: ["\n", "\u{1B}", "\u{0}", "\u{7F}", "\u{9B}", "\u{202E}", "\u{2028}", "\u{200F}"])
    func quotedTextCannotSteerATerminal(character: String) {
        let shown = PluginError.quoted("a\(character)b")
        #expect(shown.hasPrefix("'a\\") && shown.hasSuffix("b'"))
        #expect(!shown.contains(character))
    }

    @Test func quotedTextKeepsOtherScripts() {
        #expect(PluginError.quoted("贵州茅台 é") == "'贵州茅台 é'")
        #expect(PluginError.quoted("abc".dropFirst()) == "'bc'")
    }

    @Test func onlyFaultsThatMayPassAreTransient() {
        let codes: [PluginError.Code] = [
            .rateLimited, .banned, .auth, .permission, .notFound, .noData, .badRequest, .malformed, .transient, .stale,
            .quality, .unsupported, .cancelled, .configuration, .environment, .corrupted,
        ]
        #expect(Set(codes).count == 16)
        #expect(codes.filter(\.isTransient).map(\.description) == ["rate_limited", "transient", "stale"])
    }

    @Test func anErrorIsItsMessage() {
        let cause = PluginError(.transient, "below")
        let error = PluginError(.rateLimited, "provider/x: HTTP 429.", retryAfter: .seconds(30), cause: cause)
        #expect("\(error)" == "provider/x: HTTP 429.")
        #expect(error.isTransient)
        #expect(error.retryAfter == .seconds(30))
        #expect((error.cause as? PluginError)?.message == "below")
    }
}
