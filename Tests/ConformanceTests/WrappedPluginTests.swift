import FoundationEssentials
import PluginKit
import PluginKitTesting
import Synchronization
import TestSupport
import Testing

/// The Swift SDK serves a static plugin unchanged: same contract, same bits.
@Suite(.serialized) struct WrappedPluginTests {
    @Test(arguments: WrappedPlugin.ids) func keepsTheContractInAProcess(id: String) async throws {
        let folders = try TemporaryFolders()
        let plugin = try WrappedPlugin(id, folders)
        let sample = try Samples.sample(for: plugin.process, in: folders)
        let report = await Conformance(plugin.process, sample: sample).report()
        #expect(report.findings == [])
        #expect(report.level >= .silver && report.tier == .process, "\(report.text)")
    }

    @Test(arguments: WrappedPlugin.ids) func describesItselfAsItDoesCompiledIn(id: String) throws {
        let folders = try TemporaryFolders()
        let plugin = try WrappedPlugin(id, folders)
        let (there, here) = (plugin.process.descriptor, plugin.compiled.descriptor)
        #expect(there.id == here.id && there.version == here.version && there.summary == here.summary)
        #expect(there.schema == here.schema)
        #expect(there.outputs == here.outputs && there.accepts == here.accepts)
        #expect(there.learns == here.learns && there.combines == here.combines)
        #expect(
            there.provider?.streams == here.provider?.streams && there.provider?.isReplay == here.provider?.isReplay)
    }

    @Test(arguments: ["indicator/rsi", "indicator/macd"]) func indicatorGivesTheSameBits(id: String) throws {
        let folders = try TemporaryFolders()
        let plugin = try WrappedPlugin(id, folders)
        let bars = Samples.bars
        let width = plugin.compiled.descriptor.outputs.count
        let expected = try outputs(of: plugin.compiled, bars, width)
        #expect(try outputs(of: plugin.process, bars, width) == expected)
        #expect(Set(expected).count > bars.count / 2)
        withExtendedLifetime(folders) {}
    }

    @Test func modelGivesTheSameArtifactAndPredictions() async throws {
        let folders = try TemporaryFolders()
        let plugin = try WrappedPlugin("model/ridge", folders)
        let bars = Samples.bars
        let changes = zip(bars, bars.dropFirst()).map { $1.close / $0.close - 1 }
        let values = (0..<500).flatMap { [changes[$0], changes[$0 + 1]] }
        let set = TrainingSet(
            features: ["a", "b"], values: values, labels: (0..<500).map { changes[$0 + 2] },
            times: bars[0..<500].map(\.time), instruments: Array(repeating: InstrumentID(rawValue: 0), count: 500))
        var artifacts: [[UInt8]] = []
        var predictions: [[UInt64]] = []
        for type in [plugin.compiled, plugin.process] {
            guard case .model(let make) = type.maker else { throw PluginError(.unsupported, "test: no model.") }
            let model = try make(options(type), try context(folders))
            let artifact = try await model.fit(set, context: FitContext(seed: 3))
            let predictor = try model.load(artifact, features: set.features)
            var output = [Double](repeating: .nan, count: 500)
            var span = output.mutableSpan
            try predictor.predict(values.span, shape: TensorShape(batch: 500, features: 2), into: &span)
            artifacts.append(artifact)
            predictions.append(output.map(\.bitPattern))
            await model.stop()
        }
        #expect(artifacts[0] == artifacts[1] && !artifacts[0].isEmpty)
        #expect(predictions[0] == predictions[1])
    }

    @Test func providerAnswersAndPushesTheSame() async throws {
        let folders = try TemporaryFolders()
        let plugin = try WrappedPlugin("provider/local_history", folders)
        var pulled: [[Bar]] = []
        var pushed: [[String]] = []
        for type in [plugin.compiled, plugin.process] {
            guard case .provider(let make) = type.maker else { throw PluginError(.unsupported, "test: no provider.") }
            let values: [String: ConfigurationValue] = ["path": .text(Repository.history), "batch": .integer(100)]
            let provider = try make(options(type, values), try context(folders))
            let references = ["FB", "GOOG"].enumerated().map {
                InstrumentReference(
                    id: InstrumentID(rawValue: UInt32($0.offset)), instrument: Instrument(code: $0.element, venue: "US")
                )
            }
            pulled.append(try await provider.fetch(FetchRequest(.bar, of: references)).events(Bar.self))
            let receiver = Positions()
            try await provider.stream(
                Subscription(instruments: references, kind: .bar, timeframe: Timeframe(1, .day)), into: receiver)
            pushed.append(receiver.seen.withLock { $0 })
            await provider.stop()
        }
        #expect(pulled[0].map(bits) == pulled[1].map(bits) && !pulled[0].isEmpty)
        #expect(pushed[0] == pushed[1] && pushed[0].count > 5)
    }

    @Test func sinkWritesTheSameFile() async throws {
        let folders = try TemporaryFolders()
        let plugin = try WrappedPlugin("sink/csv", folders)
        let bars = Samples.bars
        var texts: [String] = []
        for type in [plugin.compiled, plugin.process] {
            guard case .sink(let make) = type.maker else { throw PluginError(.unsupported, "test: no sink.") }
            let context = try context(folders)
            let sink = try make(options(type, ["path": .text("out.csv")]), context)
            #expect(await sink.isEmpty == (try await emptiness(of: plugin.compiled, in: context)))
            for start in stride(from: 0, to: 600, by: 200) {
                let batch = RecordBatch(
                    pipeline: "p", source: "s", timeframe: Timeframe(1, .day), sequence: UInt64(start),
                    content: .bars(Array(bars[start..<start + 200])))
                #expect(try await sink.write(batch).rejected.isEmpty)
            }
            try await sink.flush()
            await sink.stop()
            texts.append(try String(contentsOfFile: "\(context.baseDirectory)/out.csv", encoding: .utf8))
        }
        #expect(texts[0] == texts[1] && texts[0].split(separator: "\n").count == 601)
    }

    private func emptiness(of type: PluginType, in context: PluginContext) async throws -> Bool {
        guard case .sink(let make) = type.maker else { return false }
        let sink = try make(options(type, ["path": .text("out.csv")]), context)
        let isEmpty = await sink.isEmpty
        await sink.stop()
        return isEmpty
    }

    private func outputs(of type: PluginType, _ bars: [Bar], _ width: Int) throws -> [UInt64] {
        guard case .indicator(let make) = type.maker, var made = try make(options(type)) as? any Indicator<Bar> else {
            Issue.record("no indicator over bars")
            return []
        }
        return feed(bars, to: &made, width).map(\.bitPattern)
    }

    private func feed(_ bars: [Bar], to indicator: inout some Indicator<Bar>, _ width: Int) -> [Double] {
        var values = [Double](repeating: 0, count: bars.count * width)
        values.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return }
            let rows = FeatureRows(base: base, count: bars.count, width: width, stride: width)
            indicator.update(bars.span, into: rows)
        }
        return values
    }

    private func options(_ type: PluginType, _ values: [String: ConfigurationValue] = [:]) -> Configuration {
        let defaults = type.descriptor.schema.options.compactMap { option in
            option.defaultValue.map { (option.name, $0) }
        }
        return Configuration(
            instance: type.descriptor.id,
            values: Dictionary(defaults, uniquingKeysWith: { first, _ in first }).merging(values) { _, new in new })
    }

    private func context(_ folders: TemporaryFolders) throws -> PluginContext {
        let folder = try folders.make()
        return PluginContext(baseDirectory: folder, stateDirectory: folder, instruments: OneName())
    }

    private func bits(_ bar: Bar) -> [UInt64] {
        [UInt64(bitPattern: bar.time), UInt64(bar.instrument.rawValue), UInt64(bar.flags.rawValue)]
            + [bar.open, bar.high, bar.low, bar.close, bar.volume, bar.amount].map(\.bitPattern)
    }
}

private struct OneName: InstrumentDirectory {
    func instrument(_ id: InstrumentID) -> Instrument { Instrument(code: "IBM", venue: "US") }
    func id(of instrument: Instrument) -> InstrumentID? { InstrumentID(rawValue: 0) }
}

/// Notes where a stream stood and how much came.
private final class Positions: EventReceiver {
    let seen = Mutex<[String]>([])

    func receive(_ delivery: Delivery) async throws(PluginError) {
        seen.withLock { $0.append("\(delivery.position.text) \(delivery.batch.count) \(delivery.defects.count)") }
    }
}
