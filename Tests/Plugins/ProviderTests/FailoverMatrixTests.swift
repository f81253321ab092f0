import HTTPTableProvider
import HostCore
import PluginKit
import TestSupport
import Testing

/// Each fault at each source over HTTP, with another source behind it.
struct FailoverMatrixTests {
    private static let day: Int64 = 86_400_000_000_000
    private static let now: Int64 = 19_728 * day

    /// The calendar of the tests' days: what the other source has.
    private struct Days: TradingHours {
        let ends: [Int64]
        func isOpen(at instant: Int64) -> Bool? { nil }
        func hours(containing instant: Int64) -> Range<Int64>? { nil }
        func pause(containing instant: Int64) -> Range<Int64>? { nil }
        func hours(after instant: Int64) -> Range<Int64>? { nil }
        func hours(before instant: Int64) -> Range<Int64>? { nil }
        func barEnd(atOrAfter instant: Int64, timeframe: Timeframe) -> Int64? { ends.first { $0 >= instant } }
    }

    /// What became of a request after the source went wrong.
    private struct Cell {
        /// Who served; `nil` where nobody did.
        let source: String?
        /// Why the first did not, its class and words.
        let why: (code: String, words: String)
        let span: Duration
        /// What the quality stage lets into the store.
        let stored: [Bar]
        /// Of these, how many the other source has not.
        let bad: Int
    }

    /// One table: a row for each fault, a column for each source.
    @Test func everyFaultEndsInGoodDataOrAnError() async throws {
        let columns = try await withThrowingTaskGroup(of: (Int, [Cell]).self) { group in
            for (number, source) in FaultySource.all.enumerated() {
                group.addTask { (number, try await cells(of: source)) }
            }
            return try await group.reduce(into: [Int: [Cell]]()) { $0[$1.0] = $1.1 }.sorted { $0.key < $1.key }.map(
                \.value)
        }
        for (source, cells) in zip(FaultySource.all, columns) {
            for (fault, cell) in zip(SourceFault.all, cells) {
                let place: Comment = "\(source.name), \(fault.name): \(cell.source ?? "nobody"), \(cell.why.words)"
                // Nothing but what is true is stored, whoever gave it, and each bar once; the second source is there, so it serves.
                #expect(cell.bad == 0 && cell.stored.count == SourceDay.days.count, place)
                #expect(cell.source == (fault.isHarmless ? "first" : "second"), place)
            }
        }
        print(Self.table(columns))
    }

    /// The class of what kept the first source from serving; `-` where it served.
    private static func table(_ columns: [[Cell]]) -> String {
        func line(_ name: String, _ cells: [String]) -> String {
            ([name] + cells).enumerated().map { $1.padding(to: $0 == 0 ? 34 : 15) }.joined()
        }
        let rows = SourceFault.all.indices.map { row in
            line(SourceFault.all[row].name, columns.map { $0[row].source == "first" ? "-" : $0[row].why.code })
        }
        let cells = columns.flatMap { $0 }
        let served = cells.count { $0.source != nil && $0.bad == 0 && $0.stored.count == SourceDay.days.count }
        return ([line("fault", FaultySource.all.map(\.name))] + rows).joined(separator: "\n") + """

            \(SourceFault.all.count) faults at \(columns.count) sources: \(served) of \(cells.count) answers are correct data, \
            \(cells.reduce(0) { $0 + $1.bad }) bad rows stored, the longest took \(cells.map(\.span).max() ?? .zero) of 120 s
            """
    }

    private static func isSame(_ left: Bar, _ right: Bar) -> Bool {
        left.time == right.time && left.open == right.open && left.high == right.high && left.low == right.low
            && left.close == right.close && left.volume == right.volume
    }

    private func cells(of source: FaultySource) async throws -> [Cell] {
        let (first, second) = (try ReplayServer(.any(.init(""))), try ReplayServer(.any(.init(""))))
        try second.take([.any(.init(FaultySource.tableBody(SourceDay.days, "")))])
        let good = try await FaultySource.table(second).fetch(FetchRequest(.bar, [source.instrument])).events(Bar.self)
        #expect(good.count == SourceDay.days.count)
        var cells: [Cell] = []
        for fault in SourceFault.all { cells.append(try await cell(source, fault, first, second, good)) }
        return cells
    }

    private func cell(
        _ source: FaultySource, _ fault: SourceFault, _ server: ReplayServer, _ other: ReplayServer, _ good: [Bar]
    ) async throws -> Cell {
        let folder = try TemporaryFolder()
        let provider = try source.make(server, folder.path)
        let route = try route(provider, fault.limits, FaultySource.table(other), Days(ends: good.map(\.time)))
        let request = try FetchRequest(.bar, [source.instrument])
        try server.take([.any(.init(source.body(SourceDay.days)))])
        _ = try await route.fetch(request)
        try server.take([.any(fault.reply(source))])
        let start = ContinuousClock.now
        let (answer, attempts) = await route.trace(request)
        let span = start.duration(to: .now)
        await provider.stop()
        let why = attempts.first { $0.provider == "first" }?.fault
        var (quality, stored) = (QualityStage<Bar>(isKnown: [true]), [Bar]())
        let bars = try answer?.reply.events(Bar.self) ?? []
        quality.process(bars.span, latest: Self.now, into: &stored) { _ in }
        return Cell(
            source: answer?.source, why: (why?.code.description ?? "late", why?.message ?? "was late"), span: span,
            stored: stored, bad: stored.count { bar in !good.contains { Self.isSame($0, bar) } })
    }

    private func route(
        _ first: any Provider, _ limits: RequestLimits, _ second: any Provider, _ days: Days
    ) -> Route {
        let gate = ProviderGate("first", limits: limits, wallTime: { Self.now })
        let slot = ProviderSlot("first", board: nil, built: first, gate: gate) { () throws(PluginError) in first }
        return Route(
            RoutePlan(
                id: "daily",
                members: [
                    .init(slot, fetches: [.bar]), .init(ProviderSlot("second", second), fetches: [.bar]),
                ],
                rules: RouteRules(
                    deadline: .seconds(100), budget: .seconds(120), hedge: .seconds(1), acceptedAge: 10 * Self.day,
                    acceptedMissing: 0)),
            pipeline: "main", clock: ContinuousClock(), wallTime: { Self.now }, board: nil, hours: { _ in days })
    }
}

extension String {
    /// The text with blanks up to a width, one at least.
    fileprivate func padding(to width: Int) -> String {
        self + String(repeating: " ", count: Swift.max(1, width - count))
    }
}
