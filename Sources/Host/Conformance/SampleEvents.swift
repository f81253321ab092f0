import HostPlugins
import PluginKit
import PluginKitTesting

/// Events of any kind as samples write them: `seconds` and the fields by name, in a CSV file with a header or in YAML.
enum SampleEvents {
    /// Reads a CSV file of events of one instrument; bars may be without header.
    static func read(_ path: String, _ kind: EventKind) throws(PluginFault) -> EventBatch {
        if kind == .bar { return .bars(try SampleBars.read(path)) }
        let text = String(decoding: try SampleText.read(path, limit: 64 << 20), as: UTF8.self)
        let lines = text.split(whereSeparator: \.isNewline)
        let header = (lines.first ?? "").split(separator: ",").map(String.init)
        var rows: [[String: String]] = []
        for line in lines.dropFirst() {
            let cells = line.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
            let named = zip(header, cells).filter { !$1.isEmpty }
            rows.append(Dictionary(named, uniquingKeysWith: { first, _ in first }))
        }
        return try batch(kind.tested, rows) { "\(PluginError.quoted(path)):\($0 + 2): " }
    }

    /// Makes events of rows; `place` begins the message about a row.
    static func batch<Event: TestedEvent>(
        _ type: Event.Type, _ rows: [[String: String]], place: (Int) -> String
    ) throws(PluginFault) -> EventBatch {
        var events: [Event] = []
        for (index, row) in rows.enumerated() {
            do throws(PluginFault) {
                events.append(try event(row))
            } catch {
                throw PluginFault(error.code, place(index) + error.message)
            }
        }
        return Event.batch(events)
    }

    /// A number that need not be there is NaN where it is not; then it is not compared.
    private static func event<Event: TestedEvent>(_ row: [String: String]) throws(PluginFault) -> Event {
        var event = Event.made(price: .nan, size: .nan)
        guard let time = row["seconds"].flatMap(EventSeconds.nanoseconds) else {
            throw fault("it has no 'seconds' since 1970 with at most 9 places", Event.kind)
        }
        event.time = time
        for field in Event.fields {
            guard let text = row[field.name] else {
                guard field.isNeeded else { continue }
                throw fault("it has no number '\(field.name)'", Event.kind)
            }
            guard let number = Double(text), number.isFinite else {
                throw fault("'\(field.name)' is \(PluginError.quoted(text)), no number", Event.kind)
            }
            event[keyPath: field.path] = number
        }
        let numbers = Set(Event.fields.map(\.name) + ["seconds", "kind"])
        for (name, text) in row.sorted(by: { $0.key < $1.key }) where !numbers.contains(name) {
            guard event.take(name, text) else {
                throw fault("\(PluginError.quoted(name)) is not known or not readable", Event.kind)
            }
        }
        return event
    }

    private static func fault(_ what: String, _ kind: EventKind) -> PluginFault {
        let names = kind.tested.names.joined(separator: ", ")
        return PluginFault(.manifest, "a \(kind.rawValue): \(what); allowed seconds, \(names). Correct it.")
    }
}

extension TestedEvent {
    fileprivate static var names: [String] { fields.map(\.name) }
}
