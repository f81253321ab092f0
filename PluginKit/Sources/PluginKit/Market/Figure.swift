/// One figure about a company or an instrument, dated by when the public could know it; 56 bytes, no reference inside.
///
/// A report is several figures of one `time` and `periodEnd`. Anything known about an instrument from a date on can be a
/// figure: fundamentals, estimates, holdings, a score of another system.
@frozen public struct Figure: MarketEvent, Hashable {
    /// When it became public, in nanoseconds since the Unix epoch, UTC: the only date a feature may use.
    public var time: Int64
    /// End of the period it is about, in nanoseconds since the Unix epoch, UTC; `time` for a figure of an instant.
    public var periodEnd: Int64
    /// The figure, in its name's unit: quote currency for money, a fraction for ratios and margins.
    public var value: Double
    /// What it is: `revenue`, `net_income`, `price_to_earnings`.
    public var name: FigureName
    /// The instrument, by the host's number.
    public var instrument: InstrumentID
    /// What provider and host say about this figure.
    public var flags: EventFlags

    /// Creates a figure.
    @inlinable public init(
        time: Int64, periodEnd: Int64, value: Double, name: FigureName, instrument: InstrumentID,
        flags: EventFlags = []
    ) {
        self.time = time
        self.periodEnd = periodEnd
        self.value = value
        self.name = name
        self.instrument = instrument
        self.flags = flags
    }

    /// `EventKind.figure`.
    @inlinable public static var kind: EventKind { .figure }
    /// A batch of figures.
    public static func batch(_ events: [Figure]) -> EventBatch { .figures(events) }
    /// The figures of a batch, or `nil` for another kind.
    public static func events(of batch: EventBatch) -> [Figure]? {
        if case .figures(let events) = batch { events } else { nil }
    }
}

/// The name of a figure: 1 to 24 letters, digits and `_`, lower case, a letter first; kept in place, so that a figure needs
/// no table of names.
@frozen public struct FigureName: Sendable, Hashable, CustomStringConvertible {
    /// The text's bytes, the first in the lowest bits of the first word; zeros behind the last.
    public let words: InlineArray<3, UInt64>

    /// Reads a name; `nil` where the text is none.
    public init?(_ text: some StringProtocol) {
        guard (1...24).contains(text.utf8.count), let first = text.utf8.first, Self.isLetter(first) else { return nil }
        var words: InlineArray<3, UInt64> = [0, 0, 0]
        for (place, byte) in text.utf8.enumerated() {
            guard Self.isAllowed(byte) else { return nil }
            words[place / 8] |= UInt64(byte) << UInt64(place % 8 * 8)
        }
        self.words = words
    }

    /// Reads a name from its words; `nil` where they are none.
    public init?(words: InlineArray<3, UInt64>) {
        guard let read = Self(Self.text(words)), read.words[0] == words[0], read.words[1] == words[1],
            read.words[2] == words[2]
        else { return nil }
        self = read
    }

    /// A name for a figure that is to be filled: `unnamed`.
    public static let unnamed = FigureName(checked: "unnamed")

    private init(checked text: StaticString) {
        var words: InlineArray<3, UInt64> = [0, 0, 0]
        text.withUTF8Buffer {
            for (place, byte) in $0.enumerated() { words[place / 8] |= UInt64(byte) << UInt64(place % 8 * 8) }
        }
        self.words = words
    }

    /// The name.
    public var description: String { Self.text(words) }

    /// Whether both are the same name.
    @inlinable public static func == (left: FigureName, right: FigureName) -> Bool {
        left.words[0] == right.words[0] && left.words[1] == right.words[1] && left.words[2] == right.words[2]
    }

    /// Feeds the name to a hasher.
    @inlinable public func hash(into hasher: inout Hasher) {
        for place in 0..<3 { hasher.combine(words[place]) }
    }

    private static func text(_ words: InlineArray<3, UInt64>) -> String {
        let bytes = (0..<24).map { UInt8(truncatingIfNeeded: words[$0 / 8] >> UInt64($0 % 8 * 8)) }
        return String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }

    private static func isLetter(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "a") && byte <= UInt8(ascii: "z") }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        isLetter(byte) || byte == UInt8(ascii: "_") || (byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9"))
    }
}
