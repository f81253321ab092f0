import PluginKit

/// The log of a plugin: cuts what it writes to standard error into lines and limits it together with what it logs by
/// message. Long lines are cut, too many are counted and dropped.
struct LogLines {
    /// Bytes of a line.
    static let longest = 2_000
    /// Lines and messages a second.
    static let perSecond = 100
    private static let mostTags = 16
    private static let wordsLength = 200

    private let mask: SecretMask
    private let room: Int
    private var line: [UInt8] = []
    private var tokens = perSecond
    private var dropped = 0
    private var second: Int64 = .min
    private var last: [String] = []

    /// Creates the log of a process.
    init(_ mask: SecretMask = SecretMask()) {
        self.mask = mask
        // So much more is kept that a secret at the cut is hidden as a whole.
        room = Self.longest + mask.longest
    }

    /// The end of what it wrote to standard error: usually says why it ended, and where.
    var lastWords: String {
        var words = ""
        for line in last.reversed() {
            guard words.isEmpty || words.count + line.count < Self.wordsLength else { break }
            words = words.isEmpty ? line : "\(line) | \(words)"
        }
        return words
    }

    /// Takes bytes of standard error; hands each whole line to `write`.
    mutating func take(_ bytes: ArraySlice<UInt8>, _ write: (String) -> Void) {
        for byte in bytes {
            if byte == UInt8(ascii: "\n") {
                finish(write)
            } else if line.count < room {
                line.append(byte)
            }
        }
    }

    /// Hands out the last line, which has no end.
    mutating func finish(_ write: (String) -> Void) {
        defer { line.removeAll(keepingCapacity: true) }
        guard !line.isEmpty else { return }
        let text = shown(String(decoding: line, as: UTF8.self))
        remember(text)
        if hasRoom() { write(text) }
    }

    /// Takes a message of the log; hands it to `write` where there is room.
    mutating func take(
        _ text: String, _ data: [String: String], _ write: (String, [String: String]) -> Void
    ) {
        guard hasRoom() else { return }
        let tags = data.sorted { $0.key < $1.key }.prefix(Self.mostTags)
        write(shown(text), Dictionary(tags.map { (shown($0.key), shown($0.value)) }) { first, _ in first })
    }

    /// Takes the time; says once a second how much was dropped in the one before.
    mutating func refill(_ now: Int64, _ write: (String) -> Void) {
        guard now != second else { return }
        second = now
        tokens = Self.perSecond
        if dropped > 0 { write("\(dropped) more lines were dropped: a plugin may write \(Self.perSecond) a second") }
        dropped = 0
    }

    private mutating func hasRoom() -> Bool {
        guard tokens > 0 else {
            dropped += 1
            return false
        }
        tokens -= 1
        return true
    }

    private mutating func remember(_ text: String) {
        let words = text.drop { $0 == " " }
        // A line of marks under a place says nothing by itself.
        guard !words.allSatisfy({ " ^~".contains($0) }) else { return }
        if last.count == 4 { last.removeFirst() }
        last.append(String(words))
    }

    /// One line without secrets and control characters, cut to its length.
    private func shown(_ text: String) -> String {
        let scalars = mask.hide(text).unicodeScalars.prefix(Self.longest).map { scalar in
            scalar.value < 0x20 || (0x7F..<0xA0).contains(scalar.value) ? " " as Unicode.Scalar : scalar
        }
        return String(String.UnicodeScalarView(scalars))
    }
}
