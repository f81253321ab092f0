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
    private static let providers: [MutantProvider.Flaw: Set<String>] = [
        .none: [], .swapsBars: ["order"], .doublesABar: ["duplicates"], .givesNaN: ["numbers"],
        .mistakesTheZone: ["expectedBars"], .ignoresTheRange: ["range"],
        .answersWhatItDoesNotDeclare: ["capabilities"], .hidesBadBytes: ["badBytes"],
        .answersWhileAway: ["unavailable"],
        .callsUnknownTransient: ["unknownInstrument"], .resumesOneBack: ["resume"], .takesAnyPosition: ["badPosition"],
        .pushesOtherBars: ["pullEqualsPush"], .pushesAfterCancellation: ["taskCancellation"],
        .swallowsRefusal: ["receiverCancellation"], .neverEnds: ["taskCancellation"], .pushesBackwards: ["streamOrder"],
    ]
    private static let indicators: [MutantIndicator.Flaw: Set<String>] = [
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

    @Test(arguments: MutantProvider.Flaw.allCases)
    func findsWhatIsWrongWithAProvider(flaw: MutantProvider.Flaw) async throws {
        let folders = try TemporaryFolders()
        var sample = try Samples.sample(in: folders)
        let bars = Array(sample.bars.prefix(200))
        sample.instruments = [Instrument(code: "GOOD", venue: "TEST")]
        sample.unknownInstrument = Instrument(code: "NONE", venue: "TEST")
        sample.unavailable = ["source": .text("away")]
        sample.damaged = [.init("damaged", values: ["source": .text("damaged")])]
        sample.expected = Array(bars.prefix(1))
        // The instance never returns, so the wait is always the whole of it.
        if flaw == .neverEnds { sample.patience = .seconds(2) }
        let report = await Conformance(MutantProvider.type(flaw, bars), sample: sample).report()
        #expect(Set(report.failedChecks) == Self.providers[flaw], "\(report.text)")
    }

    @Test(arguments: MutantIndicator.Flaw.allCases)
    func findsWhatIsWrongWithAnIndicator(flaw: MutantIndicator.Flaw) async throws {
        let folders = try TemporaryFolders()
        let sample = try Samples.sample(in: folders)
        let report = await Conformance(MutantIndicator.type(flaw), sample: sample).report()
        #expect(Set(report.failedChecks) == Self.indicators[flaw], "\(report.text)")
    }
}
