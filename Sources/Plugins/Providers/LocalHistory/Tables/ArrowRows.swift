import CArrowData
import CivilTime
import DelimitedText

/// A batch of rows in the layout of the Arrow C data interface; given back to its library when it is done with.
final class ArrowRows {
    let schema = UnsafeMutablePointer<ArrowSchema>.allocate(capacity: 1)
    let array = UnsafeMutablePointer<ArrowArray>.allocate(capacity: 1)
    private(set) var columns: [ArrowColumn] = []

    /// Rows of the batch.
    var count: Int { Int(array.pointee.length) }

    init() {
        schema.initialize(to: ArrowSchema())
        array.initialize(to: ArrowArray())
    }

    deinit {
        array.pointee.release?(array)
        schema.pointee.release?(schema)
        array.deallocate()
        schema.deallocate()
    }

    /// Learns the columns, once the library has filled the batch.
    func begin() {
        let count = min(schema.pointee.n_children, array.pointee.n_children)
        columns = (0..<Int(count)).compactMap { index in
            guard let schema = self.schema.pointee.children?[index], let array = self.array.pointee.children?[index]
            else { return nil }
            return ArrowColumn(schema.pointee, array.pointee)
        }
    }
}

/// A column of a batch; valid as long as the batch.
struct ArrowColumn {
    let name: String
    private let kind: Kind
    private let array: ArrowArray
    /// The values that the column's numbers count, where it has a dictionary.
    private let dictionary: [ArrowColumn]

    private enum Kind {
        case boolean, signed(Int), unsigned(Int), float, double, text(Int), days
        /// Nanoseconds in a unit, and whether it is UTC.
        case time(Int64, isUTC: Bool)
        case other
    }

    init(_ schema: ArrowSchema, _ array: ArrowArray) {
        name = schema.name.map { String(cString: $0) } ?? ""
        kind = Self.kind(schema.format.map { String(cString: $0) } ?? "")
        self.array = array
        if let words = schema.dictionary, let values = array.dictionary {
            dictionary = [ArrowColumn(words.pointee, values.pointee)]
        } else {
            dictionary = []
        }
    }

    /// Appends the field of a row; what is null is empty. Of a decimal the library does not say the scale: it cannot be read.
    func append(_ row: Int, to writer: inout RecordWriter, mark: UInt8) {
        let place = row + Int(array.offset)
        guard row >= 0, row < array.length, isThere(place) else { return writer.append("") }
        if let values = dictionary.first {
            return values.append(Int(whole(place) ?? -1), to: &writer, mark: mark)
        }
        switch kind {
        case .float: writer.append(Double("\(value(place, Float.self) ?? .nan)") ?? .nan, mark: mark)
        case .double: writer.append(value(place, Double.self) ?? .nan, mark: mark)
        case .unsigned(8): writer.append(value(place, UInt64.self) ?? 0)
        case .boolean, .signed, .unsigned: writer.append(whole(place).map { "\($0)" } ?? "")
        case .text(let width): writer.append(text(place, width))
        case .days:
            writer.append(ISO8601.format(CivilDate(daysSinceEpoch: Int64(value(place, Int32.self) ?? 0))))
        case .time(let unit, let isUTC): writer.append(time(value(place, Int64.self) ?? 0, unit, isUTC))
        case .other: writer.append("(no number, text or time)")
        }
    }

    private static func kind(_ format: String) -> Kind {
        let kinds: [String: Kind] = [
            "b": .boolean, "c": .signed(1), "s": .signed(2), "i": .signed(4), "l": .signed(8), "C": .unsigned(1),
            "S": .unsigned(2), "I": .unsigned(4), "L": .unsigned(8), "f": .float, "g": .double, "u": .text(4),
            "z": .text(4), "U": .text(8), "Z": .text(8), "tdD": .days, "tdm": .time(1_000_000, isUTC: false),
        ]
        if let known = kinds[format] { return known }
        let units: [String: Int64] = ["tss:": 1_000_000_000, "tsm:": 1_000_000, "tsu:": 1_000, "tsn:": 1]
        if let unit = units[String(format.prefix(4))] { return .time(unit, isUTC: format.count > 4) }
        return .other
    }

    private func isThere(_ place: Int) -> Bool {
        guard array.null_count != 0, array.n_buffers > 0, let bits = array.buffers?[0] else { return true }
        return bits.load(fromByteOffset: place / 8, as: UInt8.self) & (1 << UInt8(place % 8)) != 0
    }

    private func value<Value: BitwiseCopyable>(_ place: Int, _ type: Value.Type, buffer: Int = 1) -> Value? {
        guard buffer < array.n_buffers, let bytes = array.buffers?[buffer] else { return nil }
        return bytes.loadUnaligned(fromByteOffset: place * MemoryLayout<Value>.size, as: type)
    }

    private func whole(_ place: Int) -> Int64? {
        switch kind {
        case .boolean:
            guard let byte = value(place / 8, UInt8.self) else { return nil }
            return byte & (1 << UInt8(place % 8)) == 0 ? 0 : 1
        case .signed(1): return value(place, Int8.self).map(Int64.init)
        case .signed(2): return value(place, Int16.self).map(Int64.init)
        case .signed(4): return value(place, Int32.self).map(Int64.init)
        case .signed: return value(place, Int64.self)
        case .unsigned(1): return value(place, UInt8.self).map(Int64.init)
        case .unsigned(2): return value(place, UInt16.self).map(Int64.init)
        case .unsigned(4): return value(place, UInt32.self).map(Int64.init)
        case .unsigned: return value(place, UInt64.self).flatMap { Int64(exactly: $0) }
        default: return nil
        }
    }

    private func text(_ place: Int, _ width: Int) -> String {
        let ends = [place, place + 1].compactMap { place in
            width == 4 ? value(place, Int32.self).map(Int.init) : value(place, Int64.self).map(Int.init)
        }
        guard ends.count == 2, ends[0] < ends[1], array.n_buffers > 2, let bytes = array.buffers?[2] else { return "" }
        return String(decoding: UnsafeRawBufferPointer(start: bytes + ends[0], count: ends[1] - ends[0]), as: UTF8.self)
    }

    /// Local time where no zone is told, which the venue's zone then is.
    private func time(_ count: Int64, _ unit: Int64, _ isUTC: Bool) -> String {
        let (nanoseconds, isTooFar) = count.multipliedReportingOverflow(by: unit)
        let text = ISO8601.format(isTooFar ? (count < 0 ? .min : .max) : nanoseconds)
        return isUTC ? text : String(text.dropLast())
    }
}
