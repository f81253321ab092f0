import HostCore
import TestSupport

/// Something that goes wrong at a source.
struct SourceFault: Sendable {
    let name: String
    /// Whether the source's answer can be used all the same, because nothing of it is untrue.
    var isHarmless = false
    /// How often the source may be asked; the question before the fault counts.
    var limits = RequestLimits()
    let reply: @Sendable (FaultySource) -> ReplayServer.Reply

    private static func http(
        _ name: String, _ status: Int, _ body: String = "", _ headers: [String: String] = [:]
    ) -> SourceFault {
        SourceFault(name: name) { _ in .init(body, status: status, headers: headers) }
    }

    private static func text(_ name: String, _ body: String) -> SourceFault { http(name, 200, body) }

    private static func rows(_ name: String, _ rows: [SourceDay]) -> SourceFault {
        SourceFault(name: name) { .init($0.body(rows)) }
    }

    private static func good(
        _ name: String, _ change: @escaping @Sendable (inout ReplayServer.Reply) -> Void
    ) -> SourceFault {
        SourceFault(name: name) { source in ReplayServer.Reply(source.body(SourceDay.days)).with(change) }
    }

    static let all =
        [
            SourceFault(name: "never answers") { _ in .init(fault: "hang") }, good("answers late") { $0.delay = 30 },
            good("drips") { $0.drip = 1 }, SourceFault(name: "closes without a reply") { _ in .init(fault: "close") },
            SourceFault(name: "resets") { _ in .init(fault: "reset") },
            SourceFault(name: "resets within the body") { _ in .init(fault: "reset_within") },
            SourceFault(name: "no HTTP") { _ in .init(fault: "garbage") }, http("400", 400), http("401", 401),
            http("403", 403),
            http("404", 404), http("429", 429), http("429, Retry-After", 429, "", ["Retry-After": "30"]),
            http("500", 500),
            http("502, a page", 502, "<html><h1>Bad Gateway</h1></html>"),
            http("503, Retry-After", 503, "", ["Retry-After": "30"]),
            http("redirect to a file", 302, "", ["Location": "file:///etc/passwd"]),
            http("redirect without end", 302, "", ["Location": "/again"]),
            text("captcha with 200", "<html><body>Are you a robot?</body></html>"), text("empty body", ""),
            text("null", "null"), text("empty object", "{}"), text("empty list", "[]"),
            text("deep nesting", String(repeating: "[", count: 100_000)),
            good("truncated JSON") { $0.body = $0.body.map { String($0.dropLast($0.count / 2)) } },
            good("connection ends within the body") { $0.cut = 40 },
            good("truncated gzip") { reply in
                reply.gzip = true
                reply.cutPacked = 20
            },
            SourceFault(name: "exhausted, in its words") { $0.exhausted },
            SourceFault(name: "permission denied, in its words") { $0.denied },
            SourceFault(name: "budget of the day exhausted", limits: RequestLimits(perDay: 1)) {
                .init($0.body(SourceDay.days))
            },
            SourceFault(name: "UTF-16") { source in
                .init(
                    bytes: [0xFF, 0xFE]
                        + source.body(SourceDay.days).utf16.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] })
            },
            SourceFault(name: "no UTF-8") { _ in .init(bytes: [0xC4, 0xFA, 0xBA, 0xC3, 0xFF, 0x00]) },
        ] + [
            rows("no rows", []), rows("high below low", SourceDay.wrong { $0.high = "8" }),
            rows("close outside", SourceDay.wrong { $0.close = "12" }),
            rows("negative prices", SourceDay.wrong { $0.low = "-9" }),
            rows("prices of zero", SourceDay.wrong { $0.open = "0" }),
            rows("nulls", SourceDay.wrong { $0.close = "null" }),
            rows("NaN", SourceDay.wrong { $0.close = "NaN" }), rows("1e999", SourceDay.wrong { $0.high = "1e999" }),
            rows("words for numbers", SourceDay.wrong { $0.open = "\"-\"" }), rows("the future", [.future]),
            rows("a year old", [.old]),
            rows("lots for shares", SourceDay.wrong { $0.volume /= 100 }),
            rows("shares for lots", SourceDay.wrong { $0.volume *= 100 }),
            rows("a bar missing", [SourceDay.days[0], SourceDay.days[1], SourceDay.days[3]]),
            rows("two bars missing", [SourceDay.days[0], SourceDay.days[3]]),
            SourceFault(name: "every bar twice", isHarmless: true) {
                .init($0.body(SourceDay.days.flatMap { [$0, $0] }))
            },
            SourceFault(name: "the answer twice", isHarmless: true) { .init($0.body(SourceDay.days + SourceDay.days)) },
            // Where a reply does not say whom it is about, its prices are those of another one.
            SourceFault(name: "wrong symbol") { source in
                guard source.symbol != nil else {
                    return .init(
                        source.body(
                            SourceDay.wrong { ($0.open, $0.high, $0.low, $0.close) = ("600", "660", "540", "630") }))
                }
                return .init(source.body(SourceDay.days, "000001.OTHER"))
            },
            rows(
                "times 100",
                SourceDay.wrong { ($0.open, $0.high, $0.low, $0.close) = ("1000", "1100", "900", "1050") }),
        ]
}
