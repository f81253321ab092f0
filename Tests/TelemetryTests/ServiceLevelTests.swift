import Testing

@testable import HostTelemetry

/// Shares of service levels, out of the numbers of `/metrics`.
@Suite struct ServiceLevelTests {
    private func outcomes(_ name: String, _ text: String) throws -> [ServiceLevel.Outcome] {
        let level = try #require(ServiceLevel.all.first { $0.name == name })
        return level.outcomes(in: MetricText.read(Array(text.utf8)))
    }

    @Test func countsFaultsOfTheAPIWithoutHealth() throws {
        let api = try outcomes(
            "api",
            """
            penstock_http_requests_total{route="/health",status="503"} 500
            penstock_http_requests_total{route="/health/ready",status="503"} 500
            penstock_http_requests_total{route="/metrics",status="200"} 1990
            penstock_http_requests_total{route="/api/v2/data",status="404"} 8
            penstock_http_requests_total{route="/api/v2/data",status="503"} 2
            """)
        #expect(api.count == 1)
        #expect(api[0].all == 2_000 && api[0].bad == 2)
        #expect(api[0].good == 0.999)
        #expect(abs((api[0].burnRate ?? 0) - 1) < 1e-9)
    }

    @Test func keepsProvidersApart() throws {
        let providers = try outcomes(
            "provider",
            """
            penstock_provider_requests_total{provider="b",outcome="answered"} 90
            penstock_provider_requests_total{provider="b",outcome="failed"} 10
            penstock_provider_requests_total{provider="a",outcome="answered"} 0
            penstock_provider_requests_total{provider="a",outcome="failed"} 0
            """)
        #expect(providers.map(\.of) == ["provider=a", "provider=b"])
        #expect(providers[0].good == nil && providers[0].burnRate == nil)
        #expect(providers[1].good == 0.9)
    }

    @Test func whatIsNotThereHasNoOutcome() throws {
        #expect(try outcomes("freshness", "penstock_uptime_seconds 5\n").isEmpty)
    }

    @Test func aShareIsPromQLOfTheSameSelections() throws {
        let level = try #require(ServiceLevel.all.first { $0.name == "api" })
        let all = #"sum by (job) (rate(penstock_http_requests_total{route!~"/health.*"}[5m]))"#
        let bad = #"sum by (job) (rate(penstock_http_requests_total{route!~"/health.*",status=~"5.*"}[5m]))"#
        #expect(level.share(over: "5m") == "(\(bad) or 0 * \(all)) / (\(all) > 0)")
        #expect(ServiceLevel.all.map(\.budget) == [0.001, 0.005, 0.001, 0.01, 0.01])
    }
}
