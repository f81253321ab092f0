import JSONReading
import PluginKit

/// Which member of a message fills which column of an event.
struct MessageColumns<Event: Record> {
    /// What a member is.
    enum Member {
        case kind, timeframe, instrument, flags
        case column(Int)
    }

    /// Places of columns without which there is no event, as bits.
    let required: UInt64
    private let members: [JSONName: Member]

    /// Prepares the names; `given` says what columns are called in messages.
    init(_ given: [String: String]) {
        var members: [JSONName: Member] = [:]
        var required: UInt64 = 0
        func add(_ name: String, _ member: Member) {
            if let name = JSONName(given[name] ?? name) { members[name] = member }
        }
        add("kind", .kind)
        add("timeframe", .timeframe)
        for (place, column) in Event.columns.enumerated() {
            let name = column.description.name
            switch column.access {
            case .instrument: add(name, .instrument)
            case .flags: add(name, .flags)
            default:
                add(name, .column(place))
                if place == 0 || column.description.marks.contains(.required) { required |= 1 << UInt64(place) }
            }
        }
        self.members = members
        self.required = required
    }

    subscript(_ name: JSONName) -> Member? { members[name] }

    /// The names of columns that are needed and not among those given.
    func missing(_ given: UInt64) -> [String] {
        Event.columns.indices.filter { required & ~given & 1 << UInt64($0) != 0 }.map {
            Event.columns[$0].description.name
        }
    }
}

extension MessageColumns<Bar> {
    /// Returns what is wrong with the names of a configuration.
    static func faults(in names: [String: ConfigurationValue]) -> [ConfigurationFault] {
        let columns: [[String]] = [
            Bar.columns.map(\.description.name), Trade.columns.map(\.description.name),
            Quote.columns.map(\.description.name), OrderBook.columns.map(\.description.name),
            Figure.columns.map(\.description.name), Factor.columns.map(\.description.name),
        ]
        let known = Set(columns.joined()).union(["kind", "timeframe"])
        return names.sorted { $0.key < $1.key }.compactMap { name, value in
            guard known.contains(name) else {
                return ConfigurationFault(
                    option: "columns",
                    "\(PluginError.quoted(name)) is no column; known are \(known.sorted().joined(separator: ", ")).")
            }
            guard case .text(let text) = value, JSONName(text) != nil, !text.isEmpty else {
                return ConfigurationFault(
                    option: "columns", "the member for '\(name)' is longer than \(JSONName.maximum) bytes, or empty.")
            }
            return nil
        }
    }
}
