import GRDB
import Testing

/// What the routes of one instrument and of instances say of a host that runs.
@Suite struct NounTests {
    @Test func indicatorsOnRequestAreThoseOfThePipeline() async throws {
        try await Sandbox.with { box in
            let service = try await box.service()
            let answer = try service.json("/api/v2/stocks/IBM/indicators?names=rsi&limit=5")
            let computed = answer["rows"].items.map { $0["values"][0].number }
            _ = try await service.stop()
            let stored = try Tables.records(box).rows(
                "SELECT rsi14 FROM features WHERE instrument = 'IBM.US' ORDER BY time DESC LIMIT 5"
            ).map { $0[0] as Double? }
            #expect(computed.count == 5)
            #expect(computed == stored.reversed())
        }
    }

    @Test func anInstanceIsSwitchedOffAndOn() async throws {
        try await Sandbox.with { box in
            let service = try await box.service()
            let proof = "Authorization: Bearer \(box.text("var/control/token"))\r\n"
            func post(_ path: String, _ fields: String) throws -> HTTP.Reply {
                try HTTP.put(path, "", port: service.port, fields: fields, method: "POST")
            }
            #expect(try post("/api/v2/instances/sink/keep/disable", "").status == 401)
            let off = try post("/api/v2/instances/sink/keep/disable", proof)
            #expect(off.status == 200)
            #expect(try JSON(parsing: off.text)["outcome"].text == "applied")
            #expect(box.text("plugins.yaml").contains("enabled: false"))
            #expect(try service.status("sink", "keep").state == "disabled")
            #expect(try service.json("/api/v2/instances?kind=sink&state=disabled")["instances"].items.count == 1)
            let on = try post("/api/v2/instances/sink/keep/enable", proof)
            #expect(on.status == 200)
            #expect(try service.status("sink", "keep").state == "ok")
            let unknown = try post("/api/v2/instances/sink/nope/enable", proof)
            #expect(unknown.status == 404)
            // Nothing would be left that the pipeline could take bars from.
            let refused = try post("/api/v2/instances/provider/history/disable", proof)
            #expect(refused.status == 422)
            #expect(try await service.stop() == 0)
        }
    }

    @Test func aBarLeadsBackToItsProvider() async throws {
        try await Sandbox.with { box in
            let service = try await box.service()
            let answer = try service.json("/api/v2/stocks/IBM/explain")
            #expect(answer["source"].text == "history")
            #expect(answer["bar"]["time"].text == "2013-03-01T21:00:00Z")
            #expect(answer["predictions"][0]["model"].text == "next_day")
            let days = try service.json("/api/v2/stocks/IBM/calendar?from=2013-03-01&to=2013-03-03")["days"].items
            #expect(days.map { $0["open"].text } == ["2013-03-01T14:30:00Z", nil, nil])
            #expect(try await service.stop() == 0)
        }
    }
}
