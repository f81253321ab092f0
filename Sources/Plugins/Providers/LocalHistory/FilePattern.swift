import PluginKit

/// The name of an instrument's files, with `{symbol}`, `{code}`, `{venue}`, `{kind}`, `{timeframe}` and `{date}`.
struct FilePattern: Sendable, Hashable {
    /// The pattern, without the member of an archive.
    let text: String
    /// The file of a zip archive, behind a `#`.
    let member: String?

    init(_ pattern: String) {
        let cut = pattern.lastIndex(of: "#").flatMap { pattern[..<$0].lowercased().hasSuffix(".zip") ? $0 : nil }
        text = String(pattern[..<(cut ?? pattern.endIndex)])
        member = cut.map { String(pattern[pattern.index(after: $0)...]) }
    }

    private init(text: String, member: String?) { (self.text, self.member) = (text, member) }

    /// Whether each instrument has files of its own; else one file has several.
    var isOfOneInstrument: Bool { [text, member ?? ""].contains { $0.contains("{code}") || $0.contains("{symbol}") } }

    /// Every pattern that one with `{kind}` stands for, and each as a packed file.
    func variants(_ kind: EventKind, _ timeframe: Timeframe?) -> [FilePattern] {
        let words = text.contains("{kind}") ? kind.fileWords : [""]
        return words.flatMap { word in
            let parts = ["{kind}": word, "{timeframe}": timeframe.map { "\($0)" } ?? ""]
            let plain = Self.filled(text, parts)
            let names =
                Self.isPacked(plain) || member != nil
                ? [plain]
                : [plain, "\(plain).gz", "\(plain).zip", Self.named(plain, "zip"), Self.named(plain, "parquet")]
            return names.map { FilePattern(text: $0, member: member.map { Self.filled($0, parts) }) }
        }
    }

    /// What stands in the names of an instrument's files; a `/` in a code (`BTC/USDT`) is written `-`.
    static func parts(of instrument: Instrument) -> [String: String] {
        let code = String(instrument.code.map { $0 == "/" ? "-" : $0 })
        let venue = String(instrument.venue.map { $0 == "/" ? "-" : $0 })
        return ["{symbol}": "\(code).\(venue)", "{code}": code, "{venue}": venue]
    }

    /// The pattern with what stands in the names of an instrument's files.
    func filled(_ parts: [String: String]) -> FilePattern {
        FilePattern(text: Self.filled(text, parts), member: member.map { Self.filled($0, parts) })
    }

    /// Whether a name is that of an archive, a packed file or a table.
    static func isPacked(_ name: String) -> Bool {
        [".gz", ".zip", ".parquet", ".db", ".sqlite", ".sqlite3"].contains { name.lowercased().hasSuffix($0) }
    }

    /// The patterns of files that are named as usual, best first.
    static func usual(_ kind: EventKind) -> [FilePattern] {
        let names = ["{code}.{venue}.csv", "{code}.csv", "{venue}{code}.csv"]
        let own = (names.map { "{kind}/\($0)" } + ["{symbol}_{kind}.csv", "{code}_{kind}.csv"])
        return (kind == .bar ? names + own : own + names).map { FilePattern($0) }
    }

    /// Puts values in place of their names, in one pass: it is done for each pattern and instrument.
    private static func filled(_ text: String, _ parts: [String: String]) -> String {
        var rest = text.utf8[...]
        var result = ""
        while let open = rest.firstIndex(of: UInt8(ascii: "{")),
            let close = rest[open...].firstIndex(of: UInt8(ascii: "}"))
        {
            let name = text[open...close]
            result += text[rest.startIndex..<open]
            result += parts[String(name)] ?? String(name)
            rest = rest[rest.index(after: close)...]
        }
        return result + text[rest.startIndex...]
    }

    /// The file of another form that has its name from a text file.
    private static func named(_ name: String, _ ending: String) -> String {
        name.lowercased().hasSuffix(".csv") ? "\(name.dropLast(4)).\(ending)" : "\(name).\(ending)"
    }
}

// MARK: The other way round

extension FilePattern {
    /// Returns the instrument whose file or folder a component of a path is; `nil` where it does not fit, or names none.
    ///
    /// - Parameter component: of the pattern, with at least one of `{symbol}`, `{code}`, `{venue}`.
    static func parts(of name: Substring, as component: Substring) -> [String: String]? {
        guard let open = component.firstIndex(of: "{"), let close = component[open...].firstIndex(of: "}") else {
            return name.lowercased() == component.lowercased() ? [:] : nil
        }
        let literal = component[..<open]
        guard name.lowercased().hasPrefix(literal.lowercased()) else { return nil }
        let rest = component[component.index(after: close)...]
        let key = String(component[open...close])
        let from = name.index(name.startIndex, offsetBy: literal.count)
        // The longest text first: a dot is part of a code (BRK.B) rather than of what follows.
        var end = name.endIndex
        while end > from {
            let value = name[from..<end]
            let isFitting = key != "{date}" || FileDate.read(value) != nil
            if isFitting, var others = parts(of: name[end...], as: rest) {
                others[key] = String(value)
                return others
            }
            end = name.index(before: end)
        }
        return nil
    }

    /// The pattern by folders. A venue right before a code (`SH600519`) cannot be cut by itself: both together are a symbol.
    var components: [Substring] { spelled.split(separator: "/") }

    /// How many characters of it are no placeholder.
    var literalCount: Int {
        ["{symbol}", "{code}", "{venue}", "{date}"].reduce(text) { Self.filled($0, [$1: ""]) }.utf8.count
    }

    /// Returns the instrument that parts of a path name; `nil` where its file has another name.
    func instrument(_ parts: [String: String]) -> Instrument? {
        guard let text = parts["{symbol}"] ?? parts["{code}"],
            let instrument = try? Instrument(parsing: text, venue: parts["{venue}"])
        else { return nil }
        guard spelled != self.text else { return instrument }
        let joined = "\(instrument.venue)\(instrument.code)"
        return joined.lowercased() == text.lowercased() ? instrument : nil
    }

    private var spelled: String {
        text.split(separator: "{venue}{code}", omittingEmptySubsequences: false).joined(separator: "{symbol}")
    }
}
