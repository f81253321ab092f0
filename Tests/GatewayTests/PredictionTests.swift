import HostCore
import PluginKit
import TestSupport
import Testing

@testable import HostGateway

@Suite struct PredictionTests {
    @Test(arguments: ["", "?symbols=AAPL", "?symbols=AAPL,IBM&model=next_day", "?model=next_day"])
    func answersTheNewestPredictions(query: String) async throws {
        try await withGateway { server in
            let answer = try await server.get("/api/v2/ai/predictions\(query)")
            #expect(answer.status == 200)
            let json = try answer.json
            #expect(json["count"] == 1)
            let row = json["predictions"]?[0]
            #expect(row?["instrument"] == "AAPL.US")
            #expect(row?["model"] == "next_day")
            #expect(row?["target"] == "return over 1 bar")
            #expect(row?["value"] == 0.0125)
            #expect(row?["price"] == 443.66)
            #expect(row?["time"] == "2013-03-28T20:00:00Z")
            #expect(row?["pipeline"] == "main")
        }
    }

    @Test func aRangeIsAnsweredInPagesOutOfTheStore() async throws {
        var host = TestHost.filled()
        let aapl = Instrument(code: "AAPL", venue: "US")
        let id = host.instruments.intern(aapl)
        host.outcomes = MemoryOutcomes(
            [],
            (0..<3).map { number in
                StoredPrediction(
                    pipeline: "main", instrument: aapl,
                    prediction: KeptPrediction(
                        model: "next_day", target: "return over 1 bar", instrument: id,
                        time: TestHost.lastClose + Int64(number) * TestHost.day, horizon: 1, value: Double(number)))
            })
        let filled = host
        try await withGateway(filled) { server in
            let path = "/api/v2/ai/predictions?symbols=AAPL&from=2013-03-28&to=2013-04-10&limit=2"
            let first = try await server.get(path).json
            #expect(first["count"] == 2 && first["predictions"]?[1]?["value"] == 1)
            #expect(first["predictions"]?[1]?["time"] == "2013-03-29T20:00:00Z")
            #expect(first["predictions"]?[0]?["price"] == .null)
            guard case .text(let cursor)? = first["next_cursor"] else {
                Issue.record("there is no second page")
                return
            }
            let second = try await server.get("\(path)&cursor=\(cursor)").json
            #expect(second["count"] == 1 && second["predictions"]?[0]?["value"] == 2)
            if case .text? = second["next_cursor"] { Issue.record("there is a third page") }
            let other = try await server.get("/api/v2/ai/predictions?from=2013-03-27&cursor=\(cursor)")
            #expect(other.status == 400)
            #expect(try await server.get("/api/v2/ai/predictions?from=2013-04-01&to=2013-03-01").status == 400)
        }
    }

    @Test func refusesAnUnknownModelAndNamesTheKnown() async throws {
        try await withGateway { server in
            for path in ["/api/v2/ai/predictions?model=nope", "/api/v2/ai/models/nope/status"] {
                let answer = try await server.get(path)
                #expect(answer.status == 404)
                #expect(try answer.json["error"]?["code"] == "unknown_model")
                #expect(try answer.json["error"]?["message"] == "gateway: no model 'nope'. Known: next_day.")
            }
        }
    }

    @Test func refusesWhenNoSymbolIsKnown() async throws {
        try await withGateway { server in
            let answer = try await server.get("/api/v2/ai/predictions?symbols=NOSUCH")
            #expect(answer.status == 404)
        }
    }

    @Test func agreesWithQuotesOnAnInstrumentWithoutData() async throws {
        try await withGateway { server in
            for path in ["/api/v2/stocks/quotes", "/api/v2/ai/predictions"] {
                let answer = try await server.get("\(path)?symbols=IBM")
                #expect(answer.status == 404)
                #expect(try answer.json["error"]?["code"] == "no_data")
                let found1 = try await server.get("\(path)?symbols=AAPL,IBM").json["no_data"]
                #expect(found1 == ["IBM.US"])
            }
        }
    }

    @Test func embedsTheCardOfAModel() async throws {
        try await withGateway { server in
            let json = try await server.get("/api/v2/ai/models/next_day/status").json
            #expect(json["plugin"] == "model/ridge")
            #expect(json["state"] == "serving")
            #expect(json["origin"] == "fitted")
            #expect(json["card"]?["r2"] == 0.01)
        }
    }

    @Test func aModelOfTwoPipelinesHasAStatusForEach() async throws {
        try await withGateway(.withTwoPipelines()) { server in
            let first = try await server.get("/api/v2/ai/models/next_day/status").json
            #expect(first["pipeline"] == "main")
            #expect(first["pipelines"] == ["main", "minutes"])
            let second = try await server.get("/api/v2/ai/models/next_day/status?pipeline=minutes").json
            #expect(second["state"] == "fitting")
            #expect(try await server.get("/api/v2/ai/models/next_day/status?pipeline=weeks").status == 400)
        }
    }
}
