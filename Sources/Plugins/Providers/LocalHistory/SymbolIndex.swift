import DelimitedText
import EventTiming
import PluginKit

/// The instruments asked of a file, by name and by code; one value that all cursors of the file share.
struct AskedInstruments: Sendable {
    fileprivate let targets: [Instrument: RowTarget]
    /// Codes that one asked instrument has, and no other.
    fileprivate let codes: [String: RowTarget]
    fileprivate let venues: [String]

    init(_ targets: [RowTarget]) {
        self.targets = Dictionary(targets.map { ($0.reference.instrument, $0) }) { first, _ in first }
        codes = Dictionary(grouping: targets) { $0.reference.instrument.code }.filter { $0.value.count == 1 }
            .compactMapValues(\.first)
        venues = Set(targets.map(\.reference.instrument.venue)).sorted()
    }

    /// Returns the asked instrument a text means; its name in any spelling, then its code.
    ///
    /// A bare code can be meant for any venue that was asked for; leading zeros of a mainland code get lost in
    /// spreadsheets and are put back. Where the text as a whole is the code of one asked instrument (`BT.A`, `00700`), that
    /// is meant.
    fileprivate func target(_ text: String) -> (target: RowTarget?, isName: Bool) {
        var readings = [try? Instrument(parsing: text)]
        for venue in venues {
            let isShort = ["SH", "SZ", "BJ"].contains(venue) && text.utf8.count < 6 && Int(text) != nil
            let code = isShort ? String(repeating: "0", count: 6 - text.utf8.count) + text : text
            readings.append(try? Instrument(parsing: code, venue: venue))
        }
        let read = readings.compactMap { $0 }
        let found = read.lazy.compactMap { targets[$0] }.first ?? codes[text.uppercased()]
        return (found, !read.isEmpty)
    }
}

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

    private let asked: AskedInstruments
    private let own: RowTarget?
    private let isExclusive: Bool
    private var known: [String: Match] = [:]
    private var lastText: [UInt8] = []
    private var lastMatch: Match?

    /// Creates an index.
    ///
    /// - Parameters:
    ///   - asked: the instruments asked of the file.
    ///   - own: the one whose rows are wanted, where the others are read elsewhere.
    ///   - isExclusive: the file is for those asked alone, so that another instrument's row is a fault.
    init(_ asked: AskedInstruments, own: RowTarget? = nil, isExclusive: Bool) {
        self.asked = asked
        self.own = own ?? (asked.targets.count == 1 ? asked.targets.values.first : nil)
        self.isExclusive = isExclusive
    }

    /// Names seen so far, in order.
    var names: [String] { known.keys.sorted() }

    /// The target, where there is one only.
    var only: RowTarget? { own }

    /// The match of rows of a file without a symbol column: the one target.
    var withoutColumn: Match { own.map { .wanted($0) } ?? .unreadable("") }

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
        let (target, isName) = asked.target(text)
        if let target {
            guard let own, own.reference.id != target.reference.id else { return .wanted(target) }
            return .ofOther
        }
        if !isName { return .unreadable(text) }
        return isExclusive ? .foreign(text) : .notAsked
    }
}
