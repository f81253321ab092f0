/// What is traded: a code at a venue, written `CODE.VENUE`.
///
/// There is one canonical form, so two providers that spell an instrument differently still mean the same one:
/// `600519`, `sh600519`, `600519.SS` and `SH.600519` are all `600519.SH`; `700.HK` is `00700.HK`; `AAPL` is `AAPL.US`.
///
/// ```swift
/// let maotai = try Instrument(parsing: "sh600519")
/// print(maotai)  // 600519.SH
/// ```
public struct Instrument: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// The code at the venue, upper case: `600519`, `AAPL`, `BTCUSDT`.
    public let code: String
    /// The venue, upper case: `SH`, `SZ`, `BJ`, `HK`, `US`, or any other short name (`BINANCE`).
    public let venue: String

    /// Creates an instrument from parts that are canonical already; `parsing:` is for text from outside.
    public init(code: String, venue: String) {
        self.code = code
        self.venue = venue
    }

    /// Reads any accepted spelling and gives the canonical instrument.
    ///
    /// - Parameters:
    ///   - text: `CODE.VENUE`, `VENUE.CODE` for mainland venues, a mainland prefix form (`sh600519`), or a bare code. One
    ///     letter after the dot is no venue but a class of share: `BRK.B` is `BRK.B.US`.
    ///   - venue: the venue of a bare code; without it a six-digit code is a mainland share and letters are `US`.
    /// - Throws: `.badRequest` that says what was read and which forms are allowed.
    public init(parsing text: String, venue: String? = nil) throws(PluginError) {
        let upper = text.uppercased()
        guard text.utf8.allSatisfy({ $0 < 0x80 }), Self.isWellFormed(upper) else { throw Self.unreadable(text) }
        if let split = upper.lastIndex(of: ".") {
            let left = String(upper[..<split])
            let right = String(upper[upper.index(after: split)...])
            let resolved =
                if Self.mainlandVenues[left] != nil, Self.isDigits(right) {
                    Self.canonical(code: right, venue: left)
                } else if Self.isShareClass(right), let first = left.utf8.first, Self.isLetter(first) {
                    Self.canonical(code: upper, venue: venue?.uppercased() ?? "US")
                } else {
                    Self.canonical(code: left, venue: right)
                }
            guard let resolved else { throw Self.unreadable(text) }
            self = resolved
        } else if let resolved = Self.resolve(bare: upper, venue: venue?.uppercased()) {
            self = resolved
        } else {
            throw Self.unreadable(text)
        }
    }

    /// The canonical form, `CODE.VENUE`.
    public var description: String { "\(code).\(venue)" }

    /// Orders by venue, then code.
    public static func < (left: Instrument, right: Instrument) -> Bool {
        (left.venue, left.code) < (right.venue, right.code)
    }

    /// Returns the mainland venue that lists a six-digit code, or `nil` where no rule covers it.
    ///
    /// Shanghai: 5 (funds), 6 (A-shares), 9 (B-shares; 92 is Beijing). Shenzhen: 0, 1 (funds, bonds), 2 (B-shares), 3.
    /// Beijing: 4, 8, 92. An index code such as `000001` needs its venue: bare, it is the Shenzhen share.
    public static func mainlandVenue(ofCode code: String) -> String? {
        guard code.utf8.count == 6, isDigits(code) else { return nil }
        if code.hasPrefix("92") { return "BJ" }
        switch code.utf8.first {
        case UInt8(ascii: "5"), UInt8(ascii: "6"), UInt8(ascii: "9"): return "SH"
        case UInt8(ascii: "0"), UInt8(ascii: "1"), UInt8(ascii: "2"), UInt8(ascii: "3"): return "SZ"
        case UInt8(ascii: "4"), UInt8(ascii: "8"): return "BJ"
        default: return nil
        }
    }

    private static let mainlandVenues = [
        "SH": "SH", "SS": "SH", "SSE": "SH", "XSHG": "SH", "SHSE": "SH",
        "SZ": "SZ", "SZSE": "SZ", "XSHE": "SZ", "BJ": "BJ", "BSE": "BJ",
    ]

    private static func resolve(bare: String, venue: String?) -> Instrument? {
        if let venue { return canonical(code: bare, venue: venue) }
        if let found = mainlandVenue(ofCode: bare) { return Instrument(code: bare, venue: found) }
        let prefix = String(bare.prefix(2))
        let rest = String(bare.dropFirst(2))
        if ["SH", "SZ", "BJ"].contains(prefix), rest.utf8.count == 6, isDigits(rest) {
            return Instrument(code: rest, venue: prefix)
        }
        return isDigits(bare) ? nil : canonical(code: bare, venue: "US")
    }

    private static func canonical(code: String, venue: String) -> Instrument? {
        guard isPlausible(code), isVenue(venue) else { return nil }
        if let mainland = mainlandVenues[venue] {
            guard code.utf8.count == 6, isDigits(code) else { return nil }
            return Instrument(code: code, venue: mainland)
        }
        if venue == "HK" {
            guard isDigits(code), code.utf8.count <= 5 else { return nil }
            return Instrument(code: String(repeating: "0", count: 5 - code.utf8.count) + code, venue: "HK")
        }
        return Instrument(code: code, venue: venue)
    }

    /// Whether a code starts like one and cannot be a path.
    private static func isPlausible(_ code: String) -> Bool {
        guard let first = code.utf8.first, !code.contains("..") else { return false }
        return !".-_=&/".utf8.contains(first)
    }

    private static func isShareClass(_ text: String) -> Bool { text.utf8.count == 1 && text.utf8.allSatisfy(isLetter) }

    /// Whether text can name a venue: two or more letters, digits or `_`, a letter first.
    private static func isVenue(_ text: String) -> Bool {
        guard text.utf8.count >= 2, let first = text.utf8.first, isLetter(first) else { return false }
        return text.utf8.allSatisfy { isLetter($0) || isDigit($0) || $0 == UInt8(ascii: "_") }
    }

    private static func isLetter(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") }

    private static func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }

    private static func isDigits(_ text: String) -> Bool { !text.isEmpty && text.utf8.allSatisfy(isDigit) }

    private static func isWellFormed(_ upper: String) -> Bool {
        (1...32).contains(upper.utf8.count)
            && upper.utf8.allSatisfy { isDigit($0) || isLetter($0) || ".-_^=&/".utf8.contains($0) }
    }

    private static func unreadable(_ text: String) -> PluginError {
        PluginError(
            .badRequest,
            "instrument: \(PluginError.quoted(text)) is no symbol; allowed CODE.VENUE (600519.SH, 00700.HK, AAPL.US, "
                + "BTCUSDT.BINANCE), a mainland code (600519, sh600519) or a US symbol. Write the venue.")
    }
}

/// The host's number for an instrument; dense, starts at 0, stable for the life of the process.
@frozen public struct InstrumentID: Hashable, Sendable, RawRepresentable, Comparable {
    /// The number itself.
    public let rawValue: UInt32

    /// Creates an id from its number.
    @inlinable public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// Orders by number.
    @inlinable public static func < (left: InstrumentID, right: InstrumentID) -> Bool { left.rawValue < right.rawValue }
}

/// Gives names to instrument ids and back; implemented by the host, safe from any task.
public protocol InstrumentDirectory: Sendable {
    /// Returns the instrument behind an id the host gave out.
    func instrument(_ id: InstrumentID) -> Instrument
    /// Returns the id of an instrument, or `nil` where the host does not know it.
    func id(of instrument: Instrument) -> InstrumentID?
}
