import Testing

/// Something wrong with IBM's file of history, and what the host must say of it.
struct Damage: Sendable, CustomTestStringConvertible {
    let testDescription: String
    /// Reason of each refused row, with how many there are.
    let reasons: [String: Int]
    /// What the message must hold: where, what.
    let message: [String]
    /// Whether IBM still has bars.
    var hasBars = true
    let apply: @Sendable (Sandbox) throws -> Void

    /// Replaces a line of the file, counted from 1, by others.
    static func line(_ number: Int, _ lines: String...) -> @Sendable (Sandbox) throws -> Void {
        { box in
            var all = box.text(file).split(separator: "\n").map(String.init)
            all.replaceSubrange(number - 1...number - 1, with: lines)
            try box.write(all.joined(separator: "\n") + "\n", to: file)
        }
    }

    /// Replaces the file's bytes.
    static func bytes(_ change: @escaping @Sendable ([UInt8]) throws -> [UInt8]) -> @Sendable (Sandbox) throws -> Void {
        { box in try Files.write(try change(Files.bytes(box.path(file))), to: box.path(file)) }
    }

    static let file = "data/IBM.csv"
    /// Line 100 of the file, as it is shipped.
    static let good = "2000-07-20,112.0,117.81,111.75,117.25,23048400.0,86.261961506823"

    static let all: [Damage] = rows + files

    private static let rows = [
        Damage(
            testDescription: "unreadable number", reasons: ["unreadable_number": 1],
            message: ["IBM.csv:100", "'open' is 'abc'"], apply: line(100, "2000-07-20,abc,1,2,3,4,5")),
        Damage(
            testDescription: "unreadable time", reasons: ["unreadable_time": 1],
            message: ["IBM.csv:100", "'20.07.2000'"],
            apply: line(100, "20.07.2000,112,117,111,117,5,86")),
        Damage(
            testDescription: "high below low", reasons: ["high_below_low": 1],
            message: ["2000-07-20 20:00:00", "IBM.US", "high 90.0 is below low 110.0"],
            apply: line(100, "2000-07-20,100,90,110,100,4,5")),
        Damage(
            testDescription: "price not positive", reasons: ["non_positive_price": 1],
            message: ["IBM.US", "not positive"],
            apply: line(100, "2000-07-20,-5,-4,-6,-5,4,5")),
        Damage(
            testDescription: "repeated bar", reasons: ["duplicate": 1],
            message: ["IBM.US", "the same came before"],
            apply: line(100, good, good)),
        Damage(
            testDescription: "bar out of order", reasons: ["out_of_order": 1], message: ["IBM.US", "before that of"],
            apply: line(101, "2000-07-21,117.0,117.0,113.75,114.75,8966400.0,84.4", "2000-07-19,102,109,101,108,7,80")),
        Damage(
            testDescription: "row cut short", reasons: ["missing_fields": 1], message: ["IBM.csv:100", "3 fields"],
            apply: line(100, "2000-07-20,112.0,117")),
    ]

    private static let files = [
        Damage(
            testDescription: "missing file", reasons: ["no_file": 1], message: ["no file for 'IBM.US'", "looked for"],
            hasBars: false, apply: { try $0.remove(file) }),
        Damage(
            testDescription: "empty file", reasons: ["empty_file": 1], message: ["'IBM.csv' is empty"], hasBars: false,
            apply: bytes { _ in [] }),
        Damage(
            testDescription: "header alone", reasons: ["no_rows": 1], message: ["'IBM.csv' has a header and no row"],
            hasBars: false, apply: bytes { Array($0.prefix { $0 != 0x0A }) + [0x0A] }),
        Damage(
            testDescription: "cut in the middle", reasons: ["missing_fields": 1], message: ["IBM.csv:838", "5 fields"],
            apply: bytes { Array($0.prefix(50_003)) }),
        Damage(
            testDescription: "gzip cut in the middle", reasons: ["truncated_gzip": 1],
            message: ["'IBM.csv.gz' ends in the middle"],
            apply: { box in
                try GzipFile.pack(box.path(file))
                let packed = Files.bytes(box.path("\(file).gz"))
                try Files.write(Array(packed.prefix(packed.count / 2)), to: box.path("\(file).gz"))
            }),
        Damage(
            testDescription: "another encoding", reasons: ["wrong_encoding": 1],
            message: ["'IBM.csv' is no UTF-8 text", "Set encoding: gb18030"], hasBars: false,
            // The header's names of the columns in Chinese, as GB18030.
            apply: bytes { bytes in
                let names: [UInt8] = [0xC8, 0xD5, 0xC6, 0xDA]
                return names + Array(",open,high,low,close,volume,x".utf8)
                    + Array(bytes[(bytes.firstIndex(of: 0x0A) ?? 0)...])
            }),
        Damage(
            testDescription: "column not there", reasons: ["missing_column": 1],
            message: ["'IBM.csv' has no column for 'low'"],
            hasBars: false,
            apply: bytes { Array(String(decoding: $0, as: UTF8.self).replacing("low", with: "lost").utf8) }),
        Damage(
            testDescription: "no regular file", reasons: ["unreadable_file": 1], message: ["'IBM.csv' is a folder"],
            hasBars: false,
            apply: { box in
                try box.remove(file)
                try box.makeFolder(file)
            }),
        Damage(
            testDescription: "symbol nobody has", reasons: ["no_file": 1], message: ["no file for 'ZZZZ.US'"],
            apply: { try $0.edit("us: [AAPL, IBM]", "us: [AAPL, IBM, ZZZZ]") }),
    ]
}
