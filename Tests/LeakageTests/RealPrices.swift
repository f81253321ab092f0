import HostCore
import PluginKit
import TestSupport

/// Daily bars that the repository ships.
enum RealPrices {
    static let names = ["AAPL", "IBM", "MSFT"]

    static let instruments: InstrumentTable = {
        let table = InstrumentTable()
        for name in names { _ = table.intern(Instrument(code: name, venue: "US")) }
        return table
    }()

    /// The newest days of some instruments; adjusted by `adj_close / close` of today where that is asked for.
    static func bars(_ count: Int = names.count, days: Int = 700, isAdjusted: Bool = false) throws -> [Bar] {
        try names.prefix(count).enumerated().flatMap { number, name in
            let lines = try Repository.text("data/history/\(name).csv").split(separator: "\n").dropFirst()
            return lines.suffix(days).enumerated().map { day, line in
                let cells = line.split(separator: ",").map { Double($0) ?? .nan }
                let ratio = isAdjusted ? cells[6] / cells[4] : 1
                return Bar(
                    time: Int64(day + 13_000) * 86_400_000_000_000, open: cells[1] * ratio, high: cells[2] * ratio,
                    low: cells[3] * ratio, close: cells[4] * ratio, volume: cells[5],
                    instrument: InstrumentID(rawValue: UInt32(number)), flags: isAdjusted ? .adjusted : [])
            }
        }
    }
}
