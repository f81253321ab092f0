import Foundation
import TestSupport
import Testing

/// Positions in a file, limits in the manifest, alerts at a receiver: with the program as users run it.
@Suite struct RiskTests {
    private static func manifest(_ server: ReplayServer, _ limits: String, more: String = "") -> String {
        SmallManifest.text.replacing(
            "  keep: { plugin: sqlite, path: var/records.db }\n",
            with:
                "  keep: { plugin: sqlite, path: var/records.db }\n  duty: { plugin: webhook, url: \"\(server.url)/duty\", from: now }\n"
        ).replacing("path: data }", with: "path: data, follow: true }")
            + "risk:\n  positions: held.csv\n  capital: 1000000\n  sinks: [duty]\n  cooldown: 0s\n\(more)  limits:\n\(limits)"
    }

    private static let held = "instrument,quantity,cost\nAAPL,100,10\nIBM,-50,20\n"

    /// What the receiver was told by the risk service, in order.
    private static func told(_ server: ReplayServer) throws -> [String] {
        try server.asked().compactMap { try JSON(parsing: $0.body)["message"].text }.filter { $0.contains("alert ") }
    }

    private static func number(_ text: String, _ name: String) throws -> Double {
        try #require(try JSON(parsing: text)[name].number, "\(name) in \(text)")
    }

    @Test func aBrokenLimitIsToldOnceAlsoOverARestartAndEndsByAReload() async throws {
        let server = try ReplayServer(.any(.init("ok")))
        try await Sandbox.with(Self.manifest(server, "    gross_exposure: { limit: 1000, severity: critical }\n")) {
            box in
            try box.write(Self.held, to: "held.csv")
            var service = try await box.service()
            try await eventually("the receiver is told") { try Self.told(server).isEmpty ? nil : true }
            // The past is read a moment after the first price.
            let exposure = try await eventually("every position has a past") {
                let exposure = try service.json("/api/v2/risk/exposure")
                return exposure["covered"].count == 2 && exposure["unpriced"].count == 0 ? exposure : nil
            }
            #expect(
                exposure["positions"].count == 2 && exposure["unpriced"].count == 0 && exposure["covered"].count == 2)
            let gross = try #require(exposure["gross"].number)
            #expect(gross > 1_000 && exposure["readings"][0]["broken"] == .flag(true))
            #expect(exposure["value_at_risk"].number.map { $0 > 0 } == true)
            let listed = try await box.run("risk", "alerts", "--json")
            let alert = try JSON(parsing: listed.out)["alerts"][0]
            #expect(alert["state"].text == "open" && alert["limits_version"].count == 1, "\(listed)")
            let acknowledged = try await box.run("risk", "ack", "1")
            #expect(
                acknowledged.code == 0 && acknowledged.out.hasPrefix("alert 1 is acknowledged by "), "\(acknowledged)")
            #expect(try await box.run("risk", "ack", "1").code == 1)
            try await eventually("that somebody knows is told") { try Self.told(server).count == 2 ? true : nil }
            try await service.stop()

            service = try await box.service()
            try await eventually("prices are back") {
                try service.json("/api/v2/risk/exposure")["unpriced"].count == 0 ? true : nil
            }
            try box.edit("limit: 1000,", "limit: 100000000,")
            #expect(try await box.run("reload").code == 0)
            try await eventually("the alert ends") { try Self.told(server).count == 3 ? true : nil }
            let told = try Self.told(server)
            #expect(told[0].hasPrefix("alert 1 opened: gross exposure is "))
            #expect(told[1].hasPrefix("alert 1 acknowledged by ") && told[2].hasPrefix("alert 1 resolved: "), "\(told)")
            #expect(try service.json("/api/v2/risk/limits")["version"].count == 2)
            try await service.stop()
        }
    }

    @Test func whatWaitsWhileAReceiverIsDownIsToldByTheNextStart() async throws {
        let server = try ReplayServer(.any(.init("no", status: 500)))
        try await Sandbox.with(Self.manifest(server, "    gross_exposure: { limit: 1000 }\n")) { box in
            try box.write(Self.held, to: "held.csv")
            let service = try await box.service()
            for rule in ["drawdown", "turnover"] {
                let drill = try await box.run("risk", "drill", rule)
                #expect(drill.code == 0, "\(drill)")
            }
            try await eventually("the receiver refuses") { try server.asked().isEmpty ? nil : true }
            try await service.stop()
            try server.take([.any(.init("ok"))])
            let again = try await box.service()
            try await eventually("all of it is told") { try Self.told(server).count == 3 ? true : nil }
            let told = try Self.told(server)
            #expect(told.count { $0.hasPrefix("DRILL, nothing is wrong: alert ") } == 2, "\(told)")
            #expect(told.count { $0.contains("gross exposure is ") } == 1)
            try await again.stop()
            #expect(try Self.told(server).count == 3)
        }
    }

    @Test func ordersAreCheckedAndFillsTakenInOnce() async throws {
        let server = try ReplayServer(.any(.init("ok")))
        let limits = "    gross_exposure: { limit: 100000 }\n    turnover: { limit: 0.001 }\n"
        try await Sandbox.with(Self.manifest(server, limits)) { box in
            try box.edit("  positions: held.csv\n", "")
            let service = try await box.service()
            let token = try #require(Files.text(box.path("var/control/token")).nilIfEmpty)
            func send(_ method: String, _ path: String, _ body: String) throws -> HTTP.Reply {
                try HTTP.put(
                    "/api/v2/risk\(path)", body, port: service.port, fields: "Authorization: Bearer \(token)\r\n",
                    method: method)
            }
            let held = #"{"positions": [{"instrument": "AAPL", "quantity": 100, "cost": 10}]}"#
            try await eventually("the service has begun") {
                try send("PUT", "/positions", held).status == 200 ? true : nil
            }
            for (body, words) in [
                (#"{"positions": [{"instrument": "NOBODY", "quantity": 1}]}"#, "is no instrument of a pipeline"),
                (
                    #"{"positions": [{"instrument": "IBM", "quantity": 1, "currency": "EUR"}]}"#,
                    "has no rate; known USD"
                ),
                (#"{"positions": [{"quantity": 1}]}"#, "'instrument' is missing"), ("<b>", "it is no JSON"),
            ] {
                let refused = try send("PUT", "/positions", body)
                #expect(refused.status == 400 && refused.text.contains(words), "\(refused.text)")
            }
            let small = try await box.run("risk", "check", "IBM", "--quantity", "-1", "--price", "10")
            #expect(small.code == 0 && small.out == "Allowed at 10.0: no limit would be broken.\n", "\(small)")
            let large = try await box.run("risk", "check", "IBM", "--quantity", "100000", "--price", "10")
            #expect(
                large.code == 1 && large.out.contains("gross_exposure : 10") && large.out.contains("turnover"),
                "\(large)")
            let fill = #"{"fills": [{"id": "f1", "instrument": "AAPL", "quantity": -40, "price": 50}]}"#
            for _ in 0..<2 {
                let reply = try send("POST", "/fills", fill)
                #expect(try JSON(parsing: reply.text)["positions"][0]["quantity"].number == 60, "\(reply.text)")
            }
            try await eventually("turnover is told") {
                try Self.told(server).contains { $0.contains("turnover of the day") } ? true : nil
            }
            #expect(try Self.number(HTTP.get("/api/v2/risk/exposure", port: service.port).text, "traded") == 2_000)
            #expect(try HTTP.put("/api/v2/risk/positions", held, port: service.port).status == 401)
            try await service.stop()
        }
    }
}

extension String {
    fileprivate var nilIfEmpty: String? { isEmpty ? nil : self }
}
