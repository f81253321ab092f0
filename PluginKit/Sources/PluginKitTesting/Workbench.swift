import PluginKit
import Synchronization

/// Makes instances of one plugin and remembers what it said: every check works on one.
struct Workbench: Sendable {
    let plugin: PluginType
    let sample: ConformanceSample
    let heard = Heard()

    var descriptor: PluginDescriptor { plugin.descriptor }

    /// Defaults, the sample's values, then the changes; `nil` takes an option away.
    func configuration(_ changes: [String: ConfigurationValue?] = [:]) -> Configuration {
        var values: [String: ConfigurationValue] = [:]
        for option in descriptor.schema.options { values[option.name] = option.defaultValue }
        values.merge(sample.values) { _, new in new }
        for (name, value) in changes { values[name] = value }
        return Configuration(instance: "\(descriptor.kind.rawValue)/conformance", values: values)
    }

    /// A fresh place for an instance.
    func place() throws -> Place { Place(folder: try sample.makeFolder()) }

    /// Makes a provider, model or sink; an error is remembered.
    func make(_ configuration: Configuration, in place: Place) throws(PluginError) -> any Plugin {
        let context = context(in: place)
        do throws(PluginError) {
            switch plugin.maker {
            case .provider(let make): return try make(configuration, context)
            case .model(let make): return try make(configuration, context)
            case .sink(let make): return try make(configuration, context)
            case .indicator: throw PluginError(.unsupported, "\(descriptor.id): an indicator is a value, not a plugin.")
            }
        } catch {
            heard.note(error)
            throw error
        }
    }

    /// Makes an indicator; an error is remembered.
    func makeIndicator(_ configuration: Configuration) throws(PluginError) -> any Indicator {
        guard case .indicator(let make) = plugin.maker else {
            throw PluginError(.unsupported, "\(descriptor.id): it is no indicator.")
        }
        do throws(PluginError) { return try make(configuration) } catch {
            heard.note(error)
            throw error
        }
    }

    /// Makes an instance of any kind and ends it.
    func tryOut(_ configuration: Configuration) async throws(PluginError) {
        if descriptor.kind == .indicator {
            _ = try makeIndicator(configuration)
            return
        }
        guard let place = try? place() else {
            throw PluginError(.environment, "conformance: the sample has no folder to give.")
        }
        await end(try make(configuration, in: place))
    }

    /// Makes an instance, hands it to a body and stops it, however the body ends.
    func use<Kind>(
        _ kind: Kind.Type, _ changes: [String: ConfigurationValue?] = [:], in given: Place? = nil,
        _ body: (Kind, Place) async throws -> Void
    ) async throws {
        let place = try given ?? place()
        let made = try make(configuration(changes), in: place)
        guard let instance = made as? Kind else {
            throw PluginError(.unsupported, "\(descriptor.id): the instance made is no \(descriptor.kind.rawValue).")
        }
        do { try await body(instance, place) } catch {
            await end(made)
            throw error
        }
        await end(made)
    }

    /// Stops an instance, and goes on without it where its `stop` does not return: 'stopTwice' reports that.
    func end(_ instance: any Plugin) async { _ = await within(sample.patience) { await instance.stop() } }

    /// Returns what a call threw, remembered; `nil` where it returned.
    func fault(_ call: () async throws -> Void) async -> PluginError? {
        do {
            try await call()
            return nil
        } catch {
            let fault =
                error as? PluginError
                ?? PluginError(PluginError.Code("unclassified", isTransient: false), "\(error)")
            heard.note(fault)
            return fault
        }
    }

    private func context(in place: Place) -> PluginContext {
        PluginContext(
            baseDirectory: place.folder, stateDirectory: place.folder, instruments: SampleInstruments(sample),
            log: { _, message, data in
                heard.note(text: ([message] + data.map { "\($0.key) \($0.value)" }).joined(separator: " "))
            },
            publish: { channel, topic, bytes in
                place.add(ConformanceSample.Message(channel: channel, topic: topic, bytes: bytes))
            })
    }
}

/// Where one instance runs: a folder, and what it published.
final class Place: Sendable {
    let folder: String
    private let messages = Mutex<[ConformanceSample.Message]>([])

    init(folder: String) { self.folder = folder }

    func add(_ message: ConformanceSample.Message) { messages.withLock { $0.append(message) } }

    var outside: ConformanceSample.Outside {
        ConformanceSample.Outside(folder: folder, published: messages.withLock { $0 })
    }
}

/// What the plugin said in its log and in errors.
final class Heard: Sendable {
    private let state = Mutex<(texts: [String], faults: [PluginError])>(([], []))

    var texts: [String] { state.withLock { $0.texts + $0.faults.flatMap(Self.texts) } }
    var faults: [PluginError] { state.withLock { $0.faults } }

    func note(text: String) { state.withLock { $0.texts.append(text) } }

    func note(_ fault: PluginError) { state.withLock { $0.faults.append(fault) } }

    private static func texts(of fault: PluginError) -> [String] {
        [fault.message] + (fault.cause.map { ["\($0)"] } ?? [])
    }
}

/// The sample's instruments under the numbers 0, 1, 2 ...; any other number is the last of them.
struct SampleInstruments: InstrumentDirectory {
    let all: [Instrument]

    init(_ sample: ConformanceSample) {
        let given = sample.instruments + [sample.unknownInstrument].compactMap(\.self)
        all = given.isEmpty ? [Instrument(code: "AAPL", venue: "US")] : given
    }

    var references: [InstrumentReference] {
        all.enumerated().map {
            InstrumentReference(id: InstrumentID(rawValue: UInt32($0.offset)), instrument: $0.element)
        }
    }

    func instrument(_ id: InstrumentID) -> Instrument { all[min(Int(id.rawValue), all.count - 1)] }

    func id(of instrument: Instrument) -> InstrumentID? {
        all.firstIndex(of: instrument).map { InstrumentID(rawValue: UInt32($0)) }
    }
}
