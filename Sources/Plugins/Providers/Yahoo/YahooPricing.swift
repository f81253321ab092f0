import ProtobufReading

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
        var reader = ProtobufReader(bytes[...])
        do throws(ProtobufReader.Fault) {
            while let field = try reader.next() {
                switch (field.number, field.value) {
                case (1, .bytes(let text)): symbol = String(decoding: text, as: UTF8.self)
                case (4, .bytes(let text)): currency = String(decoding: text, as: UTF8.self)
                case (2, .fixed32(let bits)), (23, .fixed32(let bits)), (25, .fixed32(let bits)):
                    guard let value = Self.shortest(Float(bitPattern: bits)) else { return nil }
                    set(field.number, value)
                case (let number, .varint(let value)):
                    set(number, Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1))
                default: break
                }
            }
        } catch { return nil }
        guard !symbol.isEmpty else { return nil }
    }

    private mutating func set(_ field: Int, _ value: Double) {
        switch field {
        case 2: price = value
        case 23: bid = value
        default: ask = value
        }
    }

    private mutating func set(_ field: Int, _ value: Int64) {
        switch field {
        case 3: time = value
        case 9: dayVolume = value
        case 22: lastSize = value
        case 24: bidSize = value
        case 26: askSize = value
        default: break
        }
    }

    /// The shortest decimal that is the float, so that 24.535 is 24.535; `nil` for one that is not finite.
    private static func shortest(_ value: Float) -> Double? { value.isFinite ? Double("\(value)") : nil }
}
