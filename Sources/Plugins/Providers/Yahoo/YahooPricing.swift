/// One message of Yahoo's streamer: the protobuf `PricingData`, of which what is used here is read.
///
/// | Field | Kind | Meaning |
/// |---|---|---|
/// | 1 | text | symbol |
/// | 2, 23, 25 | 32-bit float | last price, bid, ask |
/// | 3 | zigzag | time, milliseconds |
/// | 4 | text | currency |
/// | 9, 22, 24, 26 | zigzag | volume of the day, last size, bid size, ask size |
///
/// A field that is zero is not sent. Source: pricing.proto of yfinance 1.7.0.
struct YahooPricing: Hashable {
    private(set) var symbol = ""
    private(set) var price = 0.0
    private(set) var time: Int64 = 0
    private(set) var currency: String?
    private(set) var dayVolume: Int64 = 0
    private(set) var lastSize: Int64 = 0
    private(set) var bid = 0.0
    private(set) var bidSize: Int64 = 0
    private(set) var ask = 0.0
    private(set) var askSize: Int64 = 0

    /// Reads a message; `nil` where it is none, or names no symbol.
    init?(_ bytes: [UInt8]) {
        var reader = Reader(bytes: bytes)
        while !reader.isAtEnd {
            guard let key = reader.varint(), key >> 3 > 0 else { return nil }
            switch (key >> 3, key & 7) {
            case (1, 2): if let text = reader.text() { symbol = text } else { return nil }
            case (4, 2): if let text = reader.text() { currency = text } else { return nil }
            case (2, 5), (23, 5), (25, 5):
                guard let value = reader.float() else { return nil }
                set(key >> 3, value)
            case (3, 0), (9, 0), (22, 0), (24, 0), (26, 0):
                guard let value = reader.varint() else { return nil }
                set(key >> 3, Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1))
            default: guard reader.skip(key & 7) else { return nil }
            }
        }
        guard !symbol.isEmpty else { return nil }
    }

    private mutating func set(_ field: UInt64, _ value: Double) {
        switch field {
        case 2: price = value
        case 23: bid = value
        default: ask = value
        }
    }

    private mutating func set(_ field: UInt64, _ value: Int64) {
        switch field {
        case 3: time = value
        case 9: dayVolume = value
        case 22: lastSize = value
        case 24: bidSize = value
        default: askSize = value
        }
    }

    /// The wire format of protobuf, as far as it is needed.
    private struct Reader {
        let bytes: [UInt8]
        var position = 0

        var isAtEnd: Bool { position >= bytes.count }

        mutating func varint() -> UInt64? {
            var value: UInt64 = 0
            for shift in stride(from: UInt64(0), to: 70, by: 7) {
                guard position < bytes.count else { return nil }
                let byte = bytes[position]
                position += 1
                value |= shift < 64 ? UInt64(byte & 0x7F) << shift : 0
                if byte & 0x80 == 0 { return value }
            }
            return nil
        }

        /// The shortest decimal that is the float, so that 24.535 is 24.535.
        mutating func float() -> Double? {
            guard bytes.count - position >= 4 else { return nil }
            let bits = (0..<4).reduce(UInt32(0)) { $0 | UInt32(bytes[position + $1]) << UInt32(8 * $1) }
            position += 4
            let value = Float(bitPattern: bits)
            return value.isFinite ? Double("\(value)") : nil
        }

        mutating func text() -> String? {
            guard let count = varint(), count <= UInt64(bytes.count - position) else { return nil }
            defer { position += Int(count) }
            return String(decoding: bytes[position..<position + Int(count)], as: UTF8.self)
        }

        mutating func skip(_ kind: UInt64) -> Bool {
            switch kind {
            case 0: return varint() != nil
            case 1: position += 8
            case 2: return text() != nil
            case 5: position += 4
            default: return false
            }
            return position <= bytes.count
        }
    }
}
