import HTTPFetch
import PluginKit
import Testing

struct HTTPStatusTests {
    private func response(_ status: Int, _ headers: [HTTPRequest.Header] = [], _ body: String = "") -> HTTPResponse {
        HTTPResponse(status: status, headers: headers, body: Array(body.utf8), place: "host.example/a")
    }

    @Test(arguments: [
        (400, PluginError.Code.badRequest), (401, .auth), (403, .permission), (404, .notFound), (418, .banned),
        (422, .badRequest), (429, .rateLimited), (500, .transient), (503, .transient), (302, .malformed),
        (999, .malformed),
    ])
    func classifiesTheStatus(status: Int, code: PluginError.Code) {
        #expect(response(status).fault("provider/test", for: "'AAPL'")?.code == code)
    }

    @Test func takesASuccessForNone() { #expect(response(204).fault("provider/test", for: "'AAPL'") == nil) }

    @Test(arguments: [
        ("30", 30), (" 0 ", 0), ("9999999999", 604_800), ("Wed, 21 Oct 2015 07:28:00 GMT", 60),
        ("Wed, 21 Oct 2015 07:00:00 GMT", 0),
    ])
    func readsWhenToComeBack(text: String, seconds: Int64) {
        // 2015-10-21T07:27:00Z.
        let error = response(429, [.init("retry-after", text)]).fault(
            "provider/test", for: "'AAPL'", now: 1_445_412_420_000_000_000)
        #expect(error?.retryAfter == .seconds(seconds))
        #expect(error?.message.contains("next try in \(seconds) s") == true)
    }

    @Test(arguments: ["", "soon", "-1", "Wed, 32 Oct 2015 07:28:00 GMT", "Wed, 21 Oct 2015 07:28 GMT"])
    func anUnreadableWaitIsNone(text: String) {
        #expect(response(429, [.init("retry-after", text)]).retryAfter(now: 0) == nil)
    }

    @Test func knowsAWebPage() {
        #expect(response(200, [], "\n <!DOCTYPE html><title>Are you a robot?").isWebPage)
        #expect(!response(200, [], "{\"a\": \"<html>\"}").isWebPage)
    }
}
