import DelimitedText
import PluginKit

/// Tells whose row a record is by the text of its symbol column.
struct SymbolIndex {
    /// Whose row it is.
    enum Match {
        case wanted(RowTarget)
        /// Of an instrument nobody asked for.
        case notAsked
        /// Of one that was asked for and is read by another cursor.
        case ofOther
        /// Of another instrument, in a file that is for one.
        case foreign(String)
        /// No instrument's name.
        case unreadable(String)
    }

    private let targets: [Instrument: RowTarget]
    private let others: Set<Instrument>
    private let isExclusive: Bool
    private let venues: [String]
    private var known: [String: Match] = [:]
    private var lastText: [UInt8] = []
    private var lastMatch: Match?

    /// Creates an index.
    ///
    /// - Parameters:
    ///   - targets: the instruments whose rows are wanted.
    ///   - others: instruments that were asked for too and are read elsewhere.
    ///   - isExclusive: the file is for the targets alone, so that another instrument's row is a fault.
    init(_ targets: [RowTarget], others: Set<Instrument> = [], isExclusive: Bool) {
        self.targets = Dictionary(targets.map { ($0.reference.instrument, $0) }) { first, _ in first }
        self.others = others
        self.isExclusive = isExclusive
        venues = Set(targets.map(\.reference.instrument.venue)).sorted()
    }

    /// Names seen so far, in order.
    var names: [String] { known.keys.sorted() }

    /// The target, where there is one only.
    var only: RowTarget? { targets.count == 1 ? targets.values.first : nil }

    /// The match of rows of a file without a symbol column: the one target.
    var withoutColumn: Match { only.map { .wanted($0) } ?? .unreadable("") }

    /// Returns whose row it is; names are read once, and runs of the same name cost a comparison.
    mutating func match(_ reader: RecordReader, _ position: Int) -> Match {
        let isSame = reader.withField(position) { text in
            guard text.count == lastText.count else { return false }
            return text.indices.allSatisfy { text[$0] == lastText[$0] }
        }
        if isSame, let lastMatch { return lastMatch }
        let text = reader.text(position) ?? "\u{FFFD}"
        let found = known[text] ?? resolve(text.filter { $0 != " " && $0 != "\t" })
        known[text] = found
        lastText = reader.withField(position) { text in text.indices.map { text[$0] } }
        lastMatch = found
        return found
    }

    private func resolve(_ text: String) -> Match {
        let readings = readings(text)
        if let target = readings.lazy.compactMap({ targets[$0] }).first { return .wanted(target) }
        if readings.contains(where: { others.contains($0) }) { return .ofOther }
        if readings.isEmpty { return .unreadable(text) }
        return isExclusive ? .foreign(text) : .notAsked
    }

    /// A bare code can be meant for any venue that was asked for; leading zeros of a mainland code get lost in
    /// spreadsheets and are put back.
    private func readings(_ text: String) -> [Instrument] {
        var readings = [try? Instrument(parsing: text)]
        for venue in venues {
            let isShort = ["SH", "SZ", "BJ"].contains(venue) && text.utf8.count < 6 && Int(text) != nil
            let code = isShort ? String(repeating: "0", count: 6 - text.utf8.count) + text : text
            readings.append(try? Instrument(parsing: code, venue: venue))
        }
        return readings.compactMap { $0 }
    }
}
