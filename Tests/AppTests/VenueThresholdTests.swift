import Builtin
import HostCore
import HostManifest
import PluginKit
import Testing

@testable import HostApp

/// Thresholds of a venue, from the file to the rules of an instrument.
@Suite struct VenueThresholdTests {
    private static func prices(_ venues: String) throws -> AcceptedPrices {
        let text = """
            version: 1
            instruments: { all: [AAPL.US, 600519.SH, 00700.HK] }
            providers: { history: { plugin: local_history, path: data } }
            routes: { daily: { from: [history], accept: { max_move: 12 }, gap: { trade: 5m, quote: 1m }\(venues) } }
            pipelines: { main: { instruments: all, route: daily, indicators: [], models: [], sinks: [] } }

            """
        let result = ManifestLoader(plugins: Builtin.plugins).load(text: text, file: "plugins.yaml")
        #expect(result.faults.isEmpty, "\(result.report)")
        return try #require(result.manifest?.route("daily")).prices
    }

    @Test func whatAVenueDoesNotSayIsAsForTheRoute() throws {
        let prices = try Self.prices(", venues: { XSHG: { accept: { max_jump: 3 }, gap: { trade: 1h } } }")
        let table = InstrumentTable()
        let ids = try ["AAPL.US", "600519.SH", "00700.HK"].map { table.intern(try Instrument(parsing: $0)) }
        let rules = prices.rules(table)
        let minute: Int64 = 60_000_000_000
        let common = QualityRules.Thresholds(maxJump: 50, maxMove: 12, gaps: [.trade: 5 * minute, .quote: minute])
        let own = QualityRules.Thresholds(maxJump: 3, maxMove: 12, gaps: [.trade: 60 * minute, .quote: minute])
        #expect(ids.map(rules.thresholds) == [common, own, common])
        // One that is named later has the common ones.
        #expect(rules.thresholds(of: table.intern(Instrument(code: "IBM", venue: "US"))) == common)
    }

    @Test func whatDecidesAboutRowsIsInTheDigest() throws {
        let plain = try Self.prices("").description
        #expect(plain == "50.0 move 12.0")
        #expect(try Self.prices(", venues: { SH: { gap: { trade: 1h } } }").description == plain, "gaps are only told")
        #expect(try Self.prices(", venues: { SH: { accept: { max_move: 12 } } }").description == plain)
        let own = try Self.prices(", venues: { SH: { accept: { max_jump: 3 } }, HK: { accept: { max_move: 20 } } }")
        #expect(own.description == "50.0 move 12.0; HK 50.0 move 20.0; SH 3.0 move 12.0")
    }
}
