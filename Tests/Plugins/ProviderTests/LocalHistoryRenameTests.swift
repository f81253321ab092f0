import HostCore
import LocalHistoryProvider
import PluginKit
import Synchronization
import TestSupport
import Testing

/// Files that are kept under the name an instrument had when they were written.
@Suite struct LocalHistoryRenameTests {
    private static let meta = Instrument(code: "META", venue: "US")
    private static let fb = Instrument(code: "FB", venue: "US")
    /// 2012-05-18, Facebook's first day, and 2022-06-09, the first of META.
    private static let (listed, renamed) = (nanoseconds(1_337_299_200), nanoseconds(1_654_732_800))
    private static let names = [
        meta: DatedNames(meta, earlier: [(nil, listed), (fb, renamed)]), fb: DatedNames(fb, earlier: [(nil, listed)]),
    ]

    private let told = Told()

    private final class Told: Sendable {
        let texts = Mutex<[String]>([])
    }

    private func renaming(_ provider: LocalHistory) -> RenamingProvider {
        let told = told
        return RenamingProvider(
            provider, names: Self.names, isReplay: true, number: { _ in InstrumentID(rawValue: 7) },
            tell: { text in told.texts.withLock { $0.append(text) } })
    }

    private func bars(_ provider: RenamingProvider, _ name: String) async throws -> (fetched: [Bar], streamed: [Bar]) {
        let fetched = try await provider.fetch(FetchRequest(.bar, [name])).events(Bar.self)
        let pushes = Pushes()
        #expect(try await pushes.run(provider, .bar, [name], timeframe: Timeframe(1, .day), waits: false) == nil)
        #expect(pushes.defects.isEmpty)
        return (fetched, pushes.events(Bar.self))
    }

    @Test func shippedFilesOfFacebookAreThoseOfMeta() async throws {
        let old = try await allBars(try history(TestData.shipped), ["FB"]).events
        let (fetched, streamed) = try await bars(renaming(try history(TestData.shipped)), "META")
        #expect(old.count > 100 && fetched.map(\.close) == old.map(\.close))
        #expect(shown(streamed) == shown(fetched) && fetched.map(\.time) == old.map(\.time))
        #expect(told.texts.withLock { $0.contains { $0.contains("no file for 'META.US'") } })
    }

    @Test(.enabled(if: TestData.hasMarket, "../shared/data is not there"))
    func rowsOfAnEarlierOwnerAreLeftOutAndTold() async throws {
        let path = "\(TestData.market)/lean"
        let all = try await allBars(try history(path, ["preset": .text("lean")]), ["FB"]).events
        let earlier = all.count { $0.time < Self.listed }
        // The file begins with the days of somebody else.
        #expect(earlier > 0)
        for name in ["FB", "META"] {
            let (fetched, streamed) = try await bars(renaming(try history(path, ["preset": .text("lean")])), name)
            #expect(fetched.count == all.count - earlier && shown(streamed) == shown(fetched))
            // 2012-05-18, 16:00 in New York.
            #expect(fetched.first?.time == nanoseconds(1_337_371_200))
        }
        #expect(told.texts.withLock { $0.contains { $0.contains("events of FB.US at times at which 'renames'") } })
    }
}
