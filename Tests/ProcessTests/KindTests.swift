import FoundationEssentials
import Glibc
import HostProcess
import PluginKit
import Synchronization
import Testing

@Suite(.serialized, .enabled(if: ProcessFixture.hasPython, "python3 is not in /usr/bin"))
struct KindTests {
    private func options(_ id: String, _ values: [String: ConfigurationValue]) -> Configuration {
        Configuration(instance: id, values: values)
    }

    private func averages(_ indicator: inout some Indicator<Bar>, _ bars: [Bar]) -> [Double] {
        var values = [Double](repeating: 0, count: bars.count)
        values.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return }
            indicator.update(bars.span, into: FeatureRows(base: base, count: bars.count, width: 1, stride: 1))
        }
        return values
    }

    private func indicator(_ type: PluginType, _ id: String = "indicator/a") throws -> any Indicator<Bar> {
        guard case .indicator(let make) = type.maker,
            let made = try make(options(id, ["period": .integer(3)])) as? any Indicator<Bar>
        else { throw PluginError(.unsupported, "test: no indicator over bars.") }
        return made
    }

    @Test func pythonIndicatorGivesTheSameBitsInAnyChunks() throws {
        let fixture = try ProcessFixture()
        let type = try fixture.plugin(fixture.example("python-indicator/indicator.py")).describe()
        #expect(type.descriptor.id == "indicator/python_average" && type.tier == .process)
        var whole = try indicator(type)
        var copy = whole
        #expect(whole.warmUpLength == 3)
        let expected = averages(&whole, bars(50))
        #expect(expected.prefix(3).map(\.isNaN) == [true, true, false])
        let parts = averages(&copy, bars(20)) + averages(&copy, bars(30, from: 20))
        #expect(parts.map(\.bitPattern) == expected.map(\.bitPattern))
        var writer = StateWriter()
        whole.save(to: &writer)
        var restored = try indicator(type)
        var reader = StateReader(writer.bytes)
        try restored.restore(from: &reader)
        let next = bars(10, from: 50)
        #expect(averages(&restored, next) == averages(&whole, next))
    }

    @Test func indicatorGoesOnWithTheSameBitsAfterItsProcessWasKilled() throws {
        let fixture = try ProcessFixture()
        let type = try fixture.plugin(fixture.example("python-indicator/indicator.py")).describe()
        var calm = try indicator(type)
        let expected = averages(&calm, bars(40)).suffix(10)
        fixture.states.withLock { $0 = [] }
        // Of another name: instances with the same name and options share a process.
        var struck = try indicator(type, "indicator/b")
        _ = averages(&struck, bars(20))
        let process = try #require(
            fixture.states.withLock { states in
                states.compactMap { if case .running(let process) = $0 { process } else { nil } }.last
            })
        kill(process, SIGKILL)
        let away = averages(&struck, bars(10, from: 20))
        #expect(away.allSatisfy { $0.isNaN || $0 > 0 })
        // Each call either finds the process away or brings it back; what was missed is played to it.
        var last = averages(&struck, bars(1, from: 30))
        for index in 31..<39 { last = averages(&struck, bars(1, from: index)) }
        last = averages(&struck, bars(1, from: 39))
        #expect(last.last == expected.last)
    }

    @Test func indicatorsWithTheSameOptionsShareAProcess() throws {
        let fixture = try ProcessFixture()
        let type = try fixture.plugin(fixture.example("python-indicator/indicator.py")).describe()
        fixture.states.withLock { $0 = [] }
        var first = try indicator(type)
        var second = try indicator(type)
        let expected = averages(&first, bars(20))
        #expect(averages(&second, bars(20)).map(\.bitPattern) == expected.map(\.bitPattern))
        _ = try indicator(type, "indicator/other")
        let started = fixture.states.withLock { states in states.count { if case .running = $0 { true } else { false } }
        }
        #expect(started == 2)
        withExtendedLifetime((first, second)) {}
    }

    @Test func pythonSinkWritesOnceWhatIsSentTwice() async throws {
        let fixture = try ProcessFixture()
        let type = try fixture.plugin(fixture.example("python-sink/sink.py")).describe()
        #expect(type.validate(options("sink/a", ["file": .text("a/b")])).map(\.option) == ["file"])
        guard case .sink(let make) = type.maker else { throw PluginError(.unsupported, "test: no sink.") }
        let sink = try make(options("sink/a", ["file": .text("out.csv")]), fixture.context)
        try await sink.probe()
        for _ in 0..<2 { #expect(try await sink.write(recordBatch(bars(5))).retry.isEmpty) }
        try await sink.flush()
        let text = try String(contentsOfFile: "\(fixture.folder)/out.csv", encoding: .utf8)
        #expect(text.split(separator: "\n").count == 5)
        #expect(text.hasPrefix("s,I0.US,60000000000,100.0,"))
        await sink.stop()
    }

    @Test func modelFitsLoadsAndPredicts() async throws {
        let fixture = try ProcessFixture()
        let program = """
            from penstock_plugin import Model, run
            import json
            class Mean(Model):
                descriptor = {"kind": "model", "name": "mean", "summary": "Mean of labels.", "options": [],
                              "outputs": [{"name": "value", "unit": "", "summary": "The mean."}]}
                def fit(self, features, values, labels, seed, threads, progress):
                    print("noise of print")
                    progress(0.5)
                    return json.dumps(sum(labels) / len(labels)).encode()
                def load(self, artifact, features): return json.loads(artifact)
                def predict(self, fitted, values): return [[fitted + row[0]] for row in values]
            run(Mean)
            """
        try program.write(toFile: "\(fixture.folder)/mean.py", atomically: true, encoding: .utf8)
        let type = try fixture.plugin(fixture.command(["/usr/bin/python3", "mean.py"])).describe()
        guard case .model(let make) = type.maker else { throw PluginError(.unsupported, "test: no model.") }
        let model = try make(options("model/a", [:]), fixture.context)
        let progress = Mutex<[Double]>([])
        let set = TrainingSet(
            features: ["x"], values: [1, 2], labels: [3, 5], times: [1, 2],
            instruments: [InstrumentID(rawValue: 0), InstrumentID(rawValue: 0)])
        let artifact = try await model.fit(
            set, context: FitContext(seed: 1) { fraction in progress.withLock { $0.append(fraction) } })
        #expect(progress.withLock { $0 } == [0.5])
        #expect(fixture.logs.withLock { $0 }.contains("noise of print"))
        let predictor = try model.load(artifact, features: ["x"])
        var output: [Double] = [0, 0]
        let input: [Double] = [10, 20]
        var span = output.mutableSpan
        try predictor.predict(input.span, shape: TensorShape(batch: 2, features: 1), into: &span)
        #expect(output == [14, 24])
        await model.stop()
    }

    /// 72 MiB of rows, which its windows share: expanded, they would be three times as many.
    @Test func trainingSetsLargerThanAFrameReachTheModel() async throws {
        let fixture = try ProcessFixture()
        let program = """
            from penstock_plugin import Model, run
            import json
            class Sums(Model):
                descriptor = {"kind": "model", "name": "sums", "summary": "Sums.", "options": [],
                              "outputs": [{"name": "value", "unit": "", "summary": "A sum."}]}
                steps = 3
                def fit(self, features, values, labels, seed, threads, progress):
                    ends = [[float(values[row][0]), float(values[row][-1])] for row in (0, 1, len(labels) - 1)]
                    head = json.dumps([len(labels), len(values[0]), ends, float(sum(labels))]).encode()
                    return head + b" " * ((70 << 20) - len(head))
                def load(self, artifact, features): return len(artifact)
                def predict(self, fitted, values): return [[fitted] for row in values]
            run(Sums)
            """
        try program.write(toFile: "\(fixture.folder)/sums.py", atomically: true, encoding: .utf8)
        let type = try fixture.plugin(fixture.command(["/usr/bin/python3", "sums.py"])).describe()
        guard case .model(let make) = type.maker else { throw PluginError(.unsupported, "test: no model.") }
        let model = try make(options("model/a", [:]), fixture.context)
        let (rows, width, count) = (94_000, 100, 300)
        let set = TrainingSet(
            features: (0..<width).map { "f\($0)" }, time: 3,
            values: [Double](unsafeUninitializedCapacity: rows * width) {
                for index in 0..<rows * width { $0.initializeElement(at: index, to: Double(index)) }
                $1 = rows * width
            }, starts: (0..<count).map { $0 == count - 1 ? rows - 3 : $0 }, labels: (0..<count).map { Double($0) },
            times: (0..<count).map { Int64($0) },
            instruments: Array(repeating: InstrumentID(rawValue: 0), count: count))
        let artifact = try await model.fit(set, context: FitContext(seed: 1))
        #expect(artifact.count == 70 << 20)
        let last = rows * width
        #expect(
            String(decoding: artifact.prefix(120), as: UTF8.self).hasPrefix(
                "[300, 300, [[0.0, 299.0], [100.0, 399.0], [\(last - 300).0, \(last - 1).0]], 44850.0]"))
        _ = try model.load(artifact, features: set.features)
        await model.stop()
    }

    @Test func pythonProviderPushesAndAnswers() async throws {
        let fixture = try ProcessFixture()
        let program = """
            from penstock_plugin import Provider, Push, bars, run
            class Steps(Provider):
                descriptor = {"kind": "provider", "name": "steps", "summary": "Steps.", "options": [],
                              "provider": {"fetches": ["bar"], "streams": ["bar"], "needs_network": False}}
                def fetch(self, request):
                    id = request["instruments"][0]["id"]
                    return bars([(1, 1, 1, 1, 1, 1, 1, id)]), [{"place": "a:1", "reason": "r", "raw": ""}]
                def stream(self, subscription):
                    for step in range(1, 31):
                        yield Push(bars([(step, 1, 1, 1, 1, 1, 1, 0)]), str(step))
            run(Steps)
            """
        try program.write(toFile: "\(fixture.folder)/steps.py", atomically: true, encoding: .utf8)
        var command = fixture.command(["/usr/bin/python3", "-c", "import steps"])
        command.environment["PYTHONPATH"] = "\(fixture.folder):\(ProcessFixture.root)/PluginKit/Python"
        let type = try fixture.plugin(command).describe()
        guard case .provider(let make) = type.maker else { throw PluginError(.unsupported, "test: no provider.") }
        let provider = try make(options("provider/a", [:]), fixture.context)
        let reference = InstrumentReference(
            id: InstrumentID(rawValue: 0), instrument: Instrument(code: "A", venue: "US"))
        let reply = try await provider.fetch(FetchRequest(.bar, of: [reference]))
        #expect(reply.batch.count == 1 && reply.defects.count == 1)
        let receiver = Receiver()
        try await provider.stream(
            Subscription(instruments: [reference], kind: .bar, timeframe: Timeframe(1, .day)), into: receiver)
        #expect(receiver.positions.withLock { $0 } == (1...30).map { "\($0)" })
        await provider.stop()
    }
}

final class Receiver: EventReceiver {
    let positions = Mutex<[String]>([])
    let count = Mutex(0)

    func receive(_ delivery: Delivery) async throws(PluginError) {
        positions.withLock { $0.append(delivery.position.text) }
        count.withLock { $0 += delivery.batch.count }
    }
}
