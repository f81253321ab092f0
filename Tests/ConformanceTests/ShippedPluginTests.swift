import Builtin
import Glibc
import PluginKit
import PluginKitTesting
import RowColumns
import Testing

/// Every plugin in `Builtin.plugins` is run through the suite of its kind because it is registered.
struct ShippedPluginTests {
    /// All but the columns that the host fills in, which have no value by themselves.
    private static let ids = Builtin.plugins.map(\.descriptor.id).filter { !derivedColumnPlugins.contains($0) }

    @Test(arguments: Self.ids) func keepsTheContractOfItsKind(id: String) async throws {
        if let missing = Samples.missingServer(for: id) { try Test.cancel("\(missing)") }
        let shipped = try #require(Builtin.plugins.first { $0.descriptor.id == id })
        let plugin = Samples.places[id].map { Samples.placed(shipped, by: $0) } ?? shipped
        let folders = try TemporaryFolders()
        let sample = try Samples.sample(for: plugin, in: folders)
        if let missing = await missingLibrary(plugin) { try Test.cancel("\(missing)") }
        let report = await Conformance(plugin, sample: sample).report()
        #expect(report.findings == [])
        // Whoever can be asked, or looked into from outside, has nothing that is skipped, and a speed.
        let isWhole = plugin.descriptor.provider?.fetches.isEmpty == false || sample.keptCloses != nil
        #expect(report.level >= (isWhole ? .gold : .silver), "\(report.text)")
    }

    /// A model whose library is not installed says so when it is probed.
    private func missingLibrary(_ plugin: PluginType) async -> PluginError? {
        guard case .model(let make) = plugin.maker else { return nil }
        var values: [String: ConfigurationValue] = [:]
        for option in plugin.descriptor.schema.options { values[option.name] = option.defaultValue }
        let context = PluginContext(
            baseDirectory: "/nonexistent", stateDirectory: "/nonexistent", instruments: NoInstruments())
        do throws(PluginError) {
            try await make(Configuration(instance: plugin.descriptor.id, values: values), context).probe()
            return nil
        } catch { return error.code == .environment ? error : nil }
    }
}

/// No instruments: models never ask for one.
private struct NoInstruments: InstrumentDirectory {
    func instrument(_ id: InstrumentID) -> Instrument { Instrument(code: "NONE", venue: "TEST") }
    func id(of instrument: Instrument) -> InstrumentID? { nil }
}
