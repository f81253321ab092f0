import PluginKit
import PluginKitTesting
import Testing

/// Plugins that are broken on purpose: each is caught by the checks that should catch it, and by no other.
@Suite(.serialized) struct MutantTests {
    private static let sinks: [MutantSink.Flaw: Set<String>] = [
        .none: [], .reversesBatches: ["order"], .losesRepeats: ["idempotency"], .refusesEmptyBatches: ["emptyBatch"],
        .losesRowsAfter4096: ["largeBatch"], .losesNaN: ["receipts"], .losesBufferOnStop: ["stopKeeps"],
        .takesRowsAfterStop: ["afterStop"], .refusesSecondFlush: ["flush"],
        .hangsOnSecondStop: ["stopUnused", "stopTwice"],
        .leaksDescriptors: ["leaks"], .leaksInstances: ["leaks"], .sharesItsEnd: ["sideBySide"],
        .logsItsSecret: ["secrets"], .inventsCodes: ["unavailable", "errors"], .refusesItsUpperBound: ["bounds"],
        .misnamesMissing: ["missingOptions"], .refusesAlerts: ["recordKinds"], .takesRowsWhileAway: ["unavailable"],
        .hasABadDefault: ["options"], .hasNoSummary: ["descriptor"],
        .takesUnknownOptionsAmiss: ["unknownOption"], .waitsThroughCancellation: ["cancellation"],
        .diesOfCancellation: ["cancellation"],
        // Rows that are offered again for ever are kept nowhere, which the checks that count rows see as well.
        .namesRowsOutside: ["receipts", "emptyBatch", "largeBatch", "flush", "stopKeeps"],
    ]
    private static let models: [MutantModel.Flaw: Set<String>] = [
        .none: [], .fitsDifferentlyEachTime: ["determinism"], .drifts: ["repeatability"],
        .looksAhead: ["rowIndependence"], .takesAnyShape: ["shapes"], .mixesFeatures: ["featureNames"],
        .loadsCutBytes: ["cutArtifact"], .predictsInfinityWhenSpoiled: ["spoiledArtifact"],
        .ignoresCancellation: ["fitCancellation"], .neverAsksToGoOn: ["fitCancellation"], .fitsNaN: ["badTrainingSet"],
        .namesOtherOutputs: ["predictions"],
    ]
    private static let providers: [ProviderFlaw: Set<String>] = [
        .none: [], .swapsEvents: ["order"], .doublesAnEvent: ["duplicates"], .givesNaN: ["numbers"],
        .mistakesTheZone: ["expectedEvents"], .ignoresTheRange: ["range"],
        .answersWhatItDoesNotDeclare: ["capabilities"], .hidesBadBytes: ["badBytes"],
        .answersWhileAway: ["unavailable"],
        .callsUnknownTransient: ["unknownInstrument"], .resumesOneBack: ["resume"], .takesAnyPosition: ["badPosition"],
        .pushesOtherEvents: ["pullEqualsPush"], .pushesAfterCancellation: ["taskCancellation"],
        .swallowsRefusal: ["receiverCancellation"], .neverEnds: ["taskCancellation"], .pushesBackwards: ["streamOrder"],
    ]
    private static let indicators: [IndicatorFlaw: Set<String>] = [
        .none: [], .warmsUpTooLong: ["warmUp"], .peeksAtThePast: ["peek"], .forgetsInSnapshot: ["snapshot"],
        .takesNaN: ["refusal"], .restoresWithOtherCode: ["damagedSnapshot"], .keepsGoingInRefusal: ["refusal"],
    ]

    @Test(arguments: MutantSink.Flaw.allCases) func findsWhatIsWrongWithASink(flaw: MutantSink.Flaw) async throws {
        let folders = try TemporaryFolders()
        var sample = try Samples.sample(in: folders)
        sample.unavailable = ["away": .boolean(true)]
        sample.isIdempotent = false
        sample.keptCloses = { $0.published.map { Double(String(decoding: $0.bytes, as: UTF8.self)) ?? .nan } }
        // The instance never returns, so the wait is always the whole of it.
        if flaw == .hangsOnSecondStop || flaw == .waitsThroughCancellation { sample.patience = .seconds(1) }
        let report = await Conformance(MutantSink.type(flaw), sample: sample).report()
        #expect(Set(report.failedChecks) == Self.sinks[flaw], "\(report.text)")
    }

    @Test(arguments: MutantModel.Flaw.allCases) func findsWhatIsWrongWithAModel(flaw: MutantModel.Flaw) async throws {
        let folders = try TemporaryFolders()
        let sample = try Samples.sample(in: folders)
        let report = await Conformance(MutantModel.type(flaw), sample: sample).report()
        #expect(Set(report.failedChecks) == Self.models[flaw], "\(report.text)")
    }

    private func ofProvider<Event: TestedEvent>(
        _ flaw: ProviderFlaw, _ events: [Event]
    ) async throws -> ConformanceReport {
        let folders = try TemporaryFolders()
        var sample = try Samples.sample(in: folders)
        sample.instruments = [Instrument(code: "GOOD", venue: "TEST")]
        sample.unknownInstrument = Instrument(code: "NONE", venue: "TEST")
        sample.unavailable = ["source": .text("away")]
        sample.damaged = [.init("damaged", values: ["source": .text("damaged")])]
        // The first of a range; of quotes and order books the last, which alone is asked for.
        sample.expected[Event.kind] = Event.batch(Event.isSnapshot ? events.suffix(1) : Array(events.prefix(1)))
        // The instance never returns, so the wait is always the whole of it.
        if flaw == .neverEnds { sample.patience = .seconds(2) }
        return await Conformance(MutantProvider.type(flaw, events), sample: sample).report()
    }

    @Test(arguments: ProviderFlaw.allCases)
    func findsWhatIsWrongWithAProvider(flaw: ProviderFlaw) async throws {
        let report = try await ofProvider(flaw, Array(Samples.bars.prefix(200)))
        #expect(Set(report.failedChecks) == Self.providers[flaw], "\(report.text)")
    }

    /// Two trades of one time and price are two trades; of quotes there is no range, and no order but the stream's.
    @Test(arguments: ProviderFlaw.allCases)
    func findsWhatIsWrongWithAProviderOfTradesOrQuotes(flaw: ProviderFlaw) async throws {
        if flaw != .doublesAnEvent {
            let report = try await ofProvider(flaw, Array(Samples.trades.prefix(200)))
            #expect(Set(report.failedChecks) == Self.providers[flaw], "\(report.text)")
        }
        let ofQuotes: [ProviderFlaw: Set<String>] = [
            .swapsEvents: [], .ignoresTheRange: [], .doublesAnEvent: ["duplicates", "pullEqualsPush"],
            .givesNaN: ["numbers", "expectedEvents"],
        ]
        let report = try await ofProvider(flaw, Array(Samples.quotes.prefix(200)))
        #expect(Set(report.failedChecks) == ofQuotes[flaw] ?? Self.providers[flaw], "\(report.text)")
    }

    @Test(arguments: [ProviderFlaw.none, .mistakesTheZone, .givesNaN, .swapsEvents])
    func findsWhatIsWrongWithAProviderOfFiguresOrFactors(flaw: ProviderFlaw) async throws {
        let figures = try await ofProvider(flaw, Samples.figures)
        #expect(Set(figures.failedChecks) == Self.providers[flaw], "\(figures.text)")
        let factors = try await ofProvider(flaw, Samples.factors)
        #expect(Set(factors.failedChecks) == Self.providers[flaw], "\(factors.text)")
    }

    @Test func takesAProviderOfOrderBooks() async throws {
        let report = try await ofProvider(.none, Samples.books)
        #expect(report.failedChecks.isEmpty, "\(report.text)")
    }

    private func ofIndicator<Event: TestedEvent>(
        _ flaw: IndicatorFlaw, _ events: [Event]
    ) async throws -> ConformanceReport {
        let folders = try TemporaryFolders()
        var sample = try Samples.sample(in: folders)
        sample.events[Event.kind] = Event.batch(events)
        return await Conformance(MutantIndicator<Event>.type(flaw), sample: sample).report()
    }

    @Test(arguments: IndicatorFlaw.allCases) func findsWhatIsWrongWithAnIndicator(flaw: IndicatorFlaw) async throws {
        let report = try await ofIndicator(flaw, Samples.bars)
        #expect(Set(report.failedChecks) == Self.indicators[flaw], "\(report.text)")
    }

    @Test(arguments: IndicatorFlaw.allCases)
    func findsWhatIsWrongWithAnIndicatorOverTrades(flaw: IndicatorFlaw) async throws {
        let report = try await ofIndicator(flaw, Samples.trades)
        #expect(Set(report.failedChecks) == Self.indicators[flaw], "\(report.text)")
    }

    @Test func takesIndicatorsOverAnyKind() async throws {
        for report in [
            try await ofIndicator(.none, Samples.quotes), try await ofIndicator(.none, Samples.books),
            try await ofIndicator(.none, Samples.figures), try await ofIndicator(.none, Samples.factors),
        ] { #expect(report.failedChecks.isEmpty, "\(report.text)") }
    }
}
