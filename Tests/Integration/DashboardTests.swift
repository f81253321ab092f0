import FoundationEssentials
import Testing

/// The dashboard in a real browser, beside a host that runs; `make browser-test` looks at every page.
@Suite struct DashboardTests {
    private static let chromium = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"]
        .first { FileManager.default.isExecutableFile(atPath: $0) }
    private static let hasLibraries = FileManager.default.fileExists(
        atPath: "\(Program.repository)/dashboard/libraries/preact-htm.js")

    @Test(
        .enabled(if: chromium != nil, "no Chromium is here: apt-get install chromium"),
        .enabled(if: hasLibraries, "the dashboard has no libraries: make dashboard-libraries"))
    func theFirstPageShowsThePipelineAndSaysWhatIsStale() async throws {
        let browser = try #require(Self.chromium)
        try await Sandbox.with { box in
            let service = try await box.service()
            let accepted = Int(try service.pipeline()["accepted"].number ?? 0)
            try await eventually("the page shows the counters") {
                // Virtual time ends when nothing is left to wait for, so the page is whole.
                let page = try await box.runOther(
                    browser, "--headless", "--no-sandbox", "--disable-gpu", "--lang=en-US",
                    "--user-data-dir=\(box.path("browser"))", "--virtual-time-budget=10000", "--dump-dom",
                    "http://127.0.0.1:\(service.port)/")
                let text = page.out.replacing(#/<[^>]*>/#, with: " ").replacing(#/\s+/#, with: " ").replacing(
                    ",", with: "")
                return text.contains("\(accepted) accepted of \(accepted)") && text.contains("IBM.US")
                    && text.contains("stale history has no more") ? () : nil
            }
            #expect(try await service.stop() == 0)
        }
    }

    @Test func theDashboardOfAnotherServerMayChangeNothing() async throws {
        try await Sandbox.with { box in
            let service = try await box.service()
            let proof = "Authorization: Bearer \(box.text("var/control/token"))\r\n"
            func post(_ origin: String) throws -> Int? {
                try HTTP.put(
                    "/api/v2/instances/sink/keep/disable", "", port: service.port, host: "127.0.0.1:\(service.port)",
                    fields: "\(proof)Origin: \(origin)\r\n", method: "POST"
                ).status
            }
            #expect(try post("http://127.0.0.1:\(service.port + 1)") == 403)
            #expect(try post("http://evil.example") == 403)
            #expect(try post("null") == 403)
            #expect(try post("http://127.0.0.1:\(service.port)") == 200)
            #expect(try await service.stop() == 0)
        }
    }
}
