import Glibc
import Testing

/// Clients of live channels over the life and death of a host.
@Suite struct LiveChannelTests {
    private static func ids(_ text: String) -> [Int] {
        text.matches(of: #/id: (\d+)\n/#).compactMap { Int($0.output.1) }
    }

    @Test(arguments: [SIGTERM, SIGKILL]) func aClientMissesNothingOverARestart(signal: Int32) async throws {
        try await Sandbox.with { box in
            try box.edit("  keep:", "  live: { plugin: websocket }\n  keep:")
            let first = try await box.service()
            let welcome = try HTTP.events("/sse/enhanced", port: first.port, until: "\"kind\":\"welcome\"")
            let last = try #require(Self.ids(welcome).first)
            // Bars and predictions of two instruments.
            #expect(last > 13_000)
            first.child.signal(signal)
            _ = try await first.child.exitCode()
            let second = try await box.service()
            let missed = try HTTP.events(
                "/sse/enhanced?after=\(last - 3)", port: second.port, until: "\"id\":\(last),")
            #expect(Self.ids(missed).prefix(3) == [last - 2, last - 1, last])
            #expect(!missed.contains("\"kind\":\"gap\"") && !missed.contains("\"kind\":\"welcome\""))
            let early = try HTTP.events("/sse/enhanced?after=\(last + 1_000_000)", port: second.port, until: "welcome")
            #expect(early.contains("\"kind\":\"gap\""))
            #expect(try await second.stop() == 0)
        }
    }

    @Test(.enabled(if: access("/usr/bin/python3", X_OK) == 0, "python3 is not in /usr/bin"))
    func thePythonClientReadsEverything() async throws {
        try await Sandbox.with { box in
            try box.edit("  keep:", "  live: { plugin: websocket }\n  keep:")
            let service = try await box.service()
            try box.write(Self.program, to: "client.py")
            let run = try await box.runOther(
                "/usr/bin/python3", "-B", "client.py", "\(Program.repository)/clients/python",
                "http://127.0.0.1:\(service.port)")
            #expect(run.code == 0, "\(run.err)")
            #expect(run.out == "read\n")
            #expect(try await service.stop() == 0)
        }
    }

    private static let program = """
        import sys
        sys.path.insert(0, sys.argv[1])
        from penstock import Client, Problem

        client = Client(sys.argv[2])
        assert client.is_ready()
        quote = client.quotes(["AAPL", "IBM"])[0]
        assert (quote.instrument, quote.close, quote.timeframe) == ("AAPL.US", 430.47, "1d"), quote
        bars = client.bars("IBM", page=1000, period="max")
        assert len(bars) == 3270 and [b.time for b in bars] == sorted({b.time for b in bars}), len(bars)
        table = client.indicators("IBM", ["rsi", "macd"], limit=5)
        assert table.columns == ["rsi", "macd.macd", "macd.signal", "macd.histogram"] and len(table.rows) == 5, table
        assert {p.instrument for p in client.predictions(model="next_day")} == {"AAPL.US", "IBM.US"}
        assert [row["symbol"] for row in client.pages("/api/v2/stocks", "stocks", limit=1)] == ["AAPL", "IBM"]
        try:
            client.quotes(["NOSUCH"])
            raise SystemExit("no problem")
        except Problem as problem:
            assert (problem.status, problem.code) == (404, "unknown_symbol"), problem
        stream = client.stream("enhanced", symbols=["IBM"])
        welcome = next(stream)
        assert welcome.kind == "welcome" and len(welcome.data["quotes"]) == 1, welcome
        later = client.stream("ai-predictions", after=client.stream("ai-predictions").__next__().id - 2)
        missed = [next(later), next(later)]
        assert [m.kind for m in missed] == ["predictions"] * 2 and missed[1].id == missed[0].id + 1, missed
        assert missed[0].time and missed[0].data["model"] == "next_day"
        print("read")

        """
}
