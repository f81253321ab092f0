import PluginKit
import Testing

struct ContractDefaultsTests {
    private let configuration = Configuration(instance: "x/y", values: [:])
    private let context = PluginContext(baseDirectory: "/base", stateDirectory: "/state", instruments: NoInstruments())

    @Test func aProviderRefusesWhatItDoesNotImplement() async throws {
        let provider = try BareProvider(configuration, context: context)
        let quotes = FetchRequest(.quote, of: [])
        let subscription = Subscription(instruments: [], kind: .bar, timeframe: Timeframe(1, .day))
        let calls: [(String, () async throws -> Void)] = [
            ("answers to requests for quote events", { _ = try await provider.fetch(quotes) }),
            ("a list of instruments", { _ = try await provider.instruments() }),
            ("a trading calendar", { _ = try await provider.tradingDays(of: "SH", 0...1) }),
            ("a stream", { try await provider.stream(subscription, into: NoReceiver()) }),
        ]
        for (what, call) in calls {
            let error = await #expect(throws: PluginError.self) { try await call() }
            #expect(error?.code == .unsupported)
            #expect(error?.message == "provider/bare: does not give \(what). Route this to another provider.")
        }
        await provider.acknowledge(StreamPosition("7"))
        try await provider.probe()
        await provider.stop()
        #expect(quotes.range == Int64.min...Int64.max)
        #expect(subscription.resumeAfter == nil)
    }

    @Test func aSinkHasNothingToFlush() async throws {
        let sink = try BareSink(configuration, context: context)
        try await sink.flush()
        await sink.stop()
    }

    @Test func anIndicatorsRunFormEqualsItsUpdates() throws {
        var single = try Doubling(configuration)
        var run = single
        var expected = [0.0, 0, 0]
        var rows = [0.0, 0, 0]
        let bars = (1...3).map {
            Bar(time: $0, open: 1, high: 1, low: 1, close: Double($0), volume: 1, instrument: InstrumentID(rawValue: 0))
        }
        expected.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return }
            for (index, bar) in bars.enumerated() {
                _ = single.update(bar, into: OutputRow(base: base + index, width: 1))
            }
        }
        rows.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return }
            run.update(bars.span, into: FeatureRows(base: base, count: 3, width: 1, stride: 1))
        }
        #expect(rows == expected)
        #expect(rows == [2, 4, 6])
        #expect(run.seen == 3)
    }

    @Test func peekLeavesTheStateAsItIs() throws {
        let indicator = try Doubling(configuration)
        var value = 0.0
        withUnsafeMutablePointer(to: &value) { base in
            let bar = Bar(
                time: 1, open: 1, high: 1, low: 1, close: 5, volume: 1, instrument: InstrumentID(rawValue: 0))
            indicator.peek(bar, into: OutputRow(base: base, width: 1))
        }
        #expect(value == 10)
        #expect(indicator.seen == 0)
    }

    @Test func aPluginTypeForwardsToThePlugin() {
        let types: [(PluginType, String)] = [
            (.provider(BareProvider.self), "provider/bare"), (.indicator(Doubling.self), "indicator/doubling"),
            (.model(BareModel.self), "model/bare"), (.sink(BareSink.self), "sink/bare"),
        ]
        for (type, id) in types {
            #expect(type.descriptor.id == id)
            #expect(type.validate(configuration).isEmpty)
        }
        #expect(Doubling.inputKind == .bar)
        #expect(PluginKind.allCases.count == 4)
    }

    @Test func aRelativePathStartsFromTheManifest() {
        #expect(context.resolve("data/x.csv") == "/base/data/x.csv")
        #expect(context.resolve("/data/x.csv") == "/data/x.csv")
        context.log(.info, "message", [:])
        context.publish("channel", nil, [])
    }

    @Test func aTrainingSetAndItsContextKeepWhatTheyAreGiven() throws {
        let set = TrainingSet(
            features: ["a", "b"], values: [1, 2, 3, 4], labels: [0, 1], times: [1, 2],
            instruments: [InstrumentID(rawValue: 0), InstrumentID(rawValue: 0)])
        #expect(set.count == 2)
        #expect(set.time == 1)
        let fit = FitContext(seed: 7)
        try fit.checkpoint(0.5)
        #expect(fit.seed == 7 && fit.threads == 1)
        #expect(TensorShape(batch: 2, time: 3, features: 4).count == 24)
        #expect(Reply(.bars([])).defects.isEmpty)
        let windows = TrainingSet(
            features: ["a"], time: 2, values: [1, 2, 3], starts: [0, 1], labels: [0, 1], times: [1, 2],
            instruments: [InstrumentID(rawValue: 0), InstrumentID(rawValue: 0)])
        #expect(windows.window(0) == [1, 2] && windows.window(1) == [2, 3])
        #expect(throws: PluginError.self) { try Reply(.quotes([])).events(Bar.self) }
    }
}

private struct NoInstruments: InstrumentDirectory {
    func instrument(_ id: InstrumentID) -> Instrument { Instrument(code: "NONE", venue: "TEST") }
    func id(of instrument: Instrument) -> InstrumentID? { nil }
}

private struct NoReceiver: EventReceiver {
    func receive(_ delivery: Delivery) async throws(PluginError) {}
}

private struct BareProvider: Provider {
    static let descriptor = PluginDescriptor(
        kind: .provider, name: "bare", summary: "", schema: ConfigurationSchema([]),
        provider: ProviderCapabilities(fetches: [], streams: [], credentials: ["key"], rateLimit: "5 requests/min"))

    init(_ configuration: Configuration, context: PluginContext) throws(PluginError) {}
}

private struct BareSink: Sink {
    static let descriptor = PluginDescriptor(
        kind: .sink, name: "bare", summary: "", schema: ConfigurationSchema([]), accepts: [.bars])

    init(_ configuration: Configuration, context: PluginContext) throws(PluginError) {}
    func write(_ batch: RecordBatch) async throws(PluginError) -> WriteReceipt { .accepted }
}

private struct BareModel: Model {
    static let descriptor = PluginDescriptor(
        kind: .model, name: "bare", summary: "", schema: ConfigurationSchema([]))

    init(_ configuration: Configuration, context: PluginContext) throws(PluginError) {}
    func fit(_ set: TrainingSet, context: FitContext) async throws(PluginError) -> [UInt8] { [] }
    func load(_ artifact: [UInt8], features: [String]) throws(PluginError) -> any Predictor {
        throw PluginError(.corrupted, "model/bare: loads nothing.")
    }
}

/// Twice the close; counts what it took.
private struct Doubling: Indicator {
    static let descriptor = PluginDescriptor(
        kind: .indicator, name: "doubling", summary: "", schema: ConfigurationSchema([]),
        outputs: [OutputColumn("value", unit: "", "")])

    var seen = 0
    var warmUpLength: Int { 1 }

    init(_ configuration: Configuration) throws(PluginError) {}

    mutating func update(_ event: Bar, into row: OutputRow) -> Bool {
        seen += 1
        row[0] = 2 * event.close
        return true
    }

    func save(to writer: inout StateWriter) { writer.write(seen) }
    mutating func restore(from reader: inout StateReader) throws(PluginError) { seen = try reader.readInt() }
}
