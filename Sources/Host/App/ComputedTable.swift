import Builtin
import CivilTime
import HostCore
import HostGateway
import HostManifest
import JSONWriting
package import PluginKit

/// Indicators and formulas over bars of one instrument as a table: what `penstock indicators compute` prints.
///
/// Values are computed by the same code as in a running pipeline.
package struct ComputedTable: Sendable {
    /// Names of the columns: the name or formula as given, `macd.signal` for one of several, the name of a statement.
    package let columns: [String]
    /// Units of the columns, as the indicators tell them; empty for formulas.
    package let units: [String]
    /// The columns of each name or formula, in the order they were given.
    package let formulas: [Range<Int>]
    /// Event times, nanoseconds since the Unix epoch, UTC.
    package let times: [Int64]
    /// The values, row by row; NaN where there is none.
    package let values: [Double]

    /// An indicator of a manifest that runs.
    struct Declared: Sendable {
        /// Its id there.
        let id: String
        /// The name of its plugin.
        let plugin: String
        let outputs: [OutputColumn]
        let prototype: any Indicator
    }

    /// Computes names of indicators, with their defaults, and formulas; throws what is wrong with one, and where.
    package init(_ formulas: [String], over bars: [Bar], plugins: [PluginType]) throws(PluginError) {
        try self.init(formulas, over: bars, plugins: plugins, declared: [])
    }

    /// The same with indicators of a manifest, by their ids or the names of plugins that are not among `plugins`.
    init(
        _ formulas: [String], over bars: [Bar], plugins: [PluginType], declared: [Declared]
    ) throws(PluginError) {
        var instances: [FeaturePlan.Instance] = []
        var columns: [String] = []
        var (units, ranges): ([String], [Range<Int>]) = ([], [])
        for formula in formulas {
            let (outputs, prototype, isName) = try Self.make(formula, plugins, declared)
            ranges.append(columns.count..<columns.count + outputs.count)
            units += outputs.map(\.unit)
            instances.append(FeaturePlan.Instance(id: formula, outputs: outputs, prototype: prototype))
            for output in outputs {
                let isAlone = output.name == "value"
                columns.append(isAlone ? formula : isName ? "\(formula).\(output.name)" : output.name)
            }
        }
        var bank = IndicatorBank<Bar>(plan: FeaturePlan(instances: instances))
        var values: [Double] = []
        bank.process(bars, into: &values)
        (self.columns, self.units, self.formulas) = (columns, units, ranges)
        (times, self.values) = (bars.map(\.time), values)
    }

    private static func make(
        _ formula: String, _ plugins: [PluginType], _ declared: [Declared]
    ) throws(PluginError) -> (outputs: [OutputColumn], prototype: any Indicator, isName: Bool) {
        let indicators = plugins.filter { $0.descriptor.kind == .indicator }
        let named = indicators.first { $0.descriptor.name == formula }
        let own = declared.first { $0.id == formula } ?? declared.first { $0.plugin == formula }
        if named == nil, let own { return (own.outputs, own.prototype, true) }
        guard let plugin = named ?? indicators.first(where: { $0.descriptor.name == "expression" }) else {
            throw PluginError(.notFound, "there is no indicator \(PluginError.quoted(formula)).")
        }
        var values: [String: ConfigurationValue] = [:]
        for option in plugin.descriptor.schema.options { values[option.name] = option.defaultValue }
        if named == nil { values["expr"] = .text(formula) }
        let configuration = Configuration(instance: plugin.descriptor.id, values: values)
        if let fault = plugin.validate(configuration).first {
            throw PluginError(.configuration, "\(PluginError.quoted(formula)), \(fault.message)")
        }
        guard !(plugin.descriptor.id == "indicator/derived") else {
            throw PluginError(
                .unsupported,
                "\(plugin.descriptor.id): it is over the rows of a pipeline, not over bars; write the formula itself.")
        }
        guard plugin.descriptor.reads == .bar, case .indicator(let make) = plugin.maker else {
            throw PluginError(
                .unsupported, "\(plugin.descriptor.id): it reads \(plugin.descriptor.reads.rawValue) events, not bars.")
        }
        return (plugin.outputs(configuration), try make(configuration), named != nil)
    }

    /// The values of a column; NaN where there is none.
    package func values(of column: Int) -> [Double] {
        stride(from: column, to: values.count, by: columns.count).map { values[$0] }
    }

    /// A header and a line a bar; no value is an empty cell.
    package var csv: String {
        let header = (["time"] + columns).map(Self.cell).joined(separator: ",")
        return table(header) { time, row in
            ([Self.text(time)] + row.map { $0.isNaN ? "" : "\($0)" }).joined(separator: ",")
        }
    }

    /// An object a bar; no value is `null`.
    package var ndjson: String {
        let names = columns.map { String(decoding: JSONBytes.key($0), as: UTF8.self) }
        return table(nil) { time, row in
            let members = zip(names, row).map { "\($0)\($1.isNaN ? "null" : "\($1)")" }
            return "{" + (["\"time\":\"\(Self.text(time))\""] + members).joined(separator: ",") + "}"
        }
    }

    private func table(_ header: String?, _ line: (Int64, ArraySlice<Double>) -> String) -> String {
        let width = columns.count
        let rows = times.enumerated().map { line($1, values[($0 * width)..<(($0 + 1) * width)]) }
        return ([header].compactMap(\.self) + rows).map { $0 + "\n" }.joined()
    }

    private static func text(_ time: Int64) -> String { ISO8601.format(time, decimals: 0) }

    private static func cell(_ text: String) -> String {
        let isPlain = !text.contains { [",", "\"", "\n", "\r"].contains($0) }
        return isPlain
            ? text
            : "\"" + text.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
    }
}

extension IndicatorControl {
    /// How long a request may take: an indicator may be in a process that does not answer.
    private static let patience = Duration.seconds(30)

    /// Computes with the indicators that are compiled in, and with those of a host's manifest; on a thread of its own.
    static func of(_ host: Host) -> IndicatorControl {
        IndicatorControl { [weak host] model, pipeline in
            host?.columns(of: model, in: pipeline) ?? []
        } compute: { (names, bars) async throws(PluginError) in
            let prototypes = host.instances.indicators
            let declared = host.manifest.indicators.map(\.instance).compactMap { own -> ComputedTable.Declared? in
                guard own.isEnabled, own.descriptor.reads == .bar, let prototype = prototypes[own.id] else {
                    return nil
                }
                return ComputedTable.Declared(
                    id: own.id, plugin: own.descriptor.name, outputs: own.outputs, prototype: prototype)
            }
            let result = await LongWork.run(until: host.isStopping, within: patience, grace: .zero) {
                Self.computed(names, bars, declared)
            }
            guard let result else {
                throw PluginError(
                    .transient,
                    "it took longer than \(patience.inWords). Ask for less, or look at the plugin's process.")
            }
            return try result.get()
        }
    }

    private static func computed(
        _ names: [String], _ bars: [Bar], _ declared: [ComputedTable.Declared]
    ) -> Result<Table, PluginError> {
        do throws(PluginError) {
            let table = try ComputedTable(names, over: bars, plugins: Builtin.plugins, declared: declared)
            return .success(Table(columns: table.columns, values: table.values))
        } catch {
            return .failure(error)
        }
    }
}

extension Host {
    /// Returns the columns that a model sees in a running pipeline; those of indicators over its bars can be computed again.
    fileprivate func columns(of model: String, in pipeline: String) -> [IndicatorControl.Column] {
        guard let plan = runs[pipeline]?.composed.pipeline.plan,
            let serving = plan.models.first(where: { $0.id == model })
        else { return [] }
        let computed = Set(
            manifest.indicators.map(\.instance).filter { $0.isEnabled && $0.descriptor.reads == .bar }.map(\.id))
        return serving.columns.filter(plan.schema.names.indices.contains).map { place in
            let name = plan.schema.names[place]
            let indicator = String(name.prefix { $0 != "." })
            return IndicatorControl.Column(name: name, indicator: computed.contains(indicator) ? indicator : nil)
        }
    }
}
