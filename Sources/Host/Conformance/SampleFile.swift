import Glibc
import HostManifest
package import HostPlugins
package import PluginKit
package import PluginKitTesting

/// `conformance.yaml` in a plugin's folder: what `penstock plugins test` runs the plugin with.
///
/// Every key is optional. In texts `${folder}` is the plugin's folder, and `${dry}` an address of this machine that takes
/// whatever is sent to it.
package struct SampleFile {
    /// The file's name.
    package static let fileName = "conformance.yaml"

    private static let keys = [
        "options", "bars", "events", "timeframe", "instruments", "unknown_instrument", "unavailable", "damaged",
        "expected",
        "patience", "idempotent", "kept", "network",
    ]

    private let folder: String
    private let descriptor: PluginDescriptor
    private let dry: String

    /// Reads for one plugin; `dry` is what `${dry}` stands for.
    package init(folder: String, descriptor: PluginDescriptor, dry: String = "http://127.0.0.1:9") {
        self.folder = folder
        self.descriptor = descriptor
        self.dry = dry
    }

    /// Whether the file says where rows of a test may go: to `${dry}`, or with `network: real` wherever the options lead.
    static func isAboutTheNetwork(_ folder: String) -> Bool {
        guard let bytes = try? SampleText.read("\(folder)/\(fileName)", limit: 1 << 20) else { return false }
        let text = String(decoding: bytes, as: UTF8.self)
        return text.contains("${dry}") || text.split(separator: "\n").contains { $0.hasPrefix("network:") }
    }

    /// Returns the sample; where there is no file, one with the shipped bars and nothing else.
    ///
    /// - Parameters:
    ///   - bars: a file of bars that is used in place of the sample's.
    ///   - makeFolder: creates a fresh, empty folder.
    package func sample(
        bars: String? = nil, makeFolder: @escaping @Sendable () throws -> String
    ) throws(PluginFault) -> ConformanceSample {
        var sample = ConformanceSample(makeFolder: makeFolder)
        // A guard against a hang; starting a program is part of the wait.
        sample.patience = .seconds(2)
        let path = "\(folder)/\(Self.fileName)"
        if access(path, F_OK) == 0 { try read(path, into: &sample) }
        if let bars { sample.bars = try SampleBars.read(bars) }
        if sample.bars.isEmpty { sample.bars = try SampleBars.shipped() }
        return sample
    }

    private func read(_ path: String, into sample: inout ConformanceSample) throws(PluginFault) {
        let root: YAMLNode
        do {
            root = try YAMLFile.read(path, name: path, limit: 1 << 20)
        } catch {
            throw PluginFault(.manifest, error.description)
        }
        var faults: [PluginFault] = []
        for entry in try mapping(root, "the file").entries {
            do throws(PluginFault) {
                try read(entry.key, entry.value, into: &sample)
            } catch {
                faults.append(PluginFault(error.code, "\(path):\(entry.keySpan.start.line): \(error.message)"))
            }
        }
        if let first = faults.first {
            throw PluginFault(first.code, faults.map(\.message).joined(separator: "\n"))
        }
    }

    private func read(_ key: String, _ node: YAMLNode, into sample: inout ConformanceSample) throws(PluginFault) {
        switch key {
        case "options": sample.values = try options(node)
        case "bars": sample.bars = try SampleBars.read(resolved(try text(node, key)))
        case "events":
            for entry in try mapping(node, key).entries {
                let kind = try kind(entry.key)
                sample.events[kind] = try SampleEvents.read(resolved(try text(entry.value, entry.key)), kind)
            }
        case "timeframe":
            guard let timeframe = Timeframe(try text(node, key)) else {
                throw fault("'timeframe' is no span; allowed 1d, 5m.")
            }
            sample.timeframe = timeframe
        case "instruments":
            sample.instruments = []
            for item in try items(node, key) { sample.instruments.append(try instrument(item, key)) }
        case "unknown_instrument": sample.unknownInstrument = try instrument(node, key)
        case "unavailable": sample.unavailable = try options(node)
        case "damaged":
            for entry in try mapping(node, key).entries {
                sample.damaged.append(.init(entry.key, values: try options(entry.value)))
            }
        case "expected": try expect(try items(node, key), in: &sample)
        case "patience":
            guard case .duration(let span) = try value(node, .duration(.milliseconds(100)...Duration.seconds(600)), key)
            else { return }
            sample.patience = span
        case "idempotent": sample.isIdempotent = try text(node, key) == "true"
        case "kept": sample.keptCloses = try kept(node)
        case "network":
            guard try text(node, key) == "real" else { throw fault("'network' is another word; allowed real.") }
        default:
            throw fault("no key \(PluginError.quoted(key)). " + Suggestion.hint(for: key, among: Self.keys))
        }
    }

    private func options(_ node: YAMLNode) throws(PluginFault) -> [String: ConfigurationValue] {
        var values: [String: ConfigurationValue] = [:]
        for entry in try mapping(node, "it").entries {
            guard let option = descriptor.schema[entry.key] else {
                throw fault(
                    "\(descriptor.id) has no option \(PluginError.quoted(entry.key)). "
                        + Suggestion.hint(for: entry.key, among: descriptor.schema.options.map(\.name)))
            }
            values[entry.key] = placed(try value(entry.value, option.type, entry.key))
        }
        return values
    }

    private func kept(_ node: YAMLNode) throws(PluginFault) -> @Sendable (ConformanceSample.Outside) throws -> [Double]
    {
        let members = try mapping(node, "kept")
        guard let file = members["file"], let column = members["column"] else {
            throw fault("'kept' has no 'file' or no 'column'; allowed { file: NAME, column: NAME or NUMBER }.")
        }
        let lines = KeptLines(file: try text(file.value, "file"), column: try text(column.value, "column"))
        return { try lines.closes($0) }
    }

    /// Reads expected events: bars, or what their `kind` says.
    private func expect(_ nodes: [YAMLNode], in sample: inout ConformanceSample) throws(PluginFault) {
        var rows: [EventKind: [[String: String]]] = [:]
        for node in nodes {
            var row: [String: String] = [:]
            for entry in try mapping(node, "expected").entries { row[entry.key] = try text(entry.value, entry.key) }
            rows[try kind(row["kind"] ?? EventKind.bar.rawValue), default: []].append(row)
        }
        for (kind, rows) in rows {
            sample.expected[kind] = try SampleEvents.batch(kind.tested, rows) { _ in "'expected': " }
        }
    }

    private func kind(_ word: String) throws(PluginFault) -> EventKind {
        guard let kind = EventKind(rawValue: word) else {
            throw fault(
                "no kind of event \(PluginError.quoted(word)). "
                    + Suggestion.hint(for: word, among: EventKind.allCases.map(\.rawValue)))
        }
        return kind
    }
}

extension SampleFile {
    private func value(_ node: YAMLNode, _ type: OptionType, _ key: String) throws(PluginFault) -> ConfigurationValue {
        do {
            return try OptionText.read(node, type)
        } catch {
            throw fault("'\(key)' is not readable; allowed \(error.allowed). Correct it.")
        }
    }

    private func instrument(_ node: YAMLNode, _ key: String) throws(PluginFault) -> Instrument {
        do {
            return try Instrument(parsing: try text(node, key))
        } catch let error as PluginError {
            throw fault(error.message)
        } catch let error as PluginFault {
            throw error
        } catch {
            throw fault("\(error)")
        }
    }

    private func mapping(_ node: YAMLNode, _ what: String) throws(PluginFault) -> YAMLMapping {
        guard case .mapping(let mapping) = node.content else {
            throw fault("\(what) is \(node.kindName); allowed a mapping. Write { KEY: VALUE }.")
        }
        return mapping
    }

    private func items(_ node: YAMLNode, _ key: String) throws(PluginFault) -> [YAMLNode] {
        guard case .sequence(let items, _) = node.content else {
            throw fault("'\(key)' is \(node.kindName); allowed a list. Write [ ... ].")
        }
        return items
    }

    private func text(_ node: YAMLNode, _ key: String) throws(PluginFault) -> String {
        guard case .scalar(let text, _) = node.content, !text.isEmpty else {
            throw fault("'\(key)' is \(node.kindName); allowed a text. Write one.")
        }
        return filled(text)
    }

    private func filled(_ text: String) -> String {
        text.replacing("${folder}", with: folder).replacing("${dry}", with: dry)
    }

    /// Paths in the file's own keys start at the plugin's folder.
    private func resolved(_ path: String) -> String { path.hasPrefix("/") ? path : "\(folder)/\(path)" }

    private func placed(_ value: ConfigurationValue) -> ConfigurationValue {
        switch value {
        case .text(let text): .text(filled(text))
        case .list(let items): .list(items.map(placed))
        case .map(let members): .map(members.mapValues(placed))
        default: value
        }
    }

    private func fault(_ text: String) -> PluginFault { PluginFault(.manifest, text) }
}

/// Lines of a file that a sink wrote; a column of them holds the closes.
private struct KeptLines: Sendable {
    let file: String
    /// A column's name in the header, or its number from 1 where there is no header.
    let column: String

    func closes(_ outside: ConformanceSample.Outside) throws -> [Double] {
        let path = "\(outside.folder)/\(file)"
        guard access(path, F_OK) == 0 else { return [] }
        let lines = String(decoding: try SampleText.read(path, limit: 64 << 20), as: UTF8.self).split(separator: "\n")
        let rows = lines.map { $0.split(separator: ",", omittingEmptySubsequences: false) }
        if let number = Int(column) { return rows.map { Self.number($0, number - 1) } }
        guard let place = rows.first?.firstIndex(of: Substring(column)) else { return [] }
        return rows.dropFirst().map { Self.number($0, place) }
    }

    private static func number(_ row: [Substring], _ place: Int) -> Double {
        row.indices.contains(place) ? Double(row[place]) ?? .nan : .nan
    }
}
